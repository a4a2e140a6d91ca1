"""multiprocessing.Pool on actors."""
from ray.util.multiprocessing import AsyncResult, Pool

__all__ = ["AsyncResult", "Pool"]

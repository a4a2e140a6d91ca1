"""Errors of Serve."""
from ray.serve.context import RayServeException

__all__ = ["RayServeException"]

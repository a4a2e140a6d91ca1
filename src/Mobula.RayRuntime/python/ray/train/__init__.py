"""Ray Train in small."""
from ray.train.config import CheckpointConfig, FailureConfig, RunConfig, ScalingConfig
from ray.train.session import Checkpoint, get_checkpoint, get_context, get_dataset_shard, report
from ray.train.trainer import DataParallelTrainer, Result, TrainingFailedError, WorkerGroupError

__all__ = ["Checkpoint", "CheckpointConfig", "DataParallelTrainer", "FailureConfig", "Result", "RunConfig", "ScalingConfig", "TrainingFailedError", "WorkerGroupError",
           "get_checkpoint", "get_context", "get_dataset_shard", "report"]

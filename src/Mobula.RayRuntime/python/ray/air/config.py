"""Configuration under its older name; classes of their own, as in Ray 2.60."""
import dataclasses

from ray.train import config as _train


@dataclasses.dataclass
class ScalingConfig(_train.ScalingConfig):
    pass


@dataclasses.dataclass
class RunConfig(_train.RunConfig):
    pass


@dataclasses.dataclass
class CheckpointConfig(_train.CheckpointConfig):
    pass


@dataclasses.dataclass
class FailureConfig(_train.FailureConfig):
    pass

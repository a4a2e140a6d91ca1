"""How training is to run."""
import dataclasses


@dataclasses.dataclass
class ScalingConfig:
    num_workers: int = 1
    use_gpu: bool = False
    resources_per_worker: dict = None
    placement_strategy: str = "PACK"
    accelerator_type: str = None
    trainer_resources: dict = None
    label_selector: dict = None

    @property
    def worker_resources(self):
        return {k: float(v) for k, v in (self.resources_per_worker or {"CPU": 1.0, **({"GPU": 1.0} if self.use_gpu else {})}).items()}

    @property
    def total_resources(self):
        return {k: v * self.num_workers for k, v in self.worker_resources.items()}


@dataclasses.dataclass
class FailureConfig:
    max_failures: int = 0
    controller_failure_limit: int = -1


@dataclasses.dataclass
class CheckpointConfig:
    num_to_keep: int = None
    checkpoint_score_attribute: str = None
    checkpoint_score_order: str = "max"


@dataclasses.dataclass
class RunConfig:
    name: str = None
    storage_path: str = None
    storage_filesystem: object = None
    failure_config: FailureConfig = dataclasses.field(default_factory=FailureConfig)
    checkpoint_config: CheckpointConfig = dataclasses.field(default_factory=CheckpointConfig)
    callbacks: list = None
    worker_runtime_env: dict = None
    verbose: int = None

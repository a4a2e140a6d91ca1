"""Runs a training loop in worker processes, on worker nodes where there are any."""
import inspect
import os
import time
import uuid

import ray
from ray.train import session as _session
from ray.train.config import RunConfig, ScalingConfig


class TrainingFailedError(RuntimeError):
    pass


class WorkerGroupError(TrainingFailedError):
    def __init__(self, message, worker_failures):
        super().__init__(message)
        self.worker_failures = worker_failures


class ControllerError(TrainingFailedError):
    pass


class Result:
    def __init__(self, metrics, checkpoint, error=None, path=None, metrics_dataframe=None, best_checkpoints=None):
        self.metrics, self.checkpoint, self.error, self.path = metrics, checkpoint, error, path
        self.metrics_dataframe, self.best_checkpoints = metrics_dataframe, best_checkpoints or []
        self.log_dir = path

    def __repr__(self):
        return f"Result(metrics={self.metrics}, path={self.path!r}, checkpoint={self.checkpoint}, error={self.error!r})"


class _TrainWorker:
    """One process of the group."""

    def run(self, loop, config, rank, size, shards, folder, name, environment):
        os.environ.update(environment)
        os.makedirs(folder, exist_ok=True)
        session = _session.Session(rank, size, shards, folder, name)
        _session.begin(session)
        try:
            takes_config = bool(inspect.signature(loop).parameters)
            loop(config) if takes_config else loop()
        finally:
            _session.begin(None)
        return session.reports, session.checkpoint, session.checkpoint_metrics, os.getpid(), ray.util.get_node_ip_address(), os.uname().nodename


def storage(run_config, prefix):
    name = run_config.name or f"{prefix}_{time.strftime('%Y-%m-%d_%H-%M-%S')}_{uuid.uuid4().hex[:5]}"
    root = run_config.storage_path or os.path.join(os.path.expanduser("~"), "ray_results")
    return name, os.path.join(root, name)


def run_group(loop, config, scaling, folder, name, datasets, environment=None):
    """Runs the loop in `scaling.num_workers` processes; what each gave."""
    size = scaling.num_workers
    resources = dict(scaling.worker_resources)
    options = {"num_cpus": resources.pop("CPU", 0), "num_gpus": resources.pop("GPU", 0), "memory": resources.pop("memory", None), "resources": resources,
               "_labels": {"prefer_workers": "1"}}
    parts = {k: d.split(size) if size > 1 else [d] for k, d in (datasets or {}).items()}
    workers = [ray.remote(_TrainWorker).options(**options).remote() for _ in range(size)]
    refs = [w.run.remote(loop, config, rank, size, {k: p[rank] for k, p in parts.items()}, folder, name, environment or {}) for rank, w in enumerate(workers)]
    try:
        return ray.get(refs)
    except ray.exceptions.RayError as e:
        raise WorkerGroupError(f"Training failed due to worker errors:\n{e}", {0: e}) from e
    finally:
        for worker in workers:
            ray.kill(worker)


class DataParallelTrainer:
    _prefix = "ray_train_run"

    def __init__(self, train_loop_per_worker, *, train_loop_config=None, scaling_config=None, run_config=None, datasets=None, **options):
        self.train_loop_per_worker, self.train_loop_config = train_loop_per_worker, train_loop_config
        self.scaling_config, self.run_config, self.datasets = scaling_config or ScalingConfig(), run_config or RunConfig(), datasets or {}

    def fit(self):
        name, folder = storage(self.run_config, self._prefix)
        failures = 0
        while True:
            try:
                made = run_group(self.train_loop_per_worker, self.train_loop_config or {}, self.scaling_config, folder, name, self.datasets)
                break
            except WorkerGroupError:
                failures += 1
                if failures > self.run_config.failure_config.max_failures >= 0:
                    raise
        reports, checkpoint, metrics, *_ = made[0]
        del reports
        return Result(metrics, _session.Checkpoint(checkpoint) if checkpoint else None, path=folder)

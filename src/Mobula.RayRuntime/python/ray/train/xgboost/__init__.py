"""XGBoost on Ray Train: a loop of one's own, or the older arguments (label_column, params, num_boost_round)."""
import os
import tempfile
import time
import uuid

from ray.train import session as _session
from ray.train.config import RunConfig, ScalingConfig
from ray.train.trainer import DataParallelTrainer, Result, run_group, storage


class RayTrainReportCallback:
    """Reports each boosting round's metrics, and the model at the end."""

    CHECKPOINT_NAME = "model.ubj"

    def __new__(cls, *args, **kwargs):
        import xgboost
        kind = type("RayTrainReportCallback", (_Reporting, xgboost.callback.TrainingCallback), {})
        return kind(*args, **kwargs)

    @classmethod
    def get_model(cls, checkpoint, filename=CHECKPOINT_NAME):
        import xgboost
        booster = xgboost.Booster()
        booster.load_model(os.path.join(checkpoint.path, filename))
        return booster


class _Reporting:
    def __init__(self, metrics=None, filename=RayTrainReportCallback.CHECKPOINT_NAME, frequency=0, checkpoint_at_end=True, results_postprocessing_fn=None):
        super().__init__()
        self._filename, self._frequency, self._at_end = filename, frequency, checkpoint_at_end
        self._last = None

    def after_iteration(self, model, epoch, evals_log):
        self._last = {f"{data}-{metric}": values[-1] for data, metrics in evals_log.items() for metric, values in metrics.items()}
        if self._frequency and (epoch + 1) % self._frequency == 0:
            self._save(model)
        else:
            _session.report(self._last)
        return False

    def after_training(self, model):
        if self._at_end:
            self._save(model)
        return model

    def _save(self, model):
        with tempfile.TemporaryDirectory() as folder:
            model.save_model(os.path.join(folder, self._filename))
            _session.report(self._last or {}, checkpoint=_session.Checkpoint(folder))


def _legacy_loop(config):
    """The loop that the older arguments stand for."""
    import xgboost
    from ray import train
    label, params = config["label"], dict(config["params"])
    # The image the guide names built its trees so when the parameters do not say.
    params.setdefault("tree_method", "approx")

    def matrix(name):
        frame = train.get_dataset_shard(name).to_pandas()
        return xgboost.DMatrix(frame.drop(columns=label), label=frame[label])

    data = {name: matrix(name) for name in config["names"]}
    context = train.get_context()
    if context.get_world_size() > 1:
        import xgboost.collective as collective
        with collective.CommunicatorContext(xgboost_communicator="rabit", **{k: v for k, v in config["tracker"].items()}):
            _boost(xgboost, params, data, config)
    else:
        _boost(xgboost, params, data, config)


def _boost(xgboost, params, data, config):
    xgboost.train(params, data["train"], num_boost_round=config["rounds"], evals=[(d, n) for n, d in data.items()], verbose_eval=False,
                  callbacks=[RayTrainReportCallback()], **config["more"])


class XGBoostTrainer(DataParallelTrainer):
    _prefix = "XGBoostTrainer"

    def __init__(self, train_loop_per_worker=None, *, train_loop_config=None, xgboost_config=None, scaling_config=None, run_config=None, datasets=None, metadata=None,
                 dataset_config=None, resume_from_checkpoint=None, label_column=None, params=None, num_boost_round=None, **train_kwargs):
        super().__init__(train_loop_per_worker, train_loop_config=train_loop_config, scaling_config=scaling_config or ScalingConfig(), run_config=run_config or RunConfig(),
                         datasets=datasets)
        legacy = label_column is not None or params is not None or num_boost_round is not None
        if train_loop_per_worker is not None and legacy:
            raise DeprecationWarning("The legacy XGBoostTrainer API is deprecated. Please switch to passing in a custom `train_loop_per_worker` function instead. See this "
                                     "issue for more context: https://github.com/ray-project/ray/issues/50042")
        if train_loop_per_worker is None and label_column is None:
            raise TypeError("XGBoostTrainer.__init__() missing 1 required positional argument: 'train_loop_per_worker'")
        self._legacy = {"label": label_column, "params": params or {}, "rounds": num_boost_round or 10, "names": list(self.datasets), "more": train_kwargs} if legacy else None

    def fit(self):
        if self._legacy is None:
            return super().fit()
        name, folder = storage(self.run_config, self._prefix)
        started = time.time()
        config = dict(self._legacy)
        tracker = None
        if self.scaling_config.num_workers > 1:
            tracker, config["tracker"] = _start_tracker(self.scaling_config.num_workers)
        made = run_group(_legacy_loop, config, self.scaling_config, folder, name, self.datasets, {"OMP_NUM_THREADS": "1"})
        del tracker
        reports, checkpoint, metrics, pid, ip, host = made[0]
        took = time.time() - started
        trial = uuid.uuid4().hex[:5] + "_00000"
        metrics = {**(metrics or {}), "time_this_iter_s": took / max(1, len(reports)), "should_checkpoint": True, "done": True, "training_iteration": len(reports),
                   "trial_id": trial, "date": time.strftime("%Y-%m-%d_%H-%M-%S"), "timestamp": int(time.time()), "time_total_s": took, "pid": pid, "hostname": host,
                   "node_ip": ip, "config": {}, "time_since_restore": took, "iterations_since_restore": len(reports), "experiment_tag": "0"}
        return Result(metrics, _session.Checkpoint(checkpoint) if checkpoint else None, path=folder)


def _start_tracker(count):
    import ray
    from xgboost.tracker import RabitTracker
    tracker = RabitTracker(host_ip=ray.util.get_node_ip_address(), n_workers=count)
    tracker.start(count)
    return tracker, tracker.worker_envs()


__all__ = ["RayTrainReportCallback", "XGBoostTrainer"]

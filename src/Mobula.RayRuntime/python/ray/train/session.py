"""What a training loop sees: its rank, its data, and where it reports."""
import contextlib
import os
import shutil
import tempfile

_session = None


class Checkpoint:
    def __init__(self, path, filesystem=None):
        self.path, self.filesystem = str(path), filesystem

    @classmethod
    def from_directory(cls, path):
        return cls(path)

    @contextlib.contextmanager
    def as_directory(self):
        yield self.path

    def to_directory(self, path=None):
        path = path or tempfile.mkdtemp()
        shutil.copytree(self.path, path, dirs_exist_ok=True)
        return path

    def __repr__(self):
        return f"Checkpoint(filesystem=local, path={self.path})"


class Session:
    def __init__(self, rank, size, shards, folder, name):
        self.rank, self.size, self.shards, self.folder, self.name = rank, size, shards, folder, name
        self.reports, self.checkpoint, self.checkpoint_metrics = [], None, None


def begin(session):
    global _session
    _session = session


def _required():
    if _session is None:
        raise RuntimeError("`ray.train` functions are available only inside a training loop that a Trainer runs.")
    return _session


def report(metrics, *, checkpoint=None, checkpoint_dir_name=None, **options):
    session = _required()
    session.reports.append(dict(metrics))
    if checkpoint is not None and session.rank == 0:
        target = os.path.join(session.folder, checkpoint_dir_name or f"checkpoint_{len(session.reports) - 1:06d}")
        shutil.copytree(checkpoint.path, target, dirs_exist_ok=True)
        session.checkpoint, session.checkpoint_metrics = target, dict(metrics)


def get_dataset_shard(name="train"):
    return _required().shards.get(name)


def get_checkpoint():
    session = _required()
    return Checkpoint(session.checkpoint) if session.checkpoint else None


class TrainContext:
    def get_world_rank(self):
        return _required().rank

    def get_world_size(self):
        return _required().size

    def get_local_rank(self):
        return _required().rank

    def get_local_world_size(self):
        return _required().size

    def get_node_rank(self):
        return 0

    def get_experiment_name(self):
        return _required().name


def get_context():
    return TrainContext()

"""Ray Data in small: datasets of blocks that are objects in the cluster; work on them runs as tasks."""
import glob
import os

import ray
from ray.data import blocks as _blocks
from ray.data.dataset import Dataset, GroupedData, MaterializedDataset, Schema


class DataContext:
    _current = None

    def __init__(self):
        self.enable_progress_bars = True
        self.target_max_block_size = 128 << 20
        self.execution_options = None

    @staticmethod
    def get_current():
        if DataContext._current is None:
            DataContext._current = DataContext()
        return DataContext._current


def _split(count, parts):
    size, more = divmod(count, parts)
    at = 0
    for i in _range(parts):
        n = size + (i < more)
        yield at, at + n
        at += n


_range = range
_DEFAULT_BLOCKS = 2


def _made(columns_of, count, blocks):
    parts = max(1, min(blocks or _DEFAULT_BLOCKS, count or 1))
    return [ray.put(columns_of(a, b)) for a, b in _split(count, parts)]


def range(n, *, override_num_blocks=None, parallelism=-1, concurrency=None):
    import numpy as np
    return Dataset(_made(lambda a, b: {"id": np.arange(a, b, dtype=np.int64)}, n, override_num_blocks))


def from_items(items, *, parallelism=-1, override_num_blocks=None):
    rows = [i if isinstance(i, dict) else {"item": i} for i in items]
    return MaterializedDataset(_made(lambda a, b: _blocks.from_rows(rows[a:b]), len(rows), override_num_blocks))


def from_pandas(frames, override_num_blocks=None):
    frames = frames if isinstance(frames, list) else [frames]
    return MaterializedDataset([ray.put(_blocks.from_batch(f)) for f in frames])


def from_numpy(arrays):
    arrays = arrays if isinstance(arrays, list) else [arrays]
    return MaterializedDataset([ray.put({"data": a}) for a in arrays])


def _paths(paths, suffixes=None):
    out = []
    for path in [paths] if isinstance(paths, str) else paths:
        path = path.removeprefix("local://").removeprefix("file://")
        if os.path.isdir(path):
            out += sorted(p for p in glob.glob(os.path.join(path, "**", "*"), recursive=True) if os.path.isfile(p) and (not suffixes or p.endswith(suffixes)))
        else:
            out.append(path)
    return out


def read_csv(paths, *, override_num_blocks=None, parallelism=-1, concurrency=None, **options):
    """Reads in tasks where the file is seen; a file that only the driver sees is read here and sent along."""
    out = []
    for path in _paths(paths):
        if "://" in path:
            out.append(ray.remote(_blocks.read_csv).remote(path))
        elif not os.path.exists(path):
            raise FileNotFoundError(path)
        else:
            with open(path, "rb") as file:
                out.append(ray.remote(_blocks.parse_csv).remote(file.read(), path))
    return Dataset(out)


def read_json(paths, **options):
    return Dataset([ray.remote(_blocks.parse_json).remote(open(p, "rb").read(), p) for p in _paths(paths)])


def read_text(paths, **options):
    return Dataset([ray.put({"text": _blocks.column(open(p, encoding="utf-8").read().splitlines())}) for p in _paths(paths)])


def read_binary_files(paths, **options):
    return Dataset([ray.put({"bytes": _blocks.column([open(p, "rb").read()])}) for p in _paths(paths)])


__all__ = ["DataContext", "Dataset", "GroupedData", "MaterializedDataset", "Schema", "from_items", "from_numpy", "from_pandas", "range", "read_binary_files", "read_csv",
           "read_json", "read_text"]

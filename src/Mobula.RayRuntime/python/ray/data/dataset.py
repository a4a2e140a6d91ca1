"""Datasets: a list of references to blocks, and what is still to be done with each block."""
import math

import numpy as np

import ray
from ray.data import blocks as B

_RETRY_HINT = ("To change retry attempts, backoff, or which errors are retried, configure `ray.data.DataContext.get_current()` (`retried_io_errors` for I/O; "
               "`retried_map_errors` and `max_map_retries` for any task) if needed.")


def _run_stages(block, stages):
    for stage in stages:
        block = stage(block)
    return block


class _ActorStage:
    def __init__(self, cls, args, kwargs):
        self.fn = cls(*args, **kwargs)

    def run(self, block, before, form, size, fn_args, fn_kwargs):
        return _batches(_run_stages(block, before), self.fn, form, size, fn_args, fn_kwargs)


def _batches(block, fn, form, size, args, kwargs):
    n = B.length(block)
    if not n:
        return block
    step = size or n
    out = []
    for start in range(0, n, step):
        made = fn(B.to_batch(B.cut(block, start, start + step), form), *args, **kwargs)
        out += [B.from_batch(m) for m in made] if hasattr(made, "__next__") else [B.from_batch(made)]
    return B.join(out)


def _map_rows(fn, args, kwargs):
    def stage(block):
        out = []
        for row in B.rows(block):
            made = fn(row, *args, **kwargs)
            if not isinstance(made, dict):
                raise ValueError(f"Error validating {made}: standalone Python objects are not allowed in Ray 2.5+. To return Python objects from map(), wrap them in a dict, "
                                 f"e.g., return `{{'item': {made}}}` instead of just `{made}`.\n{_RETRY_HINT}")
            out.append(made)
        return B.from_rows(out)
    return stage


def _keep(block, mask):
    return {n: c[mask] for n, c in block.items()}


class Schema:
    def __init__(self, block):
        self.names = list(block)
        self.types = [B.type_name(c) for c in block.values()]
        self.base_schema = self

    def __repr__(self):
        width = max([6, *map(len, self.names)])
        lines = [f"{'Column':<{width}}  Type", f"{'-' * width}  ----"]
        return "\n".join(lines + [f"{n:<{width}}  {t}" for n, t in zip(self.names, self.types)])

    def __eq__(self, other):
        return isinstance(other, Schema) and (self.names, self.types) == (other.names, other.types)


class Dataset:
    def __init__(self, refs, stages=()):
        self._refs, self._stages = list(refs), list(stages)
        self._cache = None

    # --- execution

    def _blocks(self):
        """References to the finished blocks; runs what is pending, once."""
        if self._cache is None:
            if self._stages:
                run = ray.remote(_run_stages)
                self._cache = [run.options(name="ReadMap").remote(r, self._stages) for r in self._refs]
            else:
                self._cache = self._refs
        return self._cache

    def _values(self):
        return ray.get(self._blocks())

    def _all(self):
        return B.join(self._values())

    def _then(self, stage):
        return Dataset(self._refs, [*self._stages, stage])

    def materialize(self):
        refs = self._blocks()
        ray.wait(refs, num_returns=len(refs)) if refs else None
        for value in ray.get(refs):
            del value
        return MaterializedDataset(refs)

    # --- transformations

    def map(self, fn, *, fn_args=(), fn_kwargs=None, **options):
        return self._then(_map_rows(fn() if isinstance(fn, type) else fn, fn_args, fn_kwargs or {}))

    def flat_map(self, fn, **options):
        return self._then(lambda block: B.from_rows([made for row in B.rows(block) for made in fn(row)]))

    def filter(self, fn=None, expr=None, **options):
        if expr is not None:
            code = compile(expr, "<expr>", "eval")

            def stage(block):
                return _keep(block, np.array([bool(eval(code, {"__builtins__": {}}, row)) for row in B.rows(block)], dtype=bool)) if B.length(block) else block
        else:
            def stage(block):
                return _keep(block, np.array([bool(fn(row)) for row in B.rows(block)], dtype=bool)) if B.length(block) else block
        return self._then(stage)

    def map_batches(self, fn, *, batch_size=None, batch_format="default", fn_args=(), fn_kwargs=None, fn_constructor_args=(), fn_constructor_kwargs=None,
                    concurrency=None, compute=None, num_cpus=None, zero_copy_batch=False, **options):
        size = None if batch_size in (None, "default") else batch_size
        kwargs = fn_kwargs or {}
        if isinstance(fn, type):
            count = concurrency[-1] if isinstance(concurrency, tuple) else concurrency or 1
            actors = [ray.remote(_ActorStage).options(num_cpus=num_cpus or 0).remote(fn, fn_constructor_args, fn_constructor_kwargs or {}) for _ in range(count)]
            refs = [actors[i % count].run.remote(r, self._stages, batch_format, size, fn_args, kwargs) for i, r in enumerate(self._refs)]
            made = Dataset(refs)
            made._actors = actors
            return made
        return self._then(lambda block: _batches(block, fn, batch_format, size, fn_args, kwargs))

    def add_column(self, name, fn, **options):
        return self._then(lambda block: {**block, name: np.asarray(fn(B.to_batch(block, "pandas")))})

    def drop_columns(self, names, **options):
        names = [names] if isinstance(names, str) else names
        return self._then(lambda block: {n: c for n, c in block.items() if n not in names})

    def select_columns(self, names, **options):
        names = [names] if isinstance(names, str) else names
        return self._then(lambda block: {n: block[n] for n in names})

    def rename_columns(self, names, **options):
        return self._then(lambda block: {(names.get(n, n) if isinstance(names, dict) else names[i]): c for i, (n, c) in enumerate(block.items())})

    def limit(self, n):
        return MaterializedDataset([ray.put(B.cut(self._all(), 0, n))])

    def repartition(self, num_blocks, **options):
        return _cut(self._all(), num_blocks)

    def random_shuffle(self, *, seed=None, **options):
        block = self._all()
        order = np.random.default_rng(seed).permutation(B.length(block))
        return _cut({n: c[order] for n, c in block.items()}, max(1, len(self._refs)))

    def sort(self, key=None, descending=False, **options):
        block = self._all()
        keys = [key] if isinstance(key, str) else list(key or block)
        order = sorted(range(B.length(block)), key=lambda i: tuple(block[k][i] for k in keys), reverse=bool(descending))
        return _cut({n: c[order] for n, c in block.items()}, max(1, len(self._refs)))

    def union(self, *others):
        return Dataset([*self._blocks(), *[r for o in others for r in o._blocks()]])

    def zip(self, other):
        mine, its = self._all(), other._all()
        return MaterializedDataset([ray.put({**mine, **{(n if n not in mine else n + "_1"): c for n, c in its.items()}})])

    def split(self, n, *, equal=False, locality_hints=None):
        block = self._all()
        from ray.data import _split
        return [MaterializedDataset([ray.put(B.cut(block, a, b))]) for a, b in _split(B.length(block), n)]

    def split_at_indices(self, indices):
        block = self._all()
        edges = [0, *indices, B.length(block)]
        return [MaterializedDataset([ray.put(B.cut(block, a, b))]) for a, b in zip(edges, edges[1:])]

    def train_test_split(self, test_size, *, shuffle=False, seed=None, stratify=None):
        ds = self.random_shuffle(seed=seed) if shuffle else self
        count = ds.count()
        if isinstance(test_size, float):
            if not 0 < test_size < 1:
                raise ValueError(f"If `test_size` is a float, it must be bigger than 0 and smaller than 1. Got {test_size}.")
            test = math.ceil(count * test_size)
        else:
            if not 0 < test_size < count:
                raise ValueError(f"If `test_size` is an int, it must be bigger than 0 and smaller than the size of the dataset ({count}). Got {test_size}.")
            test = test_size
        return tuple(ds.split_at_indices([count - test]))

    def groupby(self, key, num_partitions=None):
        return GroupedData(self, key)

    def unique(self, column):
        return list(dict.fromkeys(B.plain(v) for v in self._all()[column]))

    # --- results

    def count(self):
        return sum(ray.get([ray.remote(B.length).remote(r) for r in self._blocks()])) if len(self._refs) > 8 else sum(B.length(b) for b in self._values())

    def num_blocks(self):
        return len(self._blocks())

    def take(self, limit=20):
        out = []
        for ref in self._blocks():
            for row in B.rows(ray.get(ref)):
                if len(out) >= limit:
                    return out
                out.append(row)
        return out

    def take_all(self, limit=None):
        out = [row for block in self._values() for row in B.rows(block)]
        if limit is not None and len(out) > limit:
            raise ValueError(f"The dataset has more than the given limit of {limit} records.")
        return out

    def take_batch(self, batch_size=20, *, batch_format="default"):
        return B.to_batch(B.cut(self._all(), 0, batch_size), batch_format)

    def show(self, limit=20):
        for row in self.take(limit):
            print(row)

    def iter_rows(self, **options):
        for ref in self._blocks():
            yield from B.rows(ray.get(ref))

    def iter_batches(self, *, batch_size=256, batch_format="default", drop_last=False, **options):
        block = self._all()
        n = B.length(block)
        step = batch_size or n or 1
        for start in range(0, n, step):
            if drop_last and start + step > n:
                return
            yield B.to_batch(B.cut(block, start, start + step), batch_format)

    def iterator(self):
        return self

    def to_pandas(self, limit=None):
        return B.to_batch(self._all(), "pandas")

    def to_numpy_refs(self):
        return self._blocks()

    def schema(self, fetch_if_missing=True):
        block = self._all()
        return Schema(block) if block else None

    def columns(self, fetch_if_missing=True):
        return list(self._all())

    def size_bytes(self):
        return sum(c.nbytes for c in self._all().values())

    def stats(self):
        return f"Dataset of {self.num_blocks()} blocks, {self.count()} rows"

    def write_csv(self, path, **options):
        import os
        os.makedirs(path, exist_ok=True)
        for i, ref in enumerate(self._blocks()):
            B.to_batch(ray.get(ref), "pandas").to_csv(os.path.join(path, f"{i:06d}_000000.csv"), index=False)

    def write_json(self, path, **options):
        import os
        os.makedirs(path, exist_ok=True)
        for i, ref in enumerate(self._blocks()):
            B.to_batch(ray.get(ref), "pandas").to_json(os.path.join(path, f"{i:06d}_000000.json"), orient="records", lines=True)

    def _aggregate(self, on, fn):
        return B.plain(ray.get(ray.remote(_aggregate).remote(self._all(), on, fn)))

    def sum(self, on=None, **options):
        return self._aggregate(on, "sum")

    def min(self, on=None, **options):
        return self._aggregate(on, "min")

    def max(self, on=None, **options):
        return self._aggregate(on, "max")

    def mean(self, on=None, **options):
        return self._aggregate(on, "mean")

    def std(self, on=None, ddof=1, **options):
        return self._aggregate(on, "std")

    def __iter__(self):
        raise TypeError("`Dataset` objects aren't iterable. To iterate records, call `ds.iter_rows()` or `ds.iter_batches()`.")

    def __repr__(self):
        return _table(self._all(), rows=isinstance(self, MaterializedDataset))


class MaterializedDataset(Dataset):
    pass


def _cut(block, parts):
    from ray.data import _split
    return MaterializedDataset([ray.put(B.cut(block, a, b)) for a, b in _split(B.length(block), parts)])


def _aggregate(block, on, fn):
    name = on or next(iter(block))
    if name not in block:
        raise ValueError(f"You specified the column '{name}', but there's no such column in the dataset. The dataset has columns: {list(block)}")
    values = block[name]
    return getattr(values, fn)(ddof=1) if fn == "std" else getattr(values, fn)()


class GroupedData:
    def __init__(self, dataset, key):
        self._dataset, self._key = dataset, key

    def _made(self, name, fn):
        block = self._dataset._all()
        groups = {}
        for i, value in enumerate(block[self._key]):
            groups.setdefault(B.plain(value), []).append(i)
        return MaterializedDataset([ray.put(B.from_rows([{self._key: k, name: B.plain(fn(block, np.array(groups[k])))} for k in sorted(groups)]))])

    def count(self):
        return self._made("count()", lambda block, rows: len(rows))

    def map_groups(self, fn, *, batch_format="default", **options):
        block = self._dataset._all()
        groups = {}
        for i, value in enumerate(block[self._key]):
            groups.setdefault(B.plain(value), []).append(i)
        return MaterializedDataset([ray.put(B.from_batch(fn(B.to_batch(_keep(block, np.array(groups[k])), batch_format)))) for k in sorted(groups)])


def _grouped(fn):
    return lambda self, on, **options: self._made(f"{fn}({on})", lambda block, rows: _aggregate(_keep(block, rows), on, fn))


for _name in ("sum", "min", "max", "mean", "std"):
    setattr(GroupedData, _name, _grouped(_name))


def _table(block, rows):
    n = B.length(block)
    names, types = list(block), [B.type_name(c) for c in block.values()]
    shown = list(B.rows(B.cut(block, 0, 10))) if rows else []
    cells = [[name, "---", kind, *[str(r[name]) for r in shown]] for name, kind in zip(names, types)]
    widths = [max(map(len, c)) for c in cells]
    def line(i):
        return "│ " + " ┆ ".join(c[i].ljust(w) for c, w in zip(cells, widths)) + " │"
    def rule(left, fill, middle, right):
        return left + middle.join(fill * (w + 2) for w in widths) + right
    out = [f"shape: ({n}, {len(names)})", rule("╭", "─", "┬", "╮"), line(0), line(1), line(2)]
    if rows:
        out.append(rule("╞", "═", "╪", "╡"))
        out += [line(3 + i) for i in range(len(shown))]
        out += [rule("╰", "─", "┴", "╯"), f"(Showing {len(shown)} of {n} rows)"]
    else:
        out += [rule("╰", "─", "┴", "╯"), "(Dataset isn't materialized)"]
    return "\n".join(out)

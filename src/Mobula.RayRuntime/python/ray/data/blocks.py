"""A block: a dictionary of columns, each a numpy array."""
import io

import numpy as np


def column(values):
    values = list(values)
    if values and all(isinstance(v, bool) for v in values):
        return np.array(values, dtype=bool)
    if values and all(isinstance(v, int) and not isinstance(v, bool) for v in values):
        try:
            return np.array(values, dtype=np.int64)
        except OverflowError:
            pass
    if values and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
        return np.array(values, dtype=np.float64)
    if values and all(isinstance(v, np.ndarray) for v in values) and len({v.shape for v in values}) == 1:
        return np.stack(values)
    if values and all(isinstance(v, np.generic) for v in values):
        return np.array(values)
    out = np.empty(len(values), dtype=object)
    for i, v in enumerate(values):
        out[i] = v
    return out


def from_rows(rows):
    names = list(dict.fromkeys(n for r in rows for n in r))
    return {n: column(r.get(n) for r in rows) for n in names}


def plain(value):
    return value.item() if isinstance(value, np.generic) else value


def rows(block):
    names = list(block)
    for i in range(length(block)):
        yield {n: plain(block[n][i]) for n in names}


def length(block):
    return len(next(iter(block.values()))) if block else 0


def cut(block, start, stop):
    return {n: c[start:stop] for n, c in block.items()}


def join(blocks):
    blocks = [b for b in blocks if length(b)] or blocks[:1]
    if not blocks:
        return {}
    return {n: np.concatenate([b[n] for b in blocks]) if len(blocks) > 1 else blocks[0][n] for n in blocks[0]}


def to_batch(block, form):
    if form == "pandas":
        import pandas
        return pandas.DataFrame({n: (c.copy() if c.ndim == 1 else list(c)) for n, c in block.items()})
    if form in ("numpy", "default", None):
        return dict(block)
    raise ValueError(f"batch_format must be one of 'default', 'numpy', 'pandas'; got {form!r} ('pyarrow' is not available in this runtime).")


def from_batch(batch):
    if hasattr(batch, "columns") and hasattr(batch, "iloc"):
        return {str(n): (batch[n].to_numpy() if batch[n].dtype.kind != "O" else column(batch[n].tolist())) for n in batch.columns}
    if isinstance(batch, dict):
        return {n: c if isinstance(c, np.ndarray) else column(c) for n, c in batch.items()}
    raise ValueError(f"The return type of `map_batches` must be a dictionary of arrays or a pandas DataFrame, got {type(batch)}.")


def type_name(c):
    kind = c.dtype.kind
    if kind == "O":
        first = next((v for v in c if v is not None), None)
        return "string" if isinstance(first, str) else "binary" if isinstance(first, bytes) else "null" if first is None else "list" if isinstance(first, list) else "object"
    if kind == "U":
        return "string"
    return {"float64": "double", "float32": "float"}.get(c.dtype.name, c.dtype.name)


def parse_csv(data, path):
    import pandas
    del path
    return from_batch(pandas.read_csv(io.BytesIO(data), float_precision="round_trip"))


def read_csv(url):
    import pandas
    return from_batch(pandas.read_csv(url, float_precision="round_trip"))


def parse_json(data, path):
    import json
    del path
    return from_rows([json.loads(line) for line in data.decode().splitlines() if line.strip()])

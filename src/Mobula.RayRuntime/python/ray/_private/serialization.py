"""Values to bytes and back: pickle protocol 5 with out-of-band buffers, so that large arrays are mapped, not copied."""
import io
import mmap
import os
import pickle
import struct
import sys
import threading

try:
    import cloudpickle
except ImportError:
    from joblib.externals import cloudpickle

_HEAD = struct.Struct("<II")
_local = threading.local()
INLINE_LIMIT = 100 * 1024


def collecting():
    """The list that collects ids of references met while pickling, or None."""
    return getattr(_local, "refs", None)


class Packed:
    """A serialised value: parts to write one after the other, its size, the references inside."""

    __slots__ = ("parts", "size", "refs")

    def __init__(self, parts, refs):
        self.parts, self.refs = parts, refs
        self.size = sum(len(p) for p in parts)

    def joined(self):
        return b"".join(self.parts)


_PLAIN = (int, float, str, bytes, bool, type(None))


def _unshare(value, depth=0):
    """Plain lists and dictionaries lose the sharing of their parts on the way, as in Ray's own format."""
    kind = type(value)
    if kind is bytearray:
        return bytes(value)
    if depth > 40:
        raise RecursionError
    if kind is list:
        return [v if type(v) in _PLAIN else _unshare(v, depth + 1) for v in value]
    if kind is dict:
        return {k: v if type(v) in _PLAIN else _unshare(v, depth + 1) for k, v in value.items()}
    return value


def dumps(value):
    kind = type(value)
    if kind in (list, dict, bytearray):
        try:
            value = _unshare(value)
        except RecursionError:
            pass
    buffers = []
    previous = collecting()
    _local.refs = refs = []
    try:
        if kind in _PLAIN:
            body = pickle.dumps(value, protocol=5)
        else:
            body = _pickle(value, buffers)
    finally:
        _local.refs = previous
    raw = [b.raw() for b in buffers]
    sizes = [len(body)] + [len(r) for r in raw]
    head = _HEAD.pack(len(raw), 0) + struct.pack(f"<{len(sizes)}Q", *sizes)
    parts = [head, body]
    at = len(head) + len(body)
    for r in raw:
        pad = -at % 64
        parts.append(b"\0" * pad)
        parts.append(r)
        at += pad + len(r)
    return Packed(parts, refs)


def _pickle(value, buffers):
    stream = io.BytesIO()
    cloudpickle.CloudPickler(stream, protocol=5, buffer_callback=buffers.append).dump(value)
    return stream.getvalue()


def loads(data):
    view = memoryview(data)
    count, _ = _HEAD.unpack_from(view)
    sizes = struct.unpack_from(f"<{count + 1}Q", view, _HEAD.size)
    at = _HEAD.size + 8 * (count + 1)
    body = view[at:at + sizes[0]]
    at += sizes[0]
    buffers = []
    for size in sizes[1:]:
        at += -at % 64
        buffers.append(view[at:at + size].toreadonly())
        at += size
    return pickle.loads(body, buffers=buffers)


def write_file(folder, fallback, name, packed):
    """Writes a value into the store; where shared memory has no room, a link in it leads to a file of the session."""
    path = os.path.join(folder, name)
    free = os.statvfs(folder)
    target = path
    if free.f_bavail * free.f_frsize < packed.size + (8 << 20):
        os.makedirs(fallback, exist_ok=True)
        target = os.path.join(fallback, name)
    temporary = f"{target}.{os.getpid()}.{threading.get_ident()}"
    descriptor = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    try:
        with open(descriptor, "wb", buffering=0) as file:
            for part in packed.parts:
                view = memoryview(part).cast("B") if not isinstance(part, bytes) else part
                done = 0
                while done < len(view):
                    done += file.write(view[done:done + (1 << 30)])
        os.rename(temporary, target)
        if target != path:
            os.symlink(target, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def map_file(path):
    """The bytes of a stored value; pages are shared by all readers and live as long as somebody uses them."""
    with open(path, "rb") as file:
        return mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)


def describe_failure(value, name):
    """Why a function or class cannot be pickled, in Ray's first line."""
    return f"Could not serialize {name}:\n{'=' * 40}\n{sys.exc_info()[1]}"

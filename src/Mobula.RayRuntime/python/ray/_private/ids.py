"""Identifiers, as long as Ray's: job 4 bytes, actor 16, task 24, object 28, node, worker and placement group."""
import os

from ray._private import serialization


class BaseID:
    SIZE = 28
    __slots__ = ("_binary",)

    def __init__(self, binary):
        if not isinstance(binary, bytes) or len(binary) != self.SIZE:
            raise ValueError(f"ID string needs to have length {self.SIZE}, got {len(binary)}")
        self._binary = binary

    @classmethod
    def size(cls):
        return cls.SIZE

    @classmethod
    def nil(cls):
        return cls(b"\xff" * cls.SIZE)

    @classmethod
    def from_hex(cls, text):
        return cls(bytes.fromhex(text))

    @classmethod
    def from_random(cls):
        return cls(os.urandom(cls.SIZE))

    def binary(self):
        return self._binary

    def hex(self):
        return self._binary.hex()

    def is_nil(self):
        return self._binary == b"\xff" * self.SIZE

    def __eq__(self, other):
        return type(self) is type(other) and self._binary == other._binary

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return hash(self._binary)

    def __repr__(self):
        return f"{type(self).__name__}({self.hex()})"

    def __reduce__(self):
        return type(self), (self._binary,)


class JobID(BaseID):
    SIZE = 4
    __slots__ = ()


class ActorID(BaseID):
    SIZE = 16
    __slots__ = ()

    @property
    def job_id(self):
        return JobID(self._binary[-4:])


class TaskID(BaseID):
    SIZE = 24
    __slots__ = ()

    def job_id(self):
        return JobID(self._binary[-4:])

    def actor_id(self):
        return ActorID(self._binary[-16:])


class NodeID(BaseID):
    __slots__ = ()


class WorkerID(BaseID):
    __slots__ = ()


class UniqueID(BaseID):
    __slots__ = ()


class FunctionID(UniqueID):
    __slots__ = ()


class PlacementGroupID(BaseID):
    SIZE = 18
    __slots__ = ()


class ObjectRef(BaseID):
    """A reference to a value somewhere in the cluster; the value lives while references to it do."""

    __slots__ = ("_core", "__weakref__")

    def __init__(self, binary, _core=None, _known=False):
        super().__init__(binary)
        from ray._private import core
        self._core = None
        current = _core or core.current()
        if current is not None and not self.is_nil():
            current.add_reference(binary.hex(), _known)
            self._core = current

    def __del__(self):
        core = getattr(self, "_core", None)
        if core is not None:
            core.dropped.append(self._binary.hex())

    @classmethod
    def from_hex(cls, text):
        raise NotImplementedError("ObjectRef.from_hex is not supported.")

    @classmethod
    def from_random(cls):
        return cls(os.urandom(cls.SIZE))

    def task_id(self):
        return TaskID(self._binary[:24])

    def job_id(self):
        return JobID(self._binary[20:24])

    def future(self):
        from ray._private import core
        return core.require().future(self)

    def as_future(self, _internal=False):
        import asyncio
        return asyncio.wrap_future(self.future())

    def __await__(self):
        return self.as_future().__await__()

    def __reduce__(self):
        refs = serialization.collecting()
        if refs is not None:
            refs.append(self.hex())
        return ObjectRef, (self._binary,)

    @classmethod
    def __class_getitem__(cls, item):
        return cls

    def __iter__(self):
        raise TypeError("'ray.ObjectRef' object is not iterable")

    def __len__(self):
        raise TypeError("object of type 'ray.ObjectRef' has no len()")

    def __bool__(self):
        return True

    def __getitem__(self, key):
        raise TypeError("'ray.ObjectRef' object is not subscriptable")

    def __add__(self, other):
        raise TypeError(f"unsupported operand type(s) for +: 'ray.ObjectRef' and '{type(other).__name__}'")


ObjectRef.__module__ = "ray"

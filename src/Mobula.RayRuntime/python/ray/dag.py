"""Lazily bound calls: f.bind(...) ... .execute()."""


def _resolve(value, given):
    if isinstance(value, InputNode):
        return given[0] if len(given) == 1 else given
    return value._execute(given) if isinstance(value, DAGNode) else value


class DAGNode:
    def __init__(self, target=None, args=(), kwargs=None):
        self._target, self._args, self._kwargs = target, args, kwargs or {}
        self._result = None

    def execute(self, *given):
        self._forget()
        return self._execute(given)

    def _forget(self):
        self._result = None
        for part in (*self._args, *self._kwargs.values()):
            if isinstance(part, DAGNode):
                part._forget()

    def _execute(self, given):
        if self._result is None:
            self._result = self._target.remote(*[_resolve(a, given) for a in self._args], **{k: _resolve(v, given) for k, v in self._kwargs.items()})
        return self._result


class FunctionNode(DAGNode):
    pass


class ClassNode(DAGNode):
    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return _BoundMethod(self, name)


class _BoundMethod:
    def __init__(self, node, name):
        self._node, self._name = node, name

    def bind(self, *args, **kwargs):
        node, name = self._node, self._name

        class Call:
            def remote(self, *args, **kwargs):
                return getattr(node._execute(()), name).remote(*args, **kwargs)

        return FunctionNode(Call(), args, kwargs)


class InputNode(DAGNode):
    def __enter__(self):
        return self

    def __exit__(self, *exc):
        pass

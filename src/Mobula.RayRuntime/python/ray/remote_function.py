"""Remote functions."""
import inspect

from ray._private import core as _core
from ray._private import environment, options as _options


def described(thing):
    import os
    import sys
    module = thing.__module__
    if module == "__main__":
        main = getattr(sys.modules.get("__main__"), "__file__", None)
        module = os.path.splitext(os.path.basename(main))[0] if main else "__main__"
    return module, getattr(thing, "__qualname__", thing.__name__)


class RemoteFunction:
    """A function that .remote() runs in a worker process somewhere in the cluster."""

    def __init__(self, function, options):
        if inspect.iscoroutinefunction(function):
            raise ValueError("'async def' should not be used for remote tasks. You can wrap the async function with `asyncio.run(f())`. See more at:"
                             "https://docs.ray.io/en/latest/ray-core/actors/async_api.html ")
        self._function = function
        self._options = options
        self._function_name = f"{function.__module__}.{function.__qualname__}"
        self._signature = inspect.signature(function)
        self._generator = inspect.isgeneratorfunction(function)
        self._key = None
        self._key_core = None

    def __call__(self, *args, **kwargs):
        raise TypeError(f"Remote functions cannot be called directly. Instead of running '{self._function_name}()', try '{self._function_name}.remote()'.")

    def __getstate__(self):
        state = dict(self.__dict__)
        state["_key"] = state["_key_core"] = None
        state["_signature"] = None
        return state

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._signature = inspect.signature(self._function)

    def options(self, **options):
        _options.check(options, _options.TASK, "remote functions")
        merged = {**self._options, **options}
        function = self

        class FuncWrapper:
            def remote(self, *args, **kwargs):
                return function._remote(args, kwargs, merged)

            def bind(self, *args, **kwargs):
                from ray.dag import FunctionNode
                return FunctionNode(self, args, kwargs)

        return FuncWrapper()

    def remote(self, *args, **kwargs):
        return self._remote(args, kwargs, self._options)

    def bind(self, *args, **kwargs):
        from ray.dag import FunctionNode
        return FunctionNode(self, args, kwargs)

    def _remote(self, args, kwargs, options):
        core = _core.require()
        self._signature.bind(*args, **kwargs)
        if self._key_core is not core:
            module, name = described(self._function)
            self._key = core.export(self._function, f"the function {module}.{name}")
            self._key_core = core
        name = self._function.__name__
        returns = options.get("num_returns")
        if returns is None:
            returns = "streaming" if self._generator else 1
        wanted = _options.demand(options, 1)
        payload, deps, refs, kept = core.pack_arguments(args, kwargs)
        task_id = _core.new_task_id(core.job_id)
        retry = options.get("retry_exceptions", False)
        retries = options.get("max_retries")
        header = {
            "t": "submit", "task": task_id, "name": options.get("name") or name, "func": name, "job": core.job_id, "fn": self._key,
            "res": wanted, "strategy": _options.strategy(options, name, wanted), "deps": deps, "refs": refs,
            "n": -1 if returns == "streaming" else 1 if returns == "dynamic" else returns, "retries": 3 if retries is None else retries,
        }
        if returns == "dynamic":
            header["dynamic"] = 1
        env = environment.for_task(core, options.get("runtime_env"))
        if env:
            header["env"] = env
        if options.get("max_calls"):
            header["max_calls"] = options["max_calls"]
        if retry:
            header["retry"] = 1
            if retry is not True:
                header["retry_types"] = core.export(tuple(retry), "retry_exceptions")
        return send(core, header, payload, returns)


def send(core, header, payload, returns):
    """Hands a task to the head; what its caller gets."""
    core.flush()
    if returns == "streaming":
        stream = ObjectRefGenerator(core, header["task"])
        core.generators[header["task"]] = stream
        stream._ref = core.submitted(header["task"], 1)[0]
        core.send(header, payload)
        return stream
    with core.lock:
        refs = core.submitted(header["task"], max(1, returns))
        core.send(header, payload)
    if returns == 0:
        return None
    return refs[0] if returns == 1 else refs


class ObjectRefGenerator:
    """The stream of a generator task's results, as references."""

    def __init__(self, core, task_id):
        import collections
        self._core, self._task_id = core, task_id
        self._items = collections.deque()
        self._ended = self._failed = False
        self._waiters = []

    def _receive(self, ref):
        with self._core.changed:
            if ref is None:
                self._ended = True
                self._core.generators.pop(self._task_id, None)
            else:
                self._items.append(ref)
            waiters, self._waiters = self._waiters, []
            self._core.changed.notify_all()
        for wake in waiters:
            wake()

    def __iter__(self):
        return self

    def _take(self):
        if self._items:
            return self._items.popleft()
        entry = self._core.table.get(self._ref.hex())
        if not self._failed and entry is not None and entry.ready and (entry.failure or entry.error):
            self._failed = True
            return self._ref
        raise StopIteration

    def _available(self):
        return bool(self._items) or self._ended

    def __next__(self):
        blocked = self._core.mode == "worker" and _core.running_task.get() is not None and not self._available()
        if blocked:
            self._core.send({"t": "blocked"})
        try:
            with self._core.changed:
                while not self._available():
                    self._core.changed.wait(1.0)
                return self._take()
        finally:
            if blocked:
                self._core.send({"t": "unblocked"})

    def __aiter__(self):
        return self

    async def __anext__(self):
        import asyncio
        loop = asyncio.get_running_loop()
        with self._core.changed:
            ready = self._available()
            if not ready:
                woken = asyncio.Event()
                self._waiters.append(lambda: loop.call_soon_threadsafe(woken.set))
        if not ready:
            await woken.wait()
        try:
            return self._take()
        except StopIteration:
            raise StopAsyncIteration from None

    def completed(self):
        return self._ref

    def next_ready(self):
        return self._available()

    def is_finished(self):
        return self._ended and not self._items

    def close(self):
        self._items.clear()


class DynamicObjectRefGenerator:
    def __init__(self, refs):
        self._refs = list(refs)

    def __iter__(self):
        while self._refs:
            yield self._refs.pop(0)

    def __len__(self):
        return len(self._refs)

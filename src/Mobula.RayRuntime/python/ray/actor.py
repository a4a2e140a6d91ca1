"""Actors: classes whose instances live in a process of their own."""
import inspect
import os

from ray import exceptions
from ray._private import core as _core
from ray._private import environment, options as _options, serialization
from ray._private.ids import ActorID
from ray.remote_function import described, send

_METHOD_OPTIONS = ("num_returns", "concurrency_group", "max_task_retries", "retry_exceptions", "_generator_backpressure_num_objects", "enable_task_events", "tensor_transport")


def method(*args, **kwargs):
    """Options of one method of an actor class."""
    if args:
        raise AssertionError("The @ray.method decorator must be applied using no arguments or at least one of the arguments in the list "
                             f"{list(_METHOD_OPTIONS)} for example '@ray.method(num_returns=2)'.")
    for name in kwargs:
        if name not in _METHOD_OPTIONS:
            raise AssertionError(f"Unexpected keyword argument to @ray.method: '{name}'. The supported keyword arguments are {list(_METHOD_OPTIONS)}")

    def mark(function):
        function.__ray_method__ = kwargs
        return function

    return mark


class ActorClass:
    def __init__(self, cls, options):
        self._class, self._options = cls, options
        self.__doc__ = cls.__doc__
        self._key = self._key_core = None

    def __call__(self, *args, **kwargs):
        name = self._class.__name__
        raise TypeError(f"Actors cannot be instantiated directly. Instead of '{name}()', use '{name}.remote()'.")

    def __repr__(self):
        return f"<{self._class.__module__}.ActorClass({self._class.__name__}) object at {hex(id(self))}>"

    def __reduce__(self):
        return make, (self._class, self._options)

    def options(self, **options):
        _options.check(options, _options.ACTOR, "actors")
        merged = {**self._options, **options}
        actor_class = self

        class ActorOptionWrapper:
            def remote(self, *args, **kwargs):
                return actor_class._remote(args, kwargs, merged)

            def bind(self, *args, **kwargs):
                from ray.dag import ClassNode
                return ClassNode(self, args, kwargs)

        return ActorOptionWrapper()

    def remote(self, *args, **kwargs):
        return self._remote(args, kwargs, self._options)

    def bind(self, *args, **kwargs):
        from ray.dag import ClassNode
        return ClassNode(self, args, kwargs)

    def _methods(self):
        methods = {}
        for name, function in inspect.getmembers(self._class, lambda m: inspect.isfunction(m) or inspect.ismethod(m) or inspect.isbuiltin(m) or inspect.iscoroutinefunction(m)):
            if name.startswith("__") and name not in ("__init__", "__call__", "__ray_call__", "__len__", "__enter__", "__exit__"):
                continue
            function = inspect.unwrap(function)
            marked = getattr(function, "__ray_method__", {})
            generator = inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)
            n = marked.get("num_returns")
            try:
                signature = inspect.signature(function)
                static = isinstance(inspect.getattr_static(self._class, name), (staticmethod,))
                bound = not static and not inspect.ismethod(getattr(self._class, name))
                parameters = list(signature.parameters.values())[1:] if bound else list(signature.parameters.values())
                if inspect.ismethod(getattr(self._class, name)):
                    parameters = parameters[1:] if parameters and parameters[0].name == "cls" else parameters
                spec = [(p.name, int(p.kind), p.default is not p.empty) for p in parameters]
            except (ValueError, TypeError):
                spec = None
            methods[name] = {"n": n if n is not None else ("streaming" if generator else 1), "group": marked.get("concurrency_group"), "sig": spec,
                             "retries": marked.get("max_task_retries"), "retry": bool(marked.get("retry_exceptions"))}
        return methods

    def _remote(self, args, kwargs, options):
        core = _core.require()
        name = self._class.__name__
        if options.get("get_if_exists") and not options.get("name"):
            raise ValueError("The actor name must be specified to use `get_if_exists`.")
        if options.get("name") == "":
            raise ValueError("Actor name cannot be an empty string.")
        methods = self._methods()
        if "__init__" in methods:
            _bind(methods["__init__"]["sig"], args, kwargs)
        elif args or kwargs:
            inspect.Signature().bind(*args, **kwargs)
        if self._key_core is not core:
            module, qualified = described(self._class)
            self._key = core.export(self._class, f"the actor class {module}.{qualified}")
            self._key_core = core
        is_async = any(inspect.iscoroutinefunction(inspect.unwrap(f)) or inspect.isasyncgenfunction(f)
                       for _, f in inspect.getmembers(self._class, inspect.isfunction))
        explicit = options.get("num_cpus") is not None
        running = _options.demand(options, 0)
        placing = running if explicit or running else {"CPU": 1.0}
        actor_id = os.urandom(12).hex() + core.job_id
        concurrency = options.get("max_concurrency") or (1000 if is_async else 1)
        groups = options.get("concurrency_groups") or {}
        handle = {"class": name, "methods": methods, "module": described(self._class)[0], "task_retries": options.get("max_task_retries") or 0,
                  "pending": options.get("max_pending_calls") or -1}
        strategy = _options.strategy(options, name, running)
        if strategy.get("pg"):
            placing = running
        payload, deps, refs, kept = core.pack_arguments(args, kwargs)
        header = {
            "t": "create", "actor": actor_id, "task": "ff" * 8 + actor_id, "name": f"{name}.__init__", "func": f"{name}.__init__", "cls": name,
            "job": core.job_id, "fn": self._key, "res": placing, "run_res": running, "strategy": strategy, "deps": deps, "refs": refs, "n": 1, "retries": 0,
            "max_restarts": options.get("max_restarts") or 0, "detached": int(options.get("lifetime") == "detached"), "aname": options.get("name") or "",
            "ns": options.get("namespace") or core.namespace, "handle": handle, "async": int(is_async), "concurrency": concurrency,
            "groups": {k: v for k, v in groups.items()} if isinstance(groups, dict) else {}, "module": handle["module"],
        }
        env = environment.for_task(core, options.get("runtime_env"))
        if env:
            header["env"] = env
        core.flush()
        if options.get("name"):
            header["get_if_exists"] = int(bool(options.get("get_if_exists")))
            answer, _ = core.request(header, payload).result()
            if answer.get("taken"):
                raise exceptions.ActorAlreadyExistsError(f"The name {options['name']} (namespace=None) is already taken. Please use a different name or get the existing actor using ray.get_actor('{options['name']}')") from None
            if answer.get("handle"):
                return ActorHandle(answer["actor"], answer["handle"], core, True)
        else:
            core.send(header, payload)
        return ActorHandle(actor_id, handle, core, True, original=True)


ActorClass.__module__ = "ray.actor"


def make(cls, options):
    """An actor class of a class; its type is named after it, as users see it."""
    name = f"ActorClass({cls.__name__})"
    kind = type(name, (ActorClass,), {"__module__": "ray.actor", "__mro_entries__": _no_subclass})
    return kind(cls, options)




def _no_subclass(self, bases):
    class Refused:
        def __init_subclass__(cls, **kwargs):
            raise TypeError(f"Attempted to define subclass '{cls.__name__}' of actor class '{Refused.parent}'. Inheriting from actor classes is not currently "
                            "supported. You can instead inherit from a non-actor base class and make the derived class an actor class (with @ray.remote).")
    Refused.parent = self._class.__name__
    return (Refused,)


def _bind(spec, args, kwargs):
    """Checks a call against a method's parameters; errors in inspect's words."""
    if spec is None:
        return
    parameters = [inspect.Parameter(n, inspect._ParameterKind(k), default=None if d else inspect.Parameter.empty) for n, k, d in spec]
    inspect.Signature(parameters).bind(*args, **kwargs)


class ActorMethod:
    def __init__(self, handle, name, info, options=None):
        self._handle, self._name, self._info, self._options = handle, name, info, options or {}

    def __call__(self, *args, **kwargs):
        raise TypeError(f"Actor methods cannot be called directly. Instead of running 'object.{self._name}()', try 'object.{self._name}.remote()'.")

    def options(self, **options):
        return ActorMethod(self._handle, self._name, self._info, {**self._options, **options})

    def bind(self, *args, **kwargs):
        from ray.dag import FunctionNode
        return FunctionNode(self, args, kwargs)

    def remote(self, *args, **kwargs):
        handle, core = self._handle, _core.require()
        _bind(self._info.get("sig"), args, kwargs)
        returns = self._options.get("num_returns")
        if returns is None:
            returns = self._info["n"]
        limit = handle._info.get("pending", -1)
        if limit > 0 and handle._pending(core) >= limit:
            raise exceptions.PendingCallsLimitExceeded(
                f"The task {self._name} could not be submitted to {handle!r} because more than {limit} tasks are queued on the actor. This limit can be adjusted with the `max_pending_calls` actor option.")
        payload, deps, refs, kept = core.pack_arguments(args, kwargs)
        retries = self._options.get("max_task_retries", self._info.get("retries"))
        if retries is None:
            retries = handle._info.get("task_retries", 0)
        name = f"{handle._info['class']}.{self._name}"
        header = {
            "t": "call", "actor": handle._id, "task": _core.new_task_id(core.job_id, handle._id), "method": self._name, "name": self._options.get("name") or name, "func": name,
            "job": core.job_id, "deps": deps, "refs": [*refs, handle._id], "n": -1 if returns == "streaming" else 1 if returns == "dynamic" else returns, "retries": retries,
        }
        group = self._options.get("concurrency_group") or self._info.get("group")
        if group:
            header["group"] = group
        if self._options.get("retry_exceptions", self._info.get("retry")):
            header["retry"] = 1
        made = send(core, header, payload, returns)
        if limit > 0:
            handle._calls.append(header["task"])
        return made


class ActorHandle:
    """Refers to an actor; calls go through its methods' .remote()."""

    def __init__(self, actor_id, info, core=None, known=False, original=False):
        core = core or _core.require()
        self.__dict__.update(_id=actor_id, _info=info, _core=core, _original=original, _calls=[])
        core.add_reference(actor_id, known)

    def __del__(self):
        core = self.__dict__.get("_core")
        if core is not None:
            core.dropped.append(self._id)

    def _pending(self, core):
        def waiting(task):
            entry = core.table.get(task + "01000000")
            return entry is not None and not entry.ready
        self._calls[:] = [t for t in self._calls if waiting(t) or t + "01000000" not in core.table]
        return len(self._calls)

    @property
    def _actor_id(self):
        return ActorID(bytes.fromhex(self._id))

    _ray_actor_id = _actor_id

    def __getattr__(self, name):
        info = self.__dict__["_info"]["methods"].get(name)
        if info is None:
            if name == "__ray_terminate__":
                return ActorMethod(self, name, {"n": 1, "sig": None})
            if name == "__ray_call__":
                return ActorMethod(self, name, {"n": 1, "sig": None})
            if name == "__ray_ready__":
                return ActorMethod(self, name, {"n": 1, "sig": None})
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        return ActorMethod(self, name, info)

    def __dir__(self):
        return list(self._info["methods"])

    def __repr__(self):
        return f"Actor({self._info['class']}, {self._id})"

    def __eq__(self, other):
        return isinstance(other, ActorHandle) and self._id == other._id

    def __hash__(self):
        return hash(self._id)

    def __reduce__(self):
        refs = serialization.collecting()
        if refs is not None:
            refs.append(self._id)
        return ActorHandle, (self._id, self._info)


class ActorExit(SystemExit):
    pass


def exit_actor():
    """Ends the actor whose method is running."""
    task = _core.running_task.get()
    if task is None or not task.actor_id:
        raise TypeError("exit_actor API is called on a non-actor worker. Call this API inside an actor methods if you'd like to exit the actor gracefully.")
    raise ActorExit(0)

"""A small runtime that speaks Ray's Python API: tasks, actors, objects, on a cluster of nodes."""
import json as _json
import os as _os
import sys as _sys

__version__ = "2.60.0"
__commit__ = "b7f4259e944bf6959f721b106adc366ddfa0c356"

from ray import exceptions
from ray._private import core as _core
from ray._private import environment as _environment
from ray._private import options as _options
from ray._private.ids import ActorID, BaseID, JobID, NodeID, ObjectRef, PlacementGroupID, TaskID, UniqueID, WorkerID
from ray import actor
from ray import cloudpickle
from ray import job_config
from ray.actor import method
from ray.remote_function import DynamicObjectRefGenerator, ObjectRefGenerator, RemoteFunction
from ray.runtime_context import RuntimeContext, get_runtime_context

ObjectID = ObjectRef
WORKER_MODE, SCRIPT_MODE, LOCAL_MODE = 1, 0, 2
_REMOTE_USE = ("The @ray.remote decorator must be applied either with no arguments and no parentheses, for example '@ray.remote', or it must be applied using "
               "some of the arguments in the list ")
_LAZY = {"data", "train", "util", "dag", "job_submission", "air", "tune", "serve"}


def __getattr__(name):
    if name in _LAZY:
        import importlib
        return importlib.import_module(f"ray.{name}")
    raise AttributeError(f"module 'ray' has no attribute '{name}'")


class LoggingConfig:
    def __init__(self, encoding="TEXT", log_level="INFO", additional_log_standard_attrs=None):
        self.encoding, self.log_level = encoding, log_level


class RayContext:
    """What init() gives: addresses of the cluster; leaving it as a context manager disconnects."""

    def __init__(self, core):
        self.dashboard_url = core.dashboard
        self.python_version = ".".join(map(str, _sys.version_info[:3]))
        self.ray_version, self.ray_commit = __version__, __commit__
        node = core.node
        self.address_info = {
            "node_ip_address": node["ip"], "node_id": node["node_id"], "session_dir": node["session_dir"], "address": core.gcs_address,
            "gcs_address": core.gcs_address, "redis_address": None, "webui_url": core.dashboard, "metrics_export_port": node["metrics_port"],
            "dashboard_agent_listen_port": node["agent_port"], "object_store_address": node["session_dir"] + "/sockets/plasma_store",
            "raylet_socket_name": node["session_dir"] + "/sockets/raylet",
        }

    def __getitem__(self, key):
        if key == "webui_url":
            return self.dashboard_url
        return self.address_info[key]

    def __len__(self):
        return len(self.address_info)

    def __iter__(self):
        return iter(self.address_info)

    def keys(self):
        return self.address_info.keys()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        shutdown()

    def disconnect(self):
        shutdown()

    def __repr__(self):
        return f"RayContext(dashboard_url={self.dashboard_url!r}, python_version={self.python_version!r}, ray_version={__version__!r}, ray_commit={__commit__!r})"


_KNOWN = {"_node_ip_address", "_temp_dir", "_system_config", "_redis_password", "_redis_username", "_metrics_export_port", "_memory", "_enable_object_reconstruction",
          "_driver_object_store_memory", "_plasma_directory", "_tracing_startup_hook", "_node_name", "object_spilling_directory", "include_dashboard"}


def init(address=None, *, num_cpus=None, num_gpus=None, resources=None, labels=None, object_store_memory=None, local_mode=None, ignore_reinit_error=False,
         include_dashboard=None, dashboard_host="127.0.0.1", dashboard_port=None, job_config=None, configure_logging=True, logging_level="info",
         logging_format=None, logging_config=None, log_to_driver=True, namespace=None, runtime_env=None, enable_resource_isolation=False,
         system_reserved_cpu=None, system_reserved_memory=None, **kwargs):
    """Connects to a running cluster: the given address, RAY_ADDRESS, or the node of this machine."""
    system = kwargs.pop("_system_job", False)
    for name in kwargs:
        if name not in _KNOWN:
            raise RuntimeError(f"Unknown keyword argument(s): {', '.join(n for n in kwargs if n not in _KNOWN)}")
    if local_mode:
        raise RuntimeError("`local_mode` is no longer supported. For interactive debugging consider using the Ray distributed debugger.")
    if _core.current() is not None:
        if ignore_reinit_error:
            return RayContext(_core.current())
        raise RuntimeError("Maybe you called ray.init twice by accident? This error can be suppressed by passing in 'ignore_reinit_error=True' or by calling "
                           "'ray.shutdown()' prior to 'ray.init()'.")
    config = job_config or _job_config.JobConfig()
    submission = None
    given = _os.environ.get("RAY_JOB_CONFIG_JSON_ENV_VAR")
    if given:
        fields = _json.loads(given)
        config.metadata = {**fields.get("metadata", {}), **(config.metadata or {})}
        submission = config.metadata.get("job_submission_id")
        runtime_env = runtime_env if runtime_env is not None else fields.get("runtime_env")
    env = dict(runtime_env if runtime_env is not None else config.runtime_env or {})
    _environment.check(env)
    # The node comes up beside a driver that starts early, as in a pod's start.
    say = _logger(logging_level, logging_format)
    from_variable = (address is None or address == "auto") and _os.environ.get("RAY_ADDRESS")
    if from_variable:
        say(f"Using address {_os.environ['RAY_ADDRESS']} set in the environment variable RAY_ADDRESS")
        address = _os.environ["RAY_ADDRESS"]
    node, host, port = _find(address)
    say(f"Connecting to existing Ray cluster at address: {node['ip'] if host in ('127.0.0.1', 'localhost') else host}:{port}...")
    try:
        core = _core.Core("driver", host, port, node)
    except OSError:
        raise ConnectionError(f"Failed to connect to Ray cluster at {host}:{port}") from None
    main = getattr(_sys.modules.get("__main__"), "__file__", None)
    script = _os.path.dirname(_os.path.abspath(main)) if main else _os.getcwd()
    core.start({
        "t": "hello", "role": "driver", "pid": _os.getpid(), "ip": node["ip"], "node": node["node_id"], "entrypoint": _core.entrypoint(),
        "namespace": namespace or config.ray_namespace or "", "metadata": {k: v for k, v in (config.metadata or {}).items() if k not in ("job_submission_id", "job_name")},
        "runtime_env": env, "submission": submission, "logs": int(bool(log_to_driver)), "script_dir": script, "system": int(system),
    })
    core.runtime_env = _environment.prepare(core, env)
    core.shown_env = env
    core.printer = _core.LogPrinter(node["ip"], node["node_id"]) if log_to_driver else None
    _core.set_current(core)
    _os.environ["RAY_CLIENT_MODE"] = "0"
    _os.environ["PYTHONBREAKPOINT"] = "ray.util.rpdb._driver_set_trace"
    import atexit
    atexit.register(shutdown)
    say(f"Connected to Ray cluster. View the dashboard at \x1b[1m\x1b[32mhttp://{core.dashboard} \x1b[39m\x1b[22m")
    return RayContext(core)


_job_config = job_config


def _logger(level, form):
    import logging
    import time
    number = level if isinstance(level, int) else getattr(logging, str(level).upper(), logging.INFO)

    def say(text):
        if number <= logging.INFO:
            now = time.time()
            stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now)) + f",{int(now * 1000) % 1000:03d}"
            print(f"{stamp}\tINFO worker.py:1 -- {text}", file=_sys.stderr, flush=True)

    return say


def _find(address):
    """The node of this machine and the head's host and port."""
    temp = _os.environ.get("RAY_TMPDIR", "/tmp/ray")
    nodes = []
    folder = _os.path.join(temp, "session_latest")
    if _os.path.isdir(folder):
        for name in sorted(_os.listdir(folder)):
            if name.startswith("node_") and name.endswith(".json"):
                with open(_os.path.join(folder, name), encoding="utf-8") as file:
                    nodes.append(_json.load(file))
    nodes.sort(key=lambda n: not n["head"])
    if address and address.startswith("ray://"):
        address = None
    if address in (None, "auto", "local", ""):
        if not nodes:
            raise ConnectionError("Could not find any running Ray instance. Please specify the one to connect to by setting `--address` flag or `RAY_ADDRESS` environment "
                                  "variable. This runtime does not start a cluster by itself: run `ray start --head` first.")
        return nodes[0], nodes[0]["gcs_host"], nodes[0]["gcs_port"]
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not nodes:
        raise ConnectionError(f"No Ray node runs on this machine; a driver needs one. Run `ray start --address={address}` first.")
    return nodes[0], host, int(port)


def is_initialized():
    return _core.current() is not None


def shutdown(_exiting_interpreter=False):
    core = _core.current()
    if core is None or core.mode == "worker":
        return
    core.flush()
    _core.set_current(None)
    core.close()


def _check_started():
    core = _core.current()
    if core is None:
        raise exceptions.RaySystemError("Ray has not been started yet. Trying to use state API before ray.init() has been called.")
    return core


def remote(*args, **kwargs):
    """Makes a function or class remote: as a decorator with or without options, or called with one."""
    if len(args) == 1 and not kwargs and callable(args[0]):
        return _make_remote(args[0], {})
    if args or not kwargs:
        raise AssertionError(_REMOTE_USE + f"{sorted({*_options.TASK, *_options.ACTOR})}, for example '@ray.remote(num_returns=2, resources={{\"CustomResource\": 1}})'.")
    return lambda thing: _make_remote(thing, kwargs)


def _make_remote(thing, options):
    import inspect
    if inspect.isclass(thing):
        _options.check(options, _options.ACTOR, "actors")
        return actor.make(thing, options)
    if inspect.isfunction(thing) or (callable(thing) and hasattr(thing, "__qualname__")):
        _options.check(options, _options.TASK, "remote functions")
        return RemoteFunction(thing, options)
    raise TypeError("The @ray.remote decorator must be applied to either a function or a class.")


def get(object_refs, *, timeout=None, _tensor_transport=None):
    core = _core.require()
    if isinstance(object_refs, ObjectRef):
        return core.get([object_refs], timeout)[0]
    if hasattr(object_refs, "_ray_get"):
        return object_refs._ray_get(timeout)
    if isinstance(object_refs, ObjectRefGenerator):
        raise TypeError("Cannot call `ray.get` on an ObjectRefGenerator. Iterate it and get each reference.")
    if not isinstance(object_refs, list):
        raise ValueError(f"Invalid type of object refs, {type(object_refs)}, is given. 'object_refs' must either be an ObjectRef or a list of ObjectRefs. ")
    for ref in object_refs:
        if not isinstance(ref, ObjectRef):
            raise TypeError(f"Attempting to call `get` on the value {ref}, which is not an ray.ObjectRef.")
    return core.get(object_refs, timeout)


def put(value, *, _owner=None, _tensor_transport=None):
    core = _core.require()
    if isinstance(value, ObjectRef):
        raise TypeError("Calling 'put' on an ray.ObjectRef is not allowed. If you really want to do this, you can wrap the ray.ObjectRef in a list and call 'put' on it.")
    if _owner is not None:
        raise ValueError("The experimental `_owner` argument to `ray.put` has been removed in Ray 2.56.")
    return core.put(value)


def wait(ray_waitables, *, num_returns=1, timeout=None, fetch_local=True):
    core = _core.require()
    if isinstance(ray_waitables, (ObjectRef, ObjectRefGenerator)):
        raise TypeError("wait() expected a list of ray.ObjectRef or ray.ObjectRefGenerator, got a single ray.ObjectRef or ray.ObjectRefGenerator "
                        f"{ray_waitables}")
    if not isinstance(ray_waitables, list):
        raise TypeError(f"wait() expected a list of ray.ObjectRef or ObjectRefGenerator, got {type(ray_waitables)}")
    if timeout is not None and timeout < 0:
        raise ValueError(f"The 'timeout' argument must be nonnegative. Received {timeout}")
    for item in ray_waitables:
        if not isinstance(item, (ObjectRef, ObjectRefGenerator)):
            raise TypeError(f"wait() expected a list of ray.ObjectRef or ObjectRefGenerator, got list containing {type(item)}")
    if not ray_waitables:
        return [], []
    if len(set(ray_waitables)) != len(ray_waitables):
        raise ValueError("Wait requires a list of unique object refs.")
    if num_returns <= 0:
        raise ValueError(f"Invalid number of objects to return {num_returns}.")
    if num_returns > len(ray_waitables):
        raise ValueError("num_returns cannot be greater than the number of ray_waitables provided to ray.wait.")
    if any(isinstance(i, ObjectRefGenerator) for i in ray_waitables):
        return _wait_mixed(core, ray_waitables, num_returns, timeout)
    entries = core.wait_ready(ray_waitables, num_returns, timeout)
    ready, rest = [], []
    for item, entry in zip(ray_waitables, entries):
        (ready if entry.ready and len(ready) < num_returns else rest).append(item)
    return ready, rest


def _wait_mixed(core, items, num_returns, timeout):
    import time
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        with core.changed:
            entries = core._ask_for([i for i in items if isinstance(i, ObjectRef)])
            it = iter(entries)
            states = [next(it).ready if isinstance(i, ObjectRef) else i._available() for i in items]
            late = deadline is not None and time.monotonic() >= deadline
            if sum(states) >= num_returns or late:
                break
            core.changed.wait(0.2 if deadline is None else max(0.001, min(0.2, deadline - time.monotonic())))
    ready, rest = [], []
    for item, state in zip(items, states):
        (ready if state and len(ready) < num_returns else rest).append(item)
    return ready, rest


def cancel(ray_waitable, *, force=False, recursive=True):
    core = _core.require()
    if isinstance(ray_waitable, ObjectRefGenerator):
        ray_waitable = ray_waitable._ref
    if not isinstance(ray_waitable, ObjectRef):
        raise TypeError(f"ray.cancel() only supported for object refs. For actors, try ray.kill(). Got: {type(ray_waitable)}.")
    core.send({"t": "cancel", "id": ray_waitable.hex(), "force": int(force)})


def kill(actor, *, no_restart=True):
    core = _core.require()
    from ray.actor import ActorHandle
    if not isinstance(actor, ActorHandle):
        raise ValueError(f"ray.kill() only supported for actors. For tasks, try ray.cancel(). Got: {type(actor)}.")
    core.send({"t": "kill_actor", "actor": actor._id, "no_restart": int(no_restart)})


def get_actor(name, namespace=None):
    core = _core.require()
    if name is not None and not isinstance(name, str):
        raise TypeError(f"name must be a string, got {type(name)}.")
    if not name:
        raise ValueError("Please supply a non-empty value to get_actor")
    if namespace is not None and not isinstance(namespace, str):
        raise TypeError("namespace must be None or a string.")
    answer, _ = core.ask("actor_by_name", name=name, ns=namespace or core.namespace)
    if not answer["found"]:
        raise ValueError(f"Failed to look up actor with name '{name}'. This could because 1. You are trying to look up a named actor you didn't create. 2. The named "
                         f"actor died. 3. You did not use a namespace matching the namespace of the actor.")
    from ray.actor import ActorHandle
    return ActorHandle(answer["actor"], answer["handle"], core, True)


def nodes():
    found = _check_started().ask("nodes")[0]["nodes"]
    for node in found:
        node["Resources"] = _floats(node["Resources"])
    return found


def _floats(resources):
    return {k: float(v) for k, v in resources.items()}


def cluster_resources():
    return _floats(_check_started().ask("cluster_resources")[0]["resources"])


def available_resources():
    return _floats(_check_started().ask("available_resources")[0]["resources"])


def get_gpu_ids():
    return []


def timeline(filename=None):
    items = _check_started().ask("state", kind="tasks")[0]["items"]
    events = [{"cat": "task", "name": t["name"], "ph": "X", "ts": t["start_time_ms"] * 1000, "dur": ((t["end_time_ms"] or t["start_time_ms"]) - t["start_time_ms"]) * 1000,
               "pid": t["node_id"], "tid": t["worker_id"]} for t in items if t["start_time_ms"]]
    if filename is None:
        return events
    with open(filename, "w", encoding="utf-8") as file:
        _json.dump(events, file)


def java_function(*_):
    raise NotImplementedError("This runtime runs Python only.")

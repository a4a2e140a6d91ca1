"""The process that runs tasks, or one actor."""
import asyncio
import concurrent.futures
import ctypes
import inspect
import json
import os
import signal
import sys
import threading

_CONFIG = json.loads(os.environ.pop("_RAY_WORKER", "{}"))


class Task:
    """What is running now, as the runtime context shows it."""

    __slots__ = ("task_id", "name", "function", "actor_id", "env", "resources", "strategy", "actor", "attempt", "restarts")

    def __init__(self, h, actor=None):
        self.task_id, self.name, self.function = h["task"], h["name"], h["func"]
        self.actor_id, self.env = h.get("actor"), h.get("env") or (actor or {}).get("env") or {}
        create = actor or h
        self.resources = create.get("run_res", create.get("res", {}))
        self.strategy = create.get("strategy", {})
        self.actor = actor
        self.restarts = create.get("restarts", 0)


class Worker:
    def __init__(self):
        from ray._private import core, serialization
        self.core_module, self.serialization = core, serialization
        node = {"node_id": _CONFIG["node"], "store_dir": _CONFIG["store"], "session_dir": _CONFIG["session"], "ip": _CONFIG["ip"], "agent_port": _CONFIG["agent"]}
        self.core = core.Core("worker", _CONFIG["host"], _CONFIG["port"], node)
        self.core.worker_id = _CONFIG["worker"]
        self.core.runtime_env = _CONFIG.get("env") or {}
        self.core.on_cancel = self.cancel
        self.pid, self.ip = os.getpid(), _CONFIG["ip"]
        self.calls = {}
        self.main = threading.main_thread().ident
        self.running = None
        self.cancelled = set()
        self.instance = self.creation = None
        self.pools = {}
        self.loop = None
        self.coroutines = {}
        self.name = None

    # --- output

    def print_as(self, name):
        """Tells the node whose lines follow."""
        if name != self.name:
            self.name = name
            mark = b"\x01" + name.encode() + b"\n"
            os.write(1, mark)
            os.write(2, mark)

    def flush(self):
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                pass

    # --- cancelling

    def interrupt(self, number, frame):
        if self.running is not None and self.running in self.cancelled:
            raise KeyboardInterrupt

    def cancel(self, task_id):
        self.cancelled.add(task_id)
        coroutine = self.coroutines.get(task_id)
        if coroutine is not None:
            self.loop.call_soon_threadsafe(coroutine.cancel)
        elif self.running == task_id:
            signal.pthread_kill(self.main, signal.SIGINT)

    # --- running

    def run(self):
        self.core.start({"t": "hello", "role": "worker", "worker": _CONFIG["worker"], "pid": self.pid})
        self.core_module.set_current(self.core)
        title("ray::IDLE")
        signal.signal(signal.SIGINT, self.interrupt)
        while True:
            item = self.core.tasks.get()
            if item is None:
                self.leave()
            h, payload, refs = item
            item = None
            if h["t"] == "submit":
                self.normal(h, payload, refs)
            elif h["t"] == "create":
                self.create(h, payload, refs)
            else:
                self.dispatch(h, payload, refs)
            refs = payload = None

    def leave(self):
        """A graceful end: exit handlers run, output is flushed."""
        for pool in self.pools.values():
            pool.shutdown(wait=True)
        self.instance = None
        self.flush()
        import atexit
        atexit._run_exitfuncs()
        os._exit(0)

    def normal(self, h, payload, refs):
        self.print_as(h["name"])
        title("ray::" + h["name"])
        self.calls[h["fn"]] = used = self.calls.get(h["fn"], 0) + 1
        last = bool(h.get("max_calls")) and used >= h["max_calls"]
        self.execute(h, payload, refs, lambda: self.core.load(h["fn"]), last=last)
        title("ray::IDLE")

    def create(self, h, payload, refs):
        self.creation = h
        self.print_as(h["cls"])
        title("ray::" + h["cls"])

        def construct(*args, **kwargs):
            cls = self.core.load(h["fn"])
            if cls.__module__ == "__main__":
                cls.__module__ = h["module"]
            self.instance = instance = cls.__new__(cls)
            if cls.__init__ is not object.__init__ or args or kwargs:
                instance.__init__(*args, **kwargs)
            if cls.__repr__ is not object.__repr__:
                self.print_as(repr(instance))

        if h["async"]:
            self.loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop, daemon=True, name="ray-asyncio").start()
            self.slots = {"": asyncio.Semaphore(h["concurrency"]), **{g: asyncio.Semaphore(n) for g, n in h["groups"].items()}}
        elif h["concurrency"] > 1 or h["groups"]:
            self.pools[""] = concurrent.futures.ThreadPoolExecutor(max(1, h["concurrency"]))
            for group, size in h["groups"].items():
                self.pools[group] = concurrent.futures.ThreadPoolExecutor(size)
        self.execute(h, payload, refs, lambda: construct)

    def _loop(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def dispatch(self, h, payload, refs):
        """A call of the actor: here, in a pool's thread, or as a coroutine."""
        if self.loop is not None:
            asyncio.run_coroutine_threadsafe(self.call_async(h, payload, refs), self.loop)
        elif self.pools:
            pool = self.pools.get(h.get("group", ""), self.pools[""])
            pool.submit(self.execute, h, payload, refs, lambda: self.method(h["method"]))
        else:
            self.execute(h, payload, refs, lambda: self.method(h["method"]))

    def method(self, name):
        if name == "__ray_terminate__":
            from ray.actor import exit_actor
            return exit_actor
        if name == "__ray_ready__":
            return lambda: True
        if name == "__ray_call__":
            return lambda fn, *args, **kwargs: fn(self.instance, *args, **kwargs)
        return getattr(self.instance, name)

    async def call_async(self, h, payload, refs):
        async with self.slots.get(h.get("group", ""), self.slots[""]):
            task = Task(h, self.creation)
            token = self.core_module.running_task.set(task)
            self.coroutines[h["task"]] = asyncio.current_task()
            try:
                if refs:
                    await asyncio.gather(*[self._ready(r) for r in refs])
                args, kwargs = self.core.unpack_arguments(payload, refs)
                result = self.method(h["method"])(*args, **kwargs)
                if inspect.isasyncgen(result):
                    index = 1
                    async for value in result:
                        self.yielded(h, index, value)
                        index += 1
                    result = None
                elif inspect.isawaitable(result):
                    result = await result
                self.finish(h, result)
            except asyncio.CancelledError:
                self.fail(h, self.cancelled_error(h))
            except SystemExit as e:
                self.exit(e)
            except BaseException as e:
                self.fail(h, e)
            finally:
                self.coroutines.pop(h["task"], None)
                self.core_module.running_task.reset(token)
                self.flush()

    async def _ready(self, ref):
        try:
            await ref
        except Exception:
            pass

    def execute(self, h, payload, refs, find, last=False):
        token = self.core_module.running_task.set(Task(h, self.creation if h["t"] == "call" else None))
        on_main = threading.get_ident() == self.main
        if on_main:
            self.running = h["task"]
        try:
            try:
                if h["task"] in self.cancelled:
                    raise KeyboardInterrupt
                function = find()
                args, kwargs = self.core.unpack_arguments(payload, refs)
                result = function(*args, **kwargs)
                args = kwargs = None
                if inspect.isgenerator(result) and (h["n"] == -1 or h.get("dynamic") or h["n"] > 1):
                    result = self.drain(h, result)
                elif inspect.isawaitable(result) and h["t"] == "call":
                    result = asyncio.run(result)
                if on_main:
                    self.running = None
            finally:
                if on_main:
                    self.running = None
            self.flush()
            self.finish(h, result, last)
        except KeyboardInterrupt:
            self.flush()
            self.fail(h, self.cancelled_error(h), last)
        except SystemExit as e:
            self.exit(e)
        except BaseException as e:
            self.flush()
            self.fail(h, e, last)
        finally:
            self.core_module.running_task.reset(token)
            self.cancelled.discard(h["task"])

    def cancelled_error(self, h):
        from ray import exceptions
        return exceptions.TaskCancelledError(h["task"])

    def drain(self, h, generator):
        if h.get("dynamic"):
            from ray.remote_function import DynamicObjectRefGenerator
            return DynamicObjectRefGenerator([self.core.put(v) for v in generator])
        if h["n"] > 1:
            return list(generator)
        for index, value in enumerate(generator, 1):
            self.yielded(h, index, value)
        return None

    def yielded(self, h, index, value):
        packed = self.serialization.dumps(value)
        object_id = h["task"] + (index + 1).to_bytes(4, "little").hex()
        header = {"t": "yield", "task": h["task"], "id": object_id, "size": packed.size, "refs": packed.refs}
        if packed.size > self.serialization.INLINE_LIMIT:
            self.core.write(object_id, packed)
            self.core.send({**header, "stored": 1})
        else:
            self.core.send(header, packed.joined())

    def finish(self, h, result, last=False):
        n = h["n"]
        if n <= 1:
            values = [result if n == 1 else None]
        else:
            count = len(result)
            if count != n:
                raise ValueError(f"Task returned {count} objects, but num_returns={n}.")
            values = list(result)
        self.done(h, [self.serialization.dumps(v) for v in values], {}, last)

    def fail(self, h, error, last=False):
        from ray import exceptions
        actor = h.get("actor")
        shown = None
        if actor:
            try:
                shown = repr(self.instance) if self.instance is not None else None
            except Exception:
                shown = f"<{self.creation['cls']}>"
        name = h["name"]
        made = exceptions.task_error(error, name, self.pid, self.ip, actor, shown)
        try:
            packed = self.serialization.dumps(made)
            self.serialization.loads(packed.joined())
        except Exception:
            made.cause = exceptions.UnserializableException(str(type(error)))
            made.args = made.args[:2]
            made = exceptions.RayTaskError(made.function_name, made.traceback_str, None, pid=made.pid, ip=made.ip)
            packed = self.serialization.dumps(made)
        header = {"err": 1, "error": str(made)}
        if h.get("retry") and not isinstance(error, exceptions.TaskCancelledError) and self.may_retry(h, error):
            header["retry"] = 1
        self.done(h, [packed] * max(1, h["n"]), header, last, errors=True)

    def may_retry(self, h, error):
        if not h.get("retry_types"):
            return True
        cause = getattr(error, "cause", error)
        return isinstance(cause, tuple(self.core.load(h["retry_types"])))

    def done(self, h, packed, header, last, errors=False):
        results, parts = [], []
        for index, value in enumerate(packed):
            meta = {"size": value.size, "refs": value.refs}
            if errors:
                meta["err"] = 1
            if value.size > self.serialization.INLINE_LIMIT:
                self.core.write(h["task"] + (index + 1).to_bytes(4, "little").hex(), value)
                meta.update(stored=1, len=0)
            else:
                meta["len"] = value.size
                parts.extend(value.parts)
            results.append(meta)
        header.update(t="done", task=h["task"], results=results)
        if last:
            header["last"] = 1
        self.core.send(header, *parts)

    def exit(self, error):
        """SystemExit ends the process; in an actor that is a wish, not an accident."""
        self.flush()
        if self.creation is not None:
            from ray.actor import ActorExit
            code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
            detail = f"Worker exits by an user request. Worker exits with an exit code {code}." + (" exit_actor() is called." if isinstance(error, ActorExit) else " The process called sys.exit().")
            self.core.send({"t": "exiting", "detail": detail})
            import atexit
            atexit._run_exitfuncs()
        os._exit(0 if error.code is None else error.code if isinstance(error.code, int) else 1)


def title(text):
    """The name that ps and top show."""
    try:
        ctypes.CDLL(None).prctl(15, text.encode()[:15], 0, 0, 0)
    except (OSError, AttributeError):
        pass


def end_with_node():
    """Standard input is a pipe from the node's process: its end is ours."""
    pipe = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)

    def watch():
        while os.read(pipe, 1):
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main():
    end_with_node()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(1))
    here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sys.path[:] = [p for p in sys.path if p not in ("", os.getcwd())] if os.getcwd() not in _CONFIG["paths"] else sys.path
    if here not in sys.path:
        sys.path.append(here)
    for path in reversed(_CONFIG["paths"]):
        if path not in sys.path:
            sys.path.insert(0, path)
    sys.argv = ["default_worker.py"]
    Worker().run()


if __name__ == "__main__":
    # Functions of the driver's __main__ see a __main__ here too, not this file's names.
    from ray._private import worker_main
    worker_main._CONFIG = _CONFIG
    worker_main.main()

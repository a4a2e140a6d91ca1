"""What driver and worker have in common: the connection to the head, the table of objects, submitting and getting."""
import collections
import concurrent.futures
import contextvars
import hashlib
import itertools
import os
import queue
import sys
import threading
import time
import urllib.request

from ray import exceptions
from ray._private import authentication, serialization
from ray._private.ids import ObjectRef
from ray._private.wire import Channel

# The task a thread or coroutine runs; None in the driver.
running_task = contextvars.ContextVar("ray_running_task", default=None)
_current = None


def current():
    return _current


def require():
    """The connection of this process; connects when there is none yet, as the first use of the API does."""
    if _current is None:
        import ray
        ray.init()
    return _current


def set_current(core):
    global _current
    _current = core


class Entry:
    __slots__ = ("ready", "data", "places", "failure", "error", "count", "asked", "callbacks", "size")

    def __init__(self):
        self.ready = self.asked = self.error = False
        self.data = self.places = self.failure = None
        self.count = 0
        self.size = 0
        self.callbacks = []


class Core:
    def __init__(self, mode, host, port, node):
        self.mode, self.node = mode, node
        self.gcs_host, self.gcs_port = host, port
        self.channel = Channel(host, port, timeout=10)
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.table = {}
        self.dropped = collections.deque()
        self.generators = {}
        self.requests = {}
        self.numbers = itertools.count(1)
        self.exported = set()
        self.functions = {}
        self.job_id = self.namespace = ""
        self.runtime_env = {}
        self.worker_id = os.urandom(28).hex()
        self.closed = False
        self.pool = concurrent.futures.ThreadPoolExecutor(4, thread_name_prefix="ray-get")
        self.tasks = queue.SimpleQueue()
        self.on_cancel = None
        self.printer = None
        self.gcs_address = f"{host}:{port}"
        self.dashboard = ""
        self.session = ""

    def start(self, hello):
        given = authentication.token()
        if given:
            hello["token"] = given
        self.channel.send(hello)
        first = self.channel.receive()
        if first is not None and first[0].get("t") == "denied":
            raise authentication.refused()
        if first is None or first[0].get("t") != "hello":
            raise ConnectionError(f"Failed to connect to Ray cluster at {self.gcs_address}")
        h = first[0]
        self.job_id, self.namespace = h.get("job", ""), h.get("namespace", "")
        self.gcs_address, self.dashboard, self.session = h["gcs"], h["dashboard"], h["session"]
        threading.Thread(target=self._read, daemon=True, name="ray-reader").start()
        threading.Thread(target=self._sweep, daemon=True, name="ray-sweep").start()

    # --- receiving

    def _read(self):
        while True:
            message = self.channel.receive()
            if message is None:
                break
            header, payload = message
            kind = header["t"]
            if kind == "obj":
                self._object(header, payload)
            elif kind in ("submit", "create", "call"):
                self.tasks.put((header, payload, [ObjectRef(bytes.fromhex(i), self) for i in header.get("deps", ())]))
            elif kind == "reply":
                waiting = self.requests.pop(header["i"], None)
                if waiting is not None:
                    waiting.set_result((header, payload))
            elif kind == "gen":
                self._generated(header)
            elif kind == "log":
                if self.printer is not None:
                    self.printer.log(header)
            elif kind == "notice":
                print(f"\x1b[33m(raylet)\x1b[0m {header['text']}", flush=True)
            elif kind == "cancel":
                if self.on_cancel is not None:
                    self.on_cancel(header["task"])
            elif kind == "exit":
                if self.mode == "worker":
                    if header.get("graceful"):
                        self.tasks.put(None)
                        continue
                    os._exit(0)
        self._lost()

    def _lost(self):
        if self.closed:
            return
        if self.mode == "worker":
            os._exit(1)
        self.closed = True
        with self.changed:
            for entry in self.table.values():
                if not entry.ready:
                    entry.failure = {"kind": "RaySystemError", "text": "The connection to the head of the cluster was lost."}
                    self._settle(entry)
            self.changed.notify_all()
        for waiting in list(self.requests.values()):
            waiting.set_exception(ConnectionError("The connection to the head of the cluster was lost."))

    def _object(self, header, payload):
        with self.changed:
            entry = self.table.get(header["id"])
            if entry is None:
                if not header.get("dep"):
                    return
                entry = self.table[header["id"]] = Entry()
                # The head pins what it sends along; the reference made next says so to nobody.
                self.channel.send({"t": "addref", "ids": [header["id"]]})
            if entry.ready:
                return
            entry.failure = header.get("fail")
            entry.error = bool(header.get("err"))
            entry.places = header.get("at")
            entry.size = header.get("size", len(payload))
            if entry.places is None:
                entry.data = payload
            self._settle(entry)
            self.changed.notify_all()

    def _settle(self, entry):
        entry.ready = True
        callbacks, entry.callbacks = entry.callbacks, []
        for callback in callbacks:
            self.pool.submit(callback)

    def _generated(self, header):
        stream = self.generators.get(header["task"])
        if stream is not None:
            stream._receive(None if header.get("end") else ObjectRef(bytes.fromhex(header["id"]), self))

    # --- references

    def add_reference(self, object_id, known=False):
        with self.lock:
            entry = self.table.get(object_id)
            if entry is None:
                entry = self.table[object_id] = Entry()
                if not known and not self.closed:
                    self.channel.send({"t": "addref", "ids": [object_id]})
            entry.count += 1
            return entry

    def flush(self):
        """Tells the head which references are gone. Collected first: destructors run anywhere, also under the lock."""
        if not self.dropped:
            return
        gone = []
        with self.lock:
            while self.dropped:
                object_id = self.dropped.popleft()
                entry = self.table.get(object_id)
                if entry is None:
                    continue
                entry.count -= 1
                if entry.count <= 0:
                    del self.table[object_id]
                    gone.append(object_id)
            if gone and not self.closed:
                try:
                    self.channel.send({"t": "release", "ids": gone})
                except OSError:
                    pass

    def _sweep(self):
        while not self.closed:
            time.sleep(0.2)
            self.flush()

    # --- requests

    def ask(self, method, payload=b"", timeout=None, **fields):
        return self.request({"t": "rpc", "m": method, **fields}, payload).result(timeout)

    def request(self, header, payload=b""):
        future = concurrent.futures.Future()
        header["i"] = number = next(self.numbers)
        self.requests[number] = future
        self.send(header, payload)
        return future

    def send(self, header, *payload):
        if self.closed:
            raise exceptions.RaySystemError("The connection to the cluster is closed.")
        try:
            self.channel.send(header, *payload)
        except OSError as e:
            raise exceptions.RaySystemError(f"The connection to the head of the cluster was lost: {e}") from None

    # --- objects

    def put(self, value):
        object_id = (os.urandom(20) + bytes.fromhex(self.job_id) + (1).to_bytes(4, "little")).hex()
        ref = ObjectRef(bytes.fromhex(object_id), self, True)
        self.store(object_id, serialization.dumps(value))
        return ref

    def store(self, object_id, packed):
        header = {"t": "put", "id": object_id, "size": packed.size, "refs": packed.refs, "node": self.node["node_id"]}
        with self.lock:
            entry = self.table[object_id]
            entry.asked = True
        if packed.size <= serialization.INLINE_LIMIT:
            data = packed.joined()
            self.send(header, data)
        else:
            self.write(object_id, packed)
            header["stored"] = 1
            self.send(header)
            data = None
        with self.changed:
            entry.data = data
            entry.places = None if data is not None else [self.here()]
            entry.size = packed.size
            self._settle(entry)
            self.changed.notify_all()

    def write(self, object_id, packed):
        serialization.write_file(self.node["store_dir"], os.path.join(self.node["session_dir"], "objects"), object_id, packed)

    def here(self):
        return {"node": self.node["node_id"], "dir": self.node["store_dir"], "ip": self.node["ip"], "port": self.node["agent_port"]}

    def bytes_of(self, object_id, entry):
        if entry.data is None:
            entry.data = self._fetch(object_id, entry)
        return entry.data

    def _fetch(self, object_id, entry):
        for place in entry.places:
            path = os.path.join(place["dir"], object_id)
            if os.path.exists(path):
                return serialization.map_file(path)
        problem = None
        for place in entry.places:
            path = os.path.join(self.node["store_dir"], object_id)
            temporary = f"{path}.{os.getpid()}"
            request = urllib.request.Request(f"http://{place['ip']}:{place['port']}/objects/{object_id}")
            if token := authentication.token():
                request.add_header("Authorization", f"Bearer {token}")
            try:
                with urllib.request.urlopen(request, timeout=60) as answer, open(temporary, "wb") as out:
                    while chunk := answer.read(1 << 20):
                        out.write(chunk)
                os.rename(temporary, path)
                self.send({"t": "located", "id": object_id})
                return serialization.map_file(path)
            except OSError as e:
                problem = e
        raise exceptions.ObjectLostError(object_id) from problem

    def value(self, object_id, entry):
        """The value, or the exception it stands for (second item true)."""
        if entry.failure is not None:
            return exceptions.from_failure(entry.failure), True
        try:
            value = serialization.loads(self.bytes_of(object_id, entry))
        except exceptions.ObjectLostError as e:
            return e, True
        if entry.error:
            if isinstance(value, exceptions.RayTaskError):
                value = value.as_instanceof_cause()
            return value, True
        return value, False

    def _ask_for(self, refs):
        """Entries of the references; under the lock."""
        entries, wanted = [], []
        for ref in refs:
            object_id = ref.hex()
            entry = self.table.get(object_id)
            if entry is None:
                raise ValueError(f"The reference {object_id} belongs to another connection to Ray; its object is unknown here.")
            if not entry.ready and not entry.asked:
                entry.asked = True
                wanted.append(object_id)
            entries.append(entry)
        if wanted:
            self.send({"t": "sub", "ids": wanted})
        return entries

    def wait_ready(self, refs, count, timeout):
        """Waits until `count` of the references are ready; the entries."""
        self.flush()
        deadline = None if timeout is None else time.monotonic() + timeout
        with self.changed:
            entries = self._ask_for(refs)
            if sum(e.ready for e in entries) >= count:
                return entries
            if timeout == 0:
                # What is there already may be on its way: ask once, give it a moment.
                deadline = time.monotonic() + 0.1
            blocked = self.mode == "worker" and running_task.get() is not None
            if blocked:
                self.send({"t": "blocked"})
            try:
                while sum(e.ready for e in entries) < count:
                    rest = None if deadline is None else deadline - time.monotonic()
                    if rest is not None and rest <= 0:
                        break
                    # A bounded wait lets signals in.
                    self.changed.wait(min(rest, 1.0) if rest is not None else 1.0)
            finally:
                if blocked:
                    self.send({"t": "unblocked"})
            return entries

    def get(self, refs, timeout=None):
        entries = self.wait_ready(refs, len(refs), timeout)
        if not all(e.ready for e in entries):
            for ref, entry in zip(refs, entries):
                if entry.ready:
                    value, failed = self.value(ref.hex(), entry)
                    if failed:
                        raise value
            raise exceptions.GetTimeoutError("Get timed out: some object(s) not ready.")
        values = []
        for ref, entry in zip(refs, entries):
            value, failed = self.value(ref.hex(), entry)
            if failed:
                raise value
            values.append(value)
        return values

    def future(self, ref):
        future = concurrent.futures.Future()

        def deliver(ref=ref):
            try:
                value, failed = self.value(ref.hex(), entry)
                if failed:
                    future.set_exception(value)
                else:
                    future.set_result(value)
            except concurrent.futures.InvalidStateError:
                pass
            except BaseException as e:
                future.set_exception(e)

        with self.lock:
            entry = self._ask_for([ref])[0]
            if entry.ready:
                self.pool.submit(deliver)
            else:
                entry.callbacks.append(deliver)
        return future

    # --- functions and classes

    def export(self, thing, described):
        """Makes a function or class known to workers; its key."""
        try:
            body = serialization.cloudpickle.dumps(thing)
        except Exception as e:
            raise TypeError(f"Could not serialize {described}:\n{'=' * 80}\n{e}") from e
        key = f"fn:{self.job_id}:{hashlib.sha1(body).hexdigest()}"
        if key not in self.exported:
            self.exported.add(key)
            self.send({"t": "rpc", "m": "kv_put", "key": key, "i": 0}, body)
        return key

    def load(self, key):
        thing = self.functions.get(key)
        if thing is None:
            header, body = self.ask("kv_get", key=key)
            if not header["found"]:
                raise exceptions.RaySystemError(f"The function {key} is not known to the cluster any more.")
            thing = self.functions[key] = serialization.cloudpickle.loads(body)
        return thing

    def pack_arguments(self, args, kwargs):
        """The bytes of a call's arguments and what they refer to: (payload, dependencies, references, kept alive)."""
        deps, kept = [], []

        def place(value):
            if isinstance(value, ObjectRef):
                deps.append(value.hex())
                kept.append(value)
                return Dependency(len(deps) - 1)
            return value

        if args or kwargs:
            packed = serialization.dumps(([place(a) for a in args], {k: place(v) for k, v in kwargs.items()}))
        else:
            return b"", deps, [], kept
        if packed.size > serialization.INLINE_LIMIT:
            object_id = (os.urandom(20) + bytes.fromhex(self.job_id) + (1).to_bytes(4, "little")).hex()
            ref = ObjectRef(bytes.fromhex(object_id), self, True)
            self.store(object_id, packed)
            deps.append(object_id)
            kept.append(ref)
            return b"L", deps, packed.refs, kept
        return b"I" + packed.joined(), deps, packed.refs, kept

    def unpack_arguments(self, payload, refs):
        if not payload and not refs:
            return (), {}
        self._have(refs)
        values = [self.table[r.hex()] for r in refs]
        if payload[:1] == b"L":
            entry = values[-1]
            args, kwargs = serialization.loads(self.bytes_of(refs[-1].hex(), entry))
        else:
            args, kwargs = serialization.loads(memoryview(payload)[1:])

        def fill(value):
            if type(value) is Dependency:
                got, failed = self.value(refs[value.index].hex(), values[value.index])
                if failed:
                    raise got
                return got
            return value

        return [fill(a) for a in args], {k: fill(v) for k, v in kwargs.items()}

    def _have(self, refs):
        if refs:
            self.wait_ready(refs, len(refs), None)

    def submitted(self, task_id, returns):
        """References to a task's results, known to the head by the submission itself."""
        made = []
        for index in range(returns):
            ref = ObjectRef(bytes.fromhex(task_id) + (index + 1).to_bytes(4, "little"), self, True)
            self.table[ref.hex()].asked = True
            made.append(ref)
        return made

    def close(self):
        self.closed = True
        self.channel.close()


class Dependency:
    """Stands in a call's arguments for the value of a reference."""

    __slots__ = ("index",)

    def __init__(self, index):
        self.index = index

    def __reduce__(self):
        return Dependency, (self.index,)


def new_task_id(job_id, actor_id=None):
    return os.urandom(8).hex() + (actor_id or "ff" * 12 + job_id)


class LogPrinter:
    """Shows in the driver what workers print; holds back what several print alike."""

    WINDOW = 5.0

    def __init__(self, ip, node_id):
        self.node_id = node_id
        self.seen = {}
        self.dedup = os.environ.get("RAY_DEDUP_LOGS", "1") != "0"
        self.color = os.environ.get("RAY_COLOR_PREFIX", "")
        self.hinted = False
        self.lock = threading.Lock()

    def log(self, h):
        out = sys.stderr if h["err"] else sys.stdout
        name = h["name"]
        where = f"{name} " if name else ""
        prefix = f"({where}pid={h['pid']}" + (")" if h["node"] == self.node_id else f", ip={h['ip']})")
        for line in h["lines"]:
            if self.dedup and line.strip():
                key = (h["err"], _without_numbers(line))
                with self.lock:
                    known = self.seen.get(key)
                    now = time.monotonic()
                    if known is not None and now - known[0] < self.WINDOW and known[1] != h["pid"]:
                        known[2] += 1
                        known[3] = (out, prefix, line)
                        if known[2] == 1:
                            timer = threading.Timer(self.WINDOW, self._repeat, (key,))
                            timer.daemon = True
                            timer.start()
                        continue
                    if known is None or known[2] == 0:
                        self.seen[key] = [now, h["pid"], 0, None]
            self._print(out, prefix, line)

    def _repeat(self, key):
        with self.lock:
            known = self.seen.pop(key, None)
        if known is None or known[2] == 0:
            return
        out, prefix, line = known[3]
        if known[2] > 1:
            line += f"\x1b[32m [repeated {known[2]}x across cluster]\x1b[0m"
            if not self.hinted:
                self.hinted = True
                line += (" (Ray deduplicates logs by default. Set RAY_DEDUP_LOGS=0 to disable log deduplication, or see "
                         "https://docs.ray.io/en/master/ray-observability/user-guides/configure-logging.html#log-deduplication for more options.)")
        self._print(out, prefix, line)

    def _print(self, out, prefix, line):
        shown = prefix if self.color == "0" else f"\x1b[36m{prefix}\x1b[0m"
        try:
            print(f"{shown} {line}", file=out, flush=True)
        except (OSError, ValueError):
            pass


def _without_numbers(line):
    return "".join(c for c in line if not c.isdigit())


def entrypoint():
    """The driver's command line, as the list of jobs shows it."""
    if not sys.argv or sys.argv[0] == "-c":
        return " ".join([os.path.basename(sys.executable), "-c"])
    try:
        with open("/proc/self/cmdline", "rb") as file:
            words = file.read().rstrip(b"\0").decode().split("\0")
        return " ".join([os.path.basename(words[0]), *words[1:]])
    except OSError:
        return " ".join(["python3", *sys.argv])



"""multiprocessing.Pool on actors."""
import itertools

import ray


class _Runner:
    def __init__(self, initializer, initargs):
        if initializer:
            initializer(*initargs)

    def run(self, fn, chunk, star):
        return [fn(*item[0], **item[1]) if star == "call" else fn(*item) if star else fn(item) for item in chunk]


class AsyncResult:
    def __init__(self, refs, single, callback=None, error_callback=None):
        self._refs, self._single = refs, single
        if callback or error_callback:
            import threading
            threading.Thread(target=self._call, args=(callback, error_callback), daemon=True).start()

    def _call(self, callback, error_callback):
        try:
            value = self.get()
        except Exception as e:
            if error_callback:
                error_callback(e)
            return
        if callback:
            callback(value)

    def get(self, timeout=None):
        try:
            parts = ray.get(self._refs, timeout=timeout)
        except ray.exceptions.RayTaskError as e:
            raise e.cause if isinstance(e.cause, Exception) else e
        except ray.exceptions.GetTimeoutError:
            import multiprocessing
            raise multiprocessing.TimeoutError from None
        values = list(itertools.chain.from_iterable(parts))
        return values[0] if self._single else values

    def wait(self, timeout=None):
        ray.wait(self._refs, num_returns=len(self._refs), timeout=timeout)

    def ready(self):
        return len(ray.wait(self._refs, num_returns=len(self._refs), timeout=0)[0]) == len(self._refs)

    def successful(self):
        if not self.ready():
            raise ValueError("not ready")
        try:
            self.get()
            return True
        except Exception:
            return False


class Pool:
    def __init__(self, processes=None, initializer=None, initargs=None, maxtasksperchild=None, context=None, ray_address=None, ray_remote_args=None):
        if not ray.is_initialized():
            ray.init(ray_address)
        count = processes or int(ray.cluster_resources().get("CPU", 1))
        self._actors = [ray.remote(_Runner).options(**(ray_remote_args or {"num_cpus": 0})).remote(initializer, initargs or ()) for _ in range(count)]
        self._next = itertools.cycle(self._actors)
        self._closed = False

    def _check(self):
        if self._closed:
            raise ValueError("Pool not running")

    def _chunks(self, items, chunksize):
        items = list(items)
        size = chunksize or max(1, -(-len(items) // (4 * len(self._actors))))
        return [items[i:i + size] for i in range(0, len(items), size)]

    def _submit(self, fn, items, chunksize, star):
        self._check()
        return [next(self._next).run.remote(fn, chunk, star) for chunk in self._chunks(items, chunksize)]

    def apply(self, func, args=None, kwargs=None):
        return self.apply_async(func, args, kwargs).get()

    def apply_async(self, func, args=None, kwargs=None, callback=None, error_callback=None):
        return AsyncResult(self._submit(func, [(args or (), kwargs or {})], 1, "call"), True, callback, error_callback)

    def map(self, func, iterable, chunksize=None):
        return self.map_async(func, iterable, chunksize).get()

    def map_async(self, func, iterable, chunksize=None, callback=None, error_callback=None):
        return AsyncResult(self._submit(func, iterable, chunksize, False), False, callback, error_callback)

    def starmap(self, func, iterable, chunksize=None):
        return self.starmap_async(func, iterable, chunksize).get()

    def starmap_async(self, func, iterable, chunksize=None, callback=None, error_callback=None):
        return AsyncResult(self._submit(func, iterable, chunksize, True), False, callback, error_callback)

    def imap(self, func, iterable, chunksize=1):
        for ref in self._submit(func, iterable, chunksize, False):
            yield from AsyncResult([ref], False).get()

    def imap_unordered(self, func, iterable, chunksize=1):
        rest = self._submit(func, iterable, chunksize, False)
        while rest:
            ready, rest = ray.wait(rest)
            yield from AsyncResult(ready, False).get()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.terminate()

    def close(self):
        self._closed = True

    def terminate(self):
        self._closed = True
        for actor in self._actors:
            ray.kill(actor)

    def join(self):
        if not self._closed:
            raise ValueError("Pool is still running")


TimeoutError = __import__("multiprocessing").TimeoutError

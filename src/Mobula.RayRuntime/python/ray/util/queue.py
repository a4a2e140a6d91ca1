"""A first-in first-out queue that tasks and actors share."""
import asyncio
import queue

import ray


class Empty(queue.Empty):
    pass


class Full(queue.Full):
    pass


class Queue:
    def __init__(self, maxsize=0, actor_options=None):
        self.maxsize = maxsize
        options = {"max_concurrency": 1000, **(actor_options or {})}
        self.actor = ray.remote(_QueueActor).options(**options).remote(maxsize)

    def __len__(self):
        return self.size()

    def size(self):
        return ray.get(self.actor.qsize.remote())

    def qsize(self):
        return self.size()

    def empty(self):
        return ray.get(self.actor.empty.remote())

    def full(self):
        return ray.get(self.actor.full.remote())

    def put(self, item, block=True, timeout=None):
        if not block:
            return _plain(self.actor.put_nowait.remote(item))
        if timeout is not None and timeout < 0:
            raise ValueError("'timeout' must be a non-negative number")
        if not ray.get(self.actor.put.remote(item, timeout)):
            raise Full
        return None

    def get(self, block=True, timeout=None):
        if not block:
            return _plain(self.actor.get_nowait.remote())
        if timeout is not None and timeout < 0:
            raise ValueError("'timeout' must be a non-negative number")
        got = ray.get(self.actor.get.remote(timeout))
        if got is None:
            raise Empty
        return got[0]

    async def put_async(self, item, block=True, timeout=None):
        if not block:
            return _single(await self.actor.put_nowait.remote(item))
        if not await self.actor.put.remote(item, timeout):
            raise Full
        return None

    async def get_async(self, block=True, timeout=None):
        if not block:
            return _single(await self.actor.get_nowait.remote())
        got = await self.actor.get.remote(timeout)
        if got is None:
            raise Empty
        return got[0]

    def put_nowait(self, item):
        return self.put(item, block=False)

    def get_nowait(self):
        return self.get(block=False)

    def put_nowait_batch(self, items):
        ray.get(self.actor.put_nowait_batch.remote(list(items)))

    def get_nowait_batch(self, num_items):
        if not isinstance(num_items, int):
            raise TypeError("Argument 'num_items' must be an int")
        if num_items < 0:
            raise ValueError("'num_items' must be nonnegative")
        return ray.get(self.actor.get_nowait_batch.remote(num_items))

    def shutdown(self, force=False, grace_period_s=5):
        if self.actor is not None:
            ray.kill(self.actor)
        self.actor = None


def _plain(ref):
    return _single(ray.get(ref))


def _single(answer):
    kind, value = answer
    if kind == "full":
        raise Full
    if kind == "empty":
        raise Empty
    return value


class _QueueActor:
    def __init__(self, maxsize):
        self.maxsize = maxsize
        self.queue = asyncio.Queue(maxsize)

    def qsize(self):
        return self.queue.qsize()

    def empty(self):
        return self.queue.empty()

    def full(self):
        return self.queue.full()

    async def put(self, item, timeout=None):
        try:
            await asyncio.wait_for(self.queue.put(item), timeout)
            return True
        except asyncio.TimeoutError:
            return False

    async def get(self, timeout=None):
        try:
            return (await asyncio.wait_for(self.queue.get(), timeout),)
        except asyncio.TimeoutError:
            return None

    def put_nowait(self, item):
        try:
            self.queue.put_nowait(item)
            return "ok", None
        except asyncio.QueueFull:
            return "full", None

    def get_nowait(self):
        try:
            return "ok", self.queue.get_nowait()
        except asyncio.QueueEmpty:
            return "empty", None

    def put_nowait_batch(self, items):
        if self.maxsize > 0 and len(items) + self.qsize() > self.maxsize:
            raise Full(f"Cannot add {len(items)} items to queue of size {self.qsize()} and maxsize {self.maxsize}.")
        for item in items:
            self.queue.put_nowait(item)

    def get_nowait_batch(self, num_items):
        if num_items > self.qsize():
            raise Empty(f"Cannot get {num_items} items from queue of size {self.qsize()}.")
        return [self.queue.get_nowait() for _ in range(num_items)]

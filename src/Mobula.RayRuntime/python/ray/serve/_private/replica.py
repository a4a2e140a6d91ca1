"""One replica of a deployment: the user's object, calls of it, and for an application's way in an HTTP server."""
import asyncio
import concurrent.futures
import inspect
import os
import socket
import time

from ray._private import core as _core
from ray.serve import context
from ray.serve._private.build import build
from ray.serve._private.http import as_asgi


class Replica:
    """The actor around the user's class or function."""

    def __init__(self, app_name, deployment, tag, threads):
        self.names = (app_name, deployment, tag)
        self.callable = None
        self.threads = concurrent.futures.ThreadPoolExecutor(max(1, threads), thread_name_prefix="serve")
        self.server = None
        self.ongoing = 0
        self.gone = None

    async def begin(self, import_path, app_args, user_config, route_prefix):
        """Constructs the user's object, configures it, and listens when requests come here; where it is and what it is."""
        app_name, deployment, tag = self.names
        context.replica = context.ReplicaContext(app_name, deployment, tag)
        # Imported, not pickled: what a module holds need not be picklable.
        entry = next(d for d in await self.in_thread(build, app_name, import_path, app_args) if d["name"] == deployment)
        target, args, kwargs = entry["target"], entry["args"], entry["kwargs"]
        if inspect.isclass(target):
            # A constructor may take its time: not in the event loop.
            self.callable = await self.in_thread(target, *args, **kwargs)
        else:
            self.callable = target
        context.replica.servable_object = self.callable
        await self.reconfigure(user_config)
        core = _core.require()
        known = {"pid": os.getpid(), "node_id": core.node["node_id"], "node_ip": core.node["ip"], "worker_id": core.worker_id, "start_time_s": time.time(), "port": 0}
        if route_prefix is not None:
            known["port"] = await self.listen(route_prefix)
        return known

    async def listen(self, route_prefix):
        import uvicorn
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("0.0.0.0", 0))
        app = as_asgi(self, route_prefix)
        # The proxies keep connections open: they, not the replica, decide when one is no longer of use.
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="on", timeout_keep_alive=3600, root_path="")
        self.server = uvicorn.Server(config)
        serving = asyncio.get_running_loop().create_task(self.server.serve(sockets=[listener]))
        while not self.server.started:
            if serving.done():
                raise RuntimeError("The application's start-up handler failed.")
            await asyncio.sleep(0.005)
        return listener.getsockname()[1]

    async def reconfigure(self, user_config):
        if user_config is None:
            return
        method = getattr(self.callable, "reconfigure", None)
        if method is None:
            from ray.serve.context import RayServeException
            raise RayServeException(f"user_config specified but deployment {self.names[1]} missing reconfigure method")
        await self.run(method, user_config)

    async def check_health(self):
        method = getattr(self.callable, "check_health", None)
        if method is not None:
            await self.run(method)
        return True

    async def wait_for_end(self):
        """Never answered: its failing tells that the replica died."""
        self.gone = asyncio.get_running_loop().create_future()
        await self.gone

    async def call(self, method, *args, **kwargs):
        self.ongoing += 1
        try:
            return await self.run(self.method(method), *args, **kwargs)
        finally:
            self.ongoing -= 1

    async def stream(self, method, *args, **kwargs):
        self.ongoing += 1
        try:
            result = self.method(method)(*args, **kwargs)
            if inspect.isawaitable(result):
                result = await result
            if hasattr(result, "__aiter__"):
                async for item in result:
                    yield item
            else:
                for item in result:
                    yield item
        finally:
            self.ongoing -= 1

    async def drain(self, poll, limit):
        """Waits until nothing is under way any more, then lets the user's object clean up."""
        deadline = time.monotonic() + limit
        while self.ongoing and time.monotonic() < deadline:
            await asyncio.sleep(min(poll, 0.05))
        if self.server is not None:
            self.server.should_exit = True
        for name in ("__serve_shutdown__", "__del__"):
            method = getattr(self.callable, name, None)
            if method is not None:
                await self.run(method)
                break
        return True

    def method(self, name):
        if name == "__call__" and not inspect.isclass(self.callable) and callable(self.callable):
            return self.callable
        return getattr(self.callable, name)

    async def run(self, function, *args, **kwargs):
        """Coroutines here, plain functions in a thread, so that one that waits holds up nobody."""
        target = function if inspect.isfunction(function) or inspect.ismethod(function) else getattr(function, "__call__", function)
        if inspect.iscoroutinefunction(target) or inspect.iscoroutinefunction(function):
            return await function(*args, **kwargs)
        if inspect.isgeneratorfunction(target) or inspect.isasyncgenfunction(target):
            return function(*args, **kwargs)
        result = await self.in_thread(function, *args, **kwargs)
        return await result if inspect.isawaitable(result) else result

    async def in_thread(self, function, *args, **kwargs):
        import contextvars
        import functools
        here = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self.threads, functools.partial(here.run, function, *args, **kwargs))

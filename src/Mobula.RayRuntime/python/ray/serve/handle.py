"""Calls from one deployment to another, and from drivers."""
import json
import random
import time

from ray import exceptions
from ray._private import core as _core

NAMESPACE = "serve"
_FRESH = 1.0


def replicas_key(app, deployment):
    return f"serve:replicas:{app}#{deployment}"


def ingress_of(app):
    header, body = _core.require().ask("kv_get", key=f"serve:ingress:{app}")
    if not header["found"]:
        from ray.serve.context import RayServeException
        raise RayServeException(f"Application '{app}' does not exist.")
    return body.decode()


class DeploymentResponse:
    """A result on its way: awaited in deployments, `.result()` elsewhere; an argument of other calls as it is."""

    def __init__(self, ref):
        self._ref = ref

    def __await__(self):
        return self._ref.__await__()

    def result(self, *, timeout_s=None, _skip_asyncio_check=False):
        try:
            return _core.require().get([self._ref], timeout_s)[0]
        except exceptions.GetTimeoutError:
            raise TimeoutError("Timed out waiting for result.") from None

    def cancel(self):
        import ray
        ray.cancel(self._ref)

    def _to_object_ref_sync(self):
        return self._ref

    async def _to_object_ref(self):
        return self._ref


class DeploymentResponseGenerator:
    """The items of a streaming call."""

    def __init__(self, generator):
        self._generator = generator

    def __iter__(self):
        return self

    def __next__(self):
        return _core.require().get([next(self._generator)])[0]

    def __aiter__(self):
        return self

    async def __anext__(self):
        return await (await self._generator.__anext__())

    def cancel(self):
        import ray
        ray.cancel(self._generator)


class DeploymentHandle:
    def __init__(self, deployment_name, app_name, method="__call__", stream=False):
        self.deployment_name, self.app_name = deployment_name, app_name
        self._method, self._stream = method, stream
        self._known, self._at = [], 0.0

    @property
    def deployment_id(self):
        return f"{self.app_name}#{self.deployment_name}"

    def options(self, *, method_name=None, stream=None, **other):
        return DeploymentHandle(self.deployment_name, self.app_name, method_name or self._method, self._stream if stream is None else stream)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return DeploymentHandle(self.deployment_name, self.app_name, name, self._stream)

    def remote(self, *args, **kwargs):
        args = [a._ref if isinstance(a, DeploymentResponse) else a for a in args]
        kwargs = {k: v._ref if isinstance(v, DeploymentResponse) else v for k, v in kwargs.items()}
        replica = self._choose()
        if self._stream:
            return DeploymentResponseGenerator(replica.stream.options(num_returns="streaming").remote(self._method, *args, **kwargs))
        return DeploymentResponse(replica.call.remote(self._method, *args, **kwargs))

    def _choose(self):
        deadline = time.monotonic() + 30
        while True:
            if not self._known or time.monotonic() - self._at > _FRESH:
                self._refresh()
            if self._known:
                return random.choice(self._known)
            if time.monotonic() > deadline:
                raise exceptions.RayError(f"No replica of deployment '{self.deployment_name}' of application '{self.app_name}' runs.")
            time.sleep(0.05)

    def _refresh(self):
        import ray
        header, body = _core.require().ask("kv_get", key=replicas_key(self.app_name, self.deployment_name))
        known = []
        for name in json.loads(body) if header["found"] else []:
            try:
                known.append(ray.get_actor(name, namespace=NAMESPACE))
            except ValueError:
                # It has gone since.
                continue
        self._known, self._at = known, time.monotonic()

    def __reduce__(self):
        return DeploymentHandle, (self.deployment_name, self.app_name, self._method, self._stream)

    def __repr__(self):
        return f"DeploymentHandle(deployment='{self.deployment_name}')"

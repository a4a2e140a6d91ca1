"""The decorator that makes a class or function a deployment, and the applications bound from deployments."""
import inspect

_KNOWN = ("name", "version", "num_replicas", "route_prefix", "ray_actor_options", "placement_group_bundles", "placement_group_strategy", "max_replicas_per_node",
          "user_config", "max_ongoing_requests", "max_queued_requests", "autoscaling_config", "graceful_shutdown_wait_loop_s", "graceful_shutdown_timeout_s",
          "health_check_period_s", "health_check_timeout_s", "logging_config", "request_router_config")


class Application:
    """A deployment with the arguments of its constructor; other applications among them become handles."""

    def __init__(self, deployment, args, kwargs):
        self._bound_deployment, self._args, self._kwargs = deployment, args, kwargs


class Deployment:
    def __init__(self, func_or_class, options):
        self.func_or_class = func_or_class
        self._options = {k: v for k, v in options.items() if k != "name"}
        self.name = options.get("name") or func_or_class.__name__

    def options(self, **options):
        _check(options)
        return Deployment(self.func_or_class, {"name": self.name, **self._options, **options})

    def bind(self, *args, **kwargs):
        return Application(self, args, kwargs)

    def __call__(self, *args, **kwargs):
        raise RuntimeError("Deployments cannot be constructed directly. Use `deployment.deploy() instead.`")

    def __getattr__(self, name):
        try:
            return self.__dict__["_options"][name]
        except KeyError:
            raise AttributeError(f"'Deployment' object has no attribute '{name}'") from None

    def __repr__(self):
        return f"Deployment(name={self.name})"


def _check(options):
    for name in options:
        if name not in _KNOWN:
            raise TypeError(f"deployment() got an unexpected keyword argument '{name}'")
    if options.get("num_replicas") == 0:
        raise ValueError("num_replicas is expected to larger than 0")
    if options.get("num_replicas") not in (None, "auto") and options.get("autoscaling_config") is not None:
        raise ValueError("Manually setting num_replicas is not allowed when autoscaling_config is provided.")


def deployment(_func_or_class=None, **options):
    """Makes a class or function a deployment; with options or without."""
    _check(options)

    def make(thing):
        if not (inspect.isclass(thing) or callable(thing)):
            raise TypeError("@serve.deployment must be called on a class or a function.")
        return Deployment(thing, options)

    return make(_func_or_class) if callable(_func_or_class) else make

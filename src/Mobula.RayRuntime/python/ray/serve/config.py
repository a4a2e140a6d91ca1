"""Options of deployments and of the proxies."""


class HTTPOptions:
    def __init__(self, host="127.0.0.1", port=8000, root_path="", request_timeout_s=None, keep_alive_timeout_s=90, **more):
        self.host, self.port, self.root_path = host, port, root_path
        self.request_timeout_s, self.keep_alive_timeout_s = request_timeout_s, keep_alive_timeout_s


class AutoscalingConfig(dict):
    """Fields of a deployment's autoscaling; as keywords, like a dictionary afterwards."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


# What a deployment has where nobody said anything. ray_actor_options are merged, the rest replaced.
DEFAULTS = {
    "num_replicas": 1, "max_ongoing_requests": 5, "max_queued_requests": -1, "backpressure_config": {"status_code": 503, "retry_after_s": None}, "user_config": None,
    "graceful_shutdown_wait_loop_s": 2.0, "graceful_shutdown_timeout_s": 20.0, "health_check_period_s": 10.0, "health_check_timeout_s": 30.0,
    "ray_actor_options": {"num_cpus": 1.0},
    "request_router_config": {
        "request_router_class": "ray.serve._private.request_router:PowerOfTwoChoicesRequestRouter", "request_router_kwargs": {},
        "request_routing_stats_period_s": 10.0, "request_routing_stats_timeout_s": 30.0, "initial_backoff_s": 0.025, "backoff_multiplier": 2.0, "max_backoff_s": 0.5,
    },
    "rolling_update_percentage": 0.2, "max_surge_percent": 0,
}

# Options that take effect without a new replica.
IN_PLACE = {"num_replicas", "user_config", "max_ongoing_requests", "max_queued_requests", "graceful_shutdown_wait_loop_s", "graceful_shutdown_timeout_s",
            "health_check_period_s", "health_check_timeout_s", "autoscaling_config"}


def combined(*layers):
    """A deployment's options: the defaults, what its code says, what the configuration says, the later the stronger."""
    options = dict(DEFAULTS)
    for layer in layers:
        for name, value in (layer or {}).items():
            if name in ("name", "placement_group_bundles", "placement_group_strategy", "max_replicas_per_node", "logging_config") and value is None:
                continue
            options[name] = value
    if options.get("num_replicas") == "auto":
        options["autoscaling_config"] = {"min_replicas": 1, **(options.get("autoscaling_config") or {})}
    scaling = options.get("autoscaling_config")
    if scaling:
        options["num_replicas"] = scaling.get("initial_replicas") or scaling.get("min_replicas", 1)
    actor = dict(options.get("ray_actor_options") or {})
    if actor.get("num_cpus") is None:
        actor["num_cpus"] = 1.0
    options["ray_actor_options"] = actor
    return options

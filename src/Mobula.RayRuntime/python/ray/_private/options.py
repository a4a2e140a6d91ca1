"""Options of remote functions, actors and methods: which there are, of what type, with what limits."""
_NUMBER = (float, int, type(None))
_RETRY = "The keyword '{}' only accepts None, 0, -1 or a positive integer, where -1 represents infinity."


def _quantity(name):
    def check(value):
        if value is not None and value < 0:
            raise ValueError(f"The quantity of resource {name} cannot be negative")
    return check


def _retries(name):
    def check(value):
        if value is not None and value < -1:
            raise ValueError(_RETRY.format(name))
    return check


def _resources(value):
    if value is None:
        return
    if "CPU" in value or "GPU" in value:
        raise ValueError("Use the 'num_cpus' and 'num_gpus' keyword instead of 'CPU' and 'GPU' in 'resources' keyword")
    for name, amount in value.items():
        if amount < 0:
            raise ValueError(f"The quantity of resource {name} cannot be negative")


def _num_returns(value):
    if value is None or value in ("dynamic", "streaming"):
        return
    if value >= 0:
        return
    raise ValueError(
        "Default None. When None is passed, The default value is 1 for a task and actor task, and 'streaming' for generator tasks and generator actor "
        "tasks. The keyword 'num_returns' only accepts None, a non-negative integer, 'streaming' (for generators), or 'dynamic'. 'dynamic' flag will be "
        "deprecated in the future, and it is recommended to use 'streaming' instead.")


def _max_calls(value):
    if value is not None and value < 0:
        raise ValueError("The keyword 'max_calls' only accepts None, 0 or a positive integer.")


def _lifetime(value):
    if value not in (None, "detached", "non_detached"):
        raise ValueError("actor `lifetime` argument must be one of 'detached', 'non_detached' and 'None'.")


def _strategy(value):
    from ray.util import scheduling_strategies as s
    if value is None or value in ("DEFAULT", "SPREAD") or isinstance(value, (s.PlacementGroupSchedulingStrategy, s.NodeAffinitySchedulingStrategy, s.NodeLabelSchedulingStrategy)):
        return
    raise ValueError(f"Invalid scheduling_strategy value {value}. Valid values are [\"DEFAULT\" | \"SPREAD\" | PlacementGroupSchedulingStrategy | NodeAffinitySchedulingStrategy]")


_COMMON = {
    "accelerator_type": ((str, type(None)), None),
    "memory": (_NUMBER, _quantity("memory")),
    "name": ((str, type(None)), None),
    "num_cpus": (_NUMBER, _quantity("num_cpus")),
    "num_gpus": (_NUMBER, _quantity("num_gpus")),
    "object_store_memory": (_NUMBER, _quantity("object_store_memory")),
    "resources": ((dict, type(None)), _resources),
    "runtime_env": ((dict, type(None)), None),
    "scheduling_strategy": (None, _strategy),
    "label_selector": ((dict, type(None)), None),
    "fallback_strategy": ((list, type(None)), None),
    "placement_group": (None, None),
    "placement_group_bundle_index": ((int,), None),
    "placement_group_capture_child_tasks": ((bool, type(None)), None),
    "enable_task_events": ((bool, type(None)), None),
    "_metadata": ((dict, type(None)), None),
    "_labels": ((dict, type(None)), None),
}
TASK = {
    **_COMMON,
    "max_calls": ((int, type(None)), _max_calls),
    "max_retries": ((int, type(None)), _retries("max_retries")),
    "num_returns": ((int, str, type(None)), _num_returns),
    "retry_exceptions": ((bool, list, tuple), None),
    "_generator_backpressure_num_objects": ((int, type(None)), None),
}
ACTOR = {
    **_COMMON,
    "concurrency_groups": ((list, dict, type(None)), None),
    "allow_out_of_order_execution": ((bool, type(None)), None),
    "lifetime": ((str, type(None)), _lifetime),
    "max_concurrency": ((int, type(None)), None),
    "max_pending_calls": ((int, type(None)), None),
    "max_restarts": ((int, type(None)), _retries("max_restarts")),
    "max_task_retries": ((int, type(None)), _retries("max_task_retries")),
    "namespace": ((str, type(None)), None),
    "get_if_exists": ((bool, type(None)), None),
    "enable_tensor_transport": ((bool, type(None)), None),
}


def check(options, known, of):
    for name, value in options.items():
        if name not in known:
            raise ValueError(f"Invalid option keyword {name} for {of}. Valid ones are {list(known)}.")
        types, limit = known[name]
        if types is not None and not isinstance(value, types):
            raise TypeError(f"The type of keyword '{name}' must be {types}, but received type {type(value)}")
        if limit is not None:
            limit(value)


def demand(options, cpus):
    """The resources a task or actor asks for; `cpus` when it does not say."""
    wanted = {name: float(amount) for name, amount in (options.get("resources") or {}).items()}
    given = options.get("num_cpus")
    wanted["CPU"] = float(cpus if given is None else given)
    if options.get("num_gpus"):
        wanted["GPU"] = float(options["num_gpus"])
    if options.get("memory"):
        wanted["memory"] = float(options["memory"])
    return {name: amount for name, amount in wanted.items() if amount}


def strategy(options, name, wanted):
    """How the head is to place it."""
    from ray.util import scheduling_strategies as s
    from ray.util.placement_group import _captured
    given = options.get("scheduling_strategy")
    out = {}
    if (options.get("_labels") or {}).get("prefer_workers"):
        out["prefer_workers"] = 1
    if options.get("label_selector"):
        out["labels"] = options["label_selector"]
    group = options.get("placement_group")
    if group not in (None, "default"):
        given = s.PlacementGroupSchedulingStrategy(group, options.get("placement_group_bundle_index", -1), options.get("placement_group_capture_child_tasks"))
    if given is None:
        captured = _captured()
        if captured is not None:
            given = s.PlacementGroupSchedulingStrategy(captured, -1, True)
    if given is None or given == "DEFAULT":
        return out
    if given == "SPREAD":
        return {**out, "spread": 1}
    if isinstance(given, s.NodeAffinitySchedulingStrategy):
        return {**out, "node": given.node_id, "soft": int(bool(given.soft))}
    if isinstance(given, s.NodeLabelSchedulingStrategy):
        return {**out, "labels": {**out.get("labels", {}), **given._labels()}}
    group = given.placement_group
    if group is None:
        return out
    index = given.placement_group_bundle_index
    if index >= 0 and index >= group.bundle_count or index < -1:
        raise ValueError(f"placement group bundle index {index} is invalid. Valid placement group indexes: 0-{group.bundle_count}")
    bundles = [group.bundle_specs[index]] if index >= 0 else group.bundle_specs
    if wanted and not any(all(b.get(r, 0) >= a for r, a in wanted.items()) for b in bundles):
        shown = {r: int(a) if a == int(a) else a for r, a in wanted.items()}
        raise ValueError(f"Cannot schedule {name} with the placement group because the resource request {shown} cannot fit into any bundles for the placement group, {group.bundle_specs}.")
    return {**out, "pg": group.id.hex(), "bundle": index, "capture": int(bool(given.placement_group_capture_child_tasks))}

"""Groups of resource bundles reserved together."""
import os

import ray
from ray._private import core as _core
from ray._private.ids import PlacementGroupID

VALID_STRATEGIES = ("PACK", "SPREAD", "STRICT_PACK", "STRICT_SPREAD")


class PlacementGroup:
    def __init__(self, group_id, bundles):
        self.id, self._bundles = group_id, bundles

    @property
    def bundle_specs(self):
        return self._bundles

    @property
    def bundle_count(self):
        return len(self._bundles)

    @property
    def is_empty(self):
        return self.id.is_nil()

    def ready(self):
        """A reference that is ready when all bundles are reserved."""
        return ray.remote(_when_ready).options(num_cpus=0, scheduling_strategy="DEFAULT").remote(self)

    def wait(self, timeout_seconds=30):
        import concurrent.futures
        try:
            answer, _ = _core.require().ask("pg_wait", timeout=timeout_seconds, id=self.id.hex())
            return answer["state"] == "CREATED"
        except (TimeoutError, concurrent.futures.TimeoutError):
            return False

    def __eq__(self, other):
        return isinstance(other, PlacementGroup) and self.id == other.id

    def __hash__(self):
        return hash(self.id)

    def __reduce__(self):
        return PlacementGroup, (self.id, self._bundles)


def _when_ready(group):
    while not group.wait(1):
        pass
    return group


def placement_group(bundles, strategy="PACK", name="", lifetime=None, _soft_target_node_id=None, bundle_label_selector=None):
    core = _core.require()
    if not isinstance(bundles, list):
        raise ValueError(f"Placement group bundles must be a list, got {type(bundles)}.")
    if not bundles:
        raise ValueError("Bundles must be a non-empty list of resource dictionaries. For example: `[{\"CPU\": 1.0}, {\"GPU\": 1.0}]`. Got empty list instead.")
    for bundle in bundles:
        if not isinstance(bundle, dict) or not all(isinstance(k, str) and isinstance(v, (int, float)) for k, v in bundle.items()):
            raise ValueError("Bundles must be a non-empty list of resource dictionaries. For example: `[{\"CPU\": 1.0}, {\"GPU\": 1.0}]`.")
        if not bundle or all(v == 0 for v in bundle.values()):
            raise ValueError(f"Placement group bundles cannot be an empty dictionary or resources with only 0 values. Bundles: {bundles}")
    if strategy not in VALID_STRATEGIES:
        raise ValueError(f"Invalid placement group strategy {strategy}. Supported strategies are {VALID_STRATEGIES}.")
    if lifetime not in (None, "detached"):
        raise ValueError("placement group `lifetime` argument must be either `None` or 'detached'")
    group_id = PlacementGroupID(os.urandom(14) + bytes.fromhex(core.job_id))
    specs = [{k: float(v) for k, v in b.items()} for b in bundles]
    core.ask("pg_create", id=group_id.hex(), bundles=specs, strategy=strategy, name=name or "", detached=int(lifetime == "detached"))
    return PlacementGroup(group_id, specs)


def remove_placement_group(group):
    _core.require().ask("pg_remove", id=group.id.hex())


def get_placement_group(name):
    for info in _core.require().ask("pg_table")[0]["groups"]:
        if name and info["name"] == name and info["state"] != "REMOVED":
            return _from_table(info)
    raise ValueError(f"Failed to look up placement group with name: {name}")


def _from_table(info):
    return PlacementGroup(PlacementGroupID.from_hex(info["placement_group_id"]), [info["bundles"][str(i)] for i in range(len(info["bundles"]))])


def placement_group_table(group=None):
    def shape(info):
        return {**info, "bundles": {int(k): v for k, v in info["bundles"].items()}, "bundles_to_node_id": {int(k): v for k, v in info["bundles_to_node_id"].items()},
                "stats": {"end_to_end_creation_latency_ms": 0, "scheduling_latency_ms": 0, "scheduling_attempt": 1, "highest_retry_delay_ms": 0, "scheduling_state": info["state"]}}
    table = {i["placement_group_id"]: shape(i) for i in _core.require().ask("pg_table")[0]["groups"]}
    return table if group is None else table.get(group.id.hex(), {})


def _of_task():
    task = _core.running_task.get()
    group = (task.strategy or {}).get("pg") if task is not None else None
    return None if group is None else next((_from_table(i) for i in _core.require().ask("pg_table")[0]["groups"] if i["placement_group_id"] == group), None)


def get_current_placement_group():
    _core.require()
    return _of_task()


def _captured():
    task = _core.running_task.get()
    return _of_task() if task is not None and (task.strategy or {}).get("capture") else None

"""Small tools on top of tasks and actors."""
import ray
from ray._private import core as _core
from ray.util.actor_pool import ActorPool
from ray.util.placement_group import get_current_placement_group, get_placement_group, placement_group, placement_group_table, remove_placement_group

__all__ = ["ActorPool", "as_completed", "get_current_placement_group", "get_node_ip_address", "get_placement_group", "list_named_actors", "map_unordered",
           "placement_group", "placement_group_table", "remove_placement_group"]


def list_named_actors(all_namespaces=False):
    found = _core.require().ask("named_actors", all=int(all_namespaces))[0]["actors"]
    return found if all_namespaces else [a["name"] for a in found]


def get_node_ip_address():
    return _core.require().node["ip"]


def as_completed(refs, chunk_size=10, yield_obj_refs=False):
    """Values in chunks: as real Ray does, the first that are ready of each chunk keep their order."""
    rest = list(refs)
    while rest:
        count = min(chunk_size, len(rest))
        ready, rest = ray.wait(rest, num_returns=count)
        yield from (ready if yield_obj_refs else ray.get(ready))


def map_unordered(fn, items, backpressure_size=100, chunk_size=10, yield_obj_refs=False):
    items = iter(items)
    pending = []
    for item in items:
        pending.append(fn.remote(item))
        if len(pending) >= backpressure_size:
            ready, pending = ray.wait(pending, num_returns=min(chunk_size, len(pending)))
            yield from (ready if yield_obj_refs else ray.get(ready))
    yield from as_completed(pending, chunk_size, yield_obj_refs)


def inspect_serializability(obj, name=None, depth=3, print_file=None):
    from ray import cloudpickle
    try:
        cloudpickle.dumps(obj)
        return True, set()
    except Exception:
        return False, {name or str(obj)}


def get_ray_address_from_environment(*_):
    import os
    return os.environ.get("RAY_ADDRESS", "auto")

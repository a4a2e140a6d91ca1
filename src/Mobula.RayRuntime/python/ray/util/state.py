"""Lists of what is in the cluster."""
import ray
from ray._private import core as _core


class RayStateApiException(Exception):
    pass


class ValidationError(ValueError):
    pass


class _State:
    def __init__(self, fields):
        self.__dict__.update(fields)

    def __getitem__(self, name):
        return self.__dict__[name]

    def get(self, name, default=None):
        return self.__dict__.get(name, default)

    def keys(self):
        return self.__dict__.keys()

    def asdict(self):
        return dict(self.__dict__)

    def __repr__(self):
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in self.__dict__.items())})"


class NodeState(_State): pass
class ActorState(_State): pass
class TaskState(_State): pass
class JobState(_State): pass
class WorkerState(_State): pass
class ObjectState(_State): pass
class PlacementGroupState(_State): pass


def _items(kind):
    return _core.require().ask("state", kind=kind)[0]["items"]


def _listed(kind, cls, filters, limit):
    for condition in filters or ():
        if condition[1] not in ("=", "!="):
            raise ValidationError(f"1 validation error for ListApiOptions\n  Value error, Unsupported filter predicate {condition[1]} is given. Available predicates: =, !=.")

    def fits(item):
        return all((str(item.get(key)).lower() == str(value).lower()) == (predicate == "=") for key, predicate, value in filters or ())

    return [cls(i) for i in _items(kind) if fits(i)][:limit]


def list_nodes(address=None, filters=None, limit=100, timeout=30, detail=False, raise_on_missing_output=True, _explain=False):
    found = _listed("nodes", NodeState, filters, limit)
    for node in found:
        node.__dict__["resources_total"] = {k: float(v) for k, v in node.resources_total.items()}
    return found


def list_actors(address=None, filters=None, limit=100, timeout=30, detail=False, raise_on_missing_output=True, _explain=False):
    return _listed("actors", ActorState, filters, limit)


def list_tasks(address=None, filters=None, limit=100, timeout=30, detail=False, raise_on_missing_output=True, _explain=False):
    return _listed("tasks", TaskState, filters, limit)


def list_workers(address=None, filters=None, limit=100, timeout=30, detail=False, raise_on_missing_output=True, _explain=False):
    return _listed("workers", WorkerState, filters, limit)


def list_objects(address=None, filters=None, limit=100, timeout=30, detail=False, raise_on_missing_output=True, _explain=False):
    return _listed("objects", ObjectState, filters, limit)


def list_placement_groups(address=None, filters=None, limit=100, timeout=30, detail=False, raise_on_missing_output=True, _explain=False):
    return _listed("placement_groups", PlacementGroupState, filters, limit)


def list_jobs(address=None, filters=None, limit=100, timeout=30, detail=False, raise_on_missing_output=True, _explain=False):
    from ray.job_submission import JobType
    jobs = _listed("jobs", JobState, filters, limit)
    for job in jobs:
        job.__dict__["type"] = JobType(job.type)
    return jobs


def _one(kind, cls, key, value):
    return next((cls(i) for i in _items(kind) if i.get(key) == value), None)


def get_actor(id, address=None, timeout=30, _explain=False):
    return _one("actors", ActorState, "actor_id", id)


def get_task(id, address=None, timeout=30, _explain=False):
    return _one("tasks", TaskState, "task_id", id.task_id().hex() if isinstance(id, ray.ObjectRef) else id)


def get_node(id, address=None, timeout=30, _explain=False):
    return _one("nodes", NodeState, "node_id", id)


def get_job(id, address=None, timeout=30, _explain=False):
    return _one("jobs", JobState, "submission_id", id) or _one("jobs", JobState, "job_id", id)


def summarize_tasks(address=None, timeout=30, raise_on_missing_output=True, _explain=False):
    summary, counts = {}, {"NORMAL_TASK": 0, "ACTOR_TASK": 0, "ACTOR_CREATION_TASK": 0}
    for t in _items("tasks"):
        entry = summary.setdefault(t["name"], {"func_or_class_name": t["func_or_class_name"], "type": t["type"], "state_counts": {}})
        entry["state_counts"][t["state"]] = entry["state_counts"].get(t["state"], 0) + 1
        counts[t["type"]] += 1
    return {"cluster": {"summary": summary, "total_tasks": counts["NORMAL_TASK"], "total_actor_tasks": counts["ACTOR_TASK"],
                        "total_actor_scheduled": counts["ACTOR_CREATION_TASK"], "summary_by": "func_name"}}


def summarize_actors(address=None, timeout=30, raise_on_missing_output=True, _explain=False):
    summary = {}
    for a in _items("actors"):
        entry = summary.setdefault(a["class_name"], {"class_name": a["class_name"], "state_counts": {}})
        entry["state_counts"][a["state"]] = entry["state_counts"].get(a["state"], 0) + 1
    return {"cluster": {"summary": summary, "total_actors": len(_items("actors")), "summary_by": "class"}}

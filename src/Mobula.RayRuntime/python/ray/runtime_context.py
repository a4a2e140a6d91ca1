"""Where the running code is: job, node, task, actor."""
from ray import exceptions
from ray._private import core as _core


class RuntimeContext:
    def __init__(self, core):
        self._core = core

    @property
    def _task(self):
        return _core.running_task.get()

    def get(self):
        context = {"job_id": self.job_id, "node_id": self.node_id, "namespace": self.namespace}
        if self._core.mode == "worker":
            if self.task_id is not None:
                context["task_id"] = self.task_id
            if self.get_actor_id() is not None:
                context["actor_id"] = self.get_actor_id()
        return context

    @property
    def job_id(self):
        from ray._private.ids import JobID
        return JobID(bytes.fromhex(self._core.job_id))

    def get_job_id(self):
        return self._core.job_id

    @property
    def node_id(self):
        from ray._private.ids import NodeID
        return NodeID(bytes.fromhex(self._core.node["node_id"]))

    def get_node_id(self):
        return self._core.node["node_id"]

    def get_worker_id(self):
        return self._core.worker_id

    @property
    def task_id(self):
        return self.get_task_id()

    def get_task_id(self):
        return self._task.task_id if self._task is not None else None

    def get_task_name(self):
        return self._task.name if self._task is not None else None

    def get_task_function_name(self):
        return self._task.function if self._task is not None else None

    @property
    def actor_id(self):
        return self.get_actor_id()

    def get_actor_id(self):
        return self._task.actor_id if self._task is not None else None

    def get_actor_name(self):
        if self._task is None or self._task.actor_id is None:
            return None
        return (self._task.actor or {}).get("aname", "")

    @property
    def namespace(self):
        return self._core.namespace

    def get_namespace(self):
        return self._core.namespace

    @property
    def was_current_actor_reconstructed(self):
        if self._task is None or self._task.actor_id is None:
            raise RuntimeError("This method is only available in an actor.")
        return self._task.restarts > 0

    @property
    def current_actor(self):
        return self.get_current_actor()

    def get_current_actor(self):
        if self._task is None or self._task.actor_id is None:
            raise RuntimeError("This method is only available in an actor.")
        from ray.actor import ActorHandle
        return ActorHandle(self._task.actor_id, (self._task.actor or {}).get("handle"), self._core)

    def get_assigned_resources(self):
        if self._core.mode != "worker":
            raise AssertionError("This method is only available when the process is a                 worker. Current mode: 0")
        return {k: float(v) for k, v in (self._task.resources if self._task is not None else {}).items()}

    def get_runtime_env_string(self):
        import json
        return json.dumps(self.runtime_env)

    @property
    def runtime_env(self):
        if self._task is not None:
            return dict(self._task.env or {})
        return dict(getattr(self._core, "shown_env", self._core.runtime_env))

    def get_placement_group_id(self):
        return (self._task.strategy or {}).get("pg") if self._task is not None else None

    @property
    def current_placement_group_id(self):
        return self.get_placement_group_id()

    @property
    def should_capture_child_tasks_in_placement_group(self):
        return bool(self._task is not None and (self._task.strategy or {}).get("capture"))

    def get_accelerator_ids(self):
        if self._core.mode != "worker":
            raise AssertionError("This method is only available when the process is a                 worker. Current mode: 0")
        return {"GPU": [], "neuron_cores": [], "TPU": [], "NPU": [], "HPU": []}

    def get_node_labels(self):
        for node in self._core.ask("nodes")[0]["nodes"]:
            if node["NodeID"] == self._core.node["node_id"]:
                return node["Labels"]
        raise exceptions.RaySystemError("This node is not known to the cluster.")

    @property
    def gcs_address(self):
        return self._core.gcs_address


def get_runtime_context():
    return RuntimeContext(_core.require())

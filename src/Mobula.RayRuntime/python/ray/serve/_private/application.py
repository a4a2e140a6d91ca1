"""The state of one application: built in a worker, then as many deployments as it consists of."""
import time
import traceback

from ray import exceptions
from ray.serve._private.build import describe
from ray.serve._private.deployment_state import DeploymentState
from ray.serve.config import combined
from ray._private import core as _core

_KEPT = ("name", "route_prefix", "import_path", "runtime_env", "host", "port", "deployments", "autoscaling_policy", "logging_config", "args", "external_scaler_enabled")


def when_done(ref, post, action):
    """Calls action(value, error) in the controller's thread once a result is there."""
    def told(future):
        error = future.exception()
        post(action, None if error else future.result(), error)
    _core.require().future(ref).add_done_callback(told)


def text_of(error):
    return str(error) if isinstance(error, exceptions.RayError) else "".join(traceback.format_exception(error))


class ApplicationState:
    def __init__(self, name, post):
        self.name, self.post = name, post
        self.config = {}
        self.code = None
        self.parts = []
        self.deployments = {}
        self.retiring = []
        self.message = ""
        self.failed = self.deleting = False
        self.building = None
        self.deployed_at = 0.0
        self.ran = False

    def want(self, config):
        """Takes a configuration: builds anew when the code is another one, else changes deployments in place."""
        config = {k: v for k, v in config.items() if k in _KEPT}
        if self.deleting or config == self.config and not self.failed:
            self.deleting = False
            if config == self.config:
                return
        self.config, self.failed, self.message, self.ran = config, False, "", False
        self.deployed_at = time.time()
        code = (config["import_path"], config.get("args"), config.get("runtime_env"))
        if code != self.code or not self.parts:
            self.code = code
            self.build()
        else:
            self.deploy()

    def build(self):
        import ray
        self.building = token = object()
        env = self.config.get("runtime_env") or None
        task = ray.remote(num_cpus=0, max_retries=0, runtime_env=env, name="build_serve_application")(describe)
        ref = task.remote(self.name, self.config["import_path"], self.config.get("args"))

        def built(parts, error):
            if self.building is not token or self.deleting:
                return
            self.building = None
            if error is not None:
                self.failed, self.message, self.parts = True, f"Deploying app '{self.name}' failed with exception:\n{text_of(error)}", []
                return
            self.parts = parts
            self.deploy(new_code=True)

        when_done(ref, self.post, built)

    def deploy(self, new_code=False):
        given = {d["name"]: d for d in self.config.get("deployments") or []}
        unknown = [n for n in given if n not in {p["name"] for p in self.parts}]
        if unknown:
            self.failed, self.message = True, f"Deployment '{unknown[0]}' does not exist. Available: {[p['name'] for p in self.parts]}"
            return
        env = self.config.get("runtime_env") or {}
        for part in self.parts:
            options = combined(part["options"], {k: v for k, v in given.get(part["name"], {}).items() if k != "name"})
            state = self.deployments.get(part["name"])
            if state is None:
                state = self.deployments[part["name"]] = DeploymentState(self.name, part["name"], self.post)
            state.want({"import_path": self.config["import_path"], "args": self.config.get("args"), "runtime_env": env,
                        "route_prefix": self.prefix() if part is self.parts[0] else None}, options, new_code)
        for name in [n for n in self.deployments if n not in {p["name"] for p in self.parts}]:
            self.retire(name)
        _core.require().ask("kv_put", self.parts[0]["name"].encode(), key=f"serve:ingress:{self.name}", overwrite=1)

    def retire(self, name):
        state = self.deployments.pop(name)
        state.delete()
        self.retiring.append(state)

    def delete(self):
        self.deleting, self.building = True, None
        for name in list(self.deployments):
            self.retire(name)
        _core.require().ask("kv_del", key=f"serve:ingress:{self.name}")

    def is_gone(self):
        return self.deleting and not self.retiring and not self.deployments

    def step(self, now):
        for state in (*self.deployments.values(), *self.retiring):
            state.step(now)
        self.retiring = [s for s in self.retiring if not s.is_gone()]
        self.ran = self.ran or self.status() == "RUNNING"

    def next_due(self):
        due = [d for s in (*self.deployments.values(), *self.retiring) for d in [s.next_due()] if d is not None]
        return min(due, default=None)

    def prefix(self):
        return self.config.get("route_prefix", "/")

    def status(self):
        if self.deleting:
            return "DELETING"
        if self.failed or any(d.status() == "DEPLOY_FAILED" for d in self.deployments.values()):
            return "DEPLOY_FAILED"
        if self.building is not None or not self.deployments:
            return "DEPLOYING"
        states = {d.status() for d in self.deployments.values()}
        if states == {"HEALTHY"}:
            return "RUNNING"
        return "UNHEALTHY" if "UNHEALTHY" in states else "RUNNING" if self.ran and "UPDATING" not in states else "DEPLOYING"

    def route(self):
        """Where the proxies send requests of this application; None when it has no way in."""
        if self.deleting or not self.parts or self.prefix() is None or self.parts[0]["name"] not in self.deployments:
            return None
        first = self.deployments[self.parts[0]["name"]]
        return {"app": self.name, "prefix": self.prefix(), "max_ongoing": first.options["max_ongoing_requests"], "max_queued": first.options["max_queued_requests"],
                "replicas": first.endpoints()}

    def details(self):
        broken = next((d.message for d in self.deployments.values() if d.status() in ("DEPLOY_FAILED", "UNHEALTHY")), "")
        topology = None
        if self.parts and not self.failed:
            topology = {"app_name": self.name, "ingress_deployment": self.parts[0]["name"], "nodes": {
                p["name"]: {"name": p["name"], "app_name": self.name, "outbound_deployments": p["outbound"], "is_ingress": p is self.parts[0]} for p in self.parts}}
        return {
            "name": self.name, "route_prefix": self.prefix() if topology else None, "docs_path": None, "status": self.status(), "message": self.message or broken,
            "last_deployed_time_s": self.deployed_at, "deployed_app_config": self.config, "source": "declarative",
            "deployments": {n: d.details() for n, d in self.deployments.items()}, "external_scaler_enabled": False, "deployment_topology": topology,
        }

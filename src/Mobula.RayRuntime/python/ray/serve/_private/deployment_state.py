"""The state of one deployment: its replicas, brought to their wanted number and version."""
import json
import math
import random
import string
import time

from ray import exceptions
from ray._private import core as _core
from ray.serve.config import IN_PLACE
from ray.serve.handle import NAMESPACE, replicas_key

_ATTEMPTS = 3
_PAUSE = 1.0


class ReplicaState:
    """One replica as the controller sees it: STARTING, RUNNING, STOPPING, DEAD."""

    def __init__(self, name, actor, version, tag):
        self.name, self.actor, self.version, self.tag = name, actor, version, tag
        self.state = "STARTING"
        self.known = {}
        self.failures = 0
        self.checked_at = time.monotonic()
        self.checking = False
        self.configured = None


class DeploymentState:
    def __init__(self, app, name, post):
        self.app, self.name, self.post = app, name, post
        self.code, self.options = {}, {}
        self.version = 0
        self.target = 0
        self.replicas = []
        self.attempts = 0
        self.again_at = None
        self.message = ""
        self.trigger = "CONFIG_UPDATE_STARTED"
        self.settled = self.deleting = False
        self.published = None

    def want(self, code, options, new_code):
        replaced = {k: v for k, v in options.items() if k not in IN_PLACE}
        if new_code or code != self.code or replaced != {k: v for k, v in self.options.items() if k not in IN_PLACE}:
            self.version += 1
        elif options == self.options:
            return
        self.code, self.options = code, options
        self.target = options["num_replicas"]
        self.attempts, self.again_at, self.message, self.settled = 0, None, "", False
        self.trigger = "CONFIG_UPDATE_STARTED"

    def delete(self):
        self.deleting, self.target = True, 0

    def is_gone(self):
        return self.deleting and not self.replicas

    # --- steps

    def step(self, now):
        current = [r for r in self.replicas if r.version == self.version and r.state in ("STARTING", "RUNNING")]
        old = [r for r in self.replicas if r.version != self.version and r.state in ("STARTING", "RUNNING")]
        if self.deleting:
            for replica in (*current, *old):
                self.stop(replica)
        elif self.status() != "DEPLOY_FAILED":
            self.reconfigure(current)
            # As many as a rolling update may replace at once give way to new ones.
            at_once = max(1, math.ceil(self.target * self.options["rolling_update_percentage"]))
            starting = sum(r.state == "STARTING" for r in current)
            for replica in old[:max(0, at_once - starting)]:
                if len(current) < self.target or not self.target:
                    self.stop(replica)
                    old.remove(replica)
            if not [r for r in self.replicas if r.state == "STOPPING"] or len(self.replicas) < self.target:
                if self.again_at is None or now >= self.again_at:
                    self.again_at = None
                    for _ in range(self.target - len(current) - len(old)):
                        self.start()
            for replica in sorted(current, key=lambda r: r.state != "STARTING")[:max(0, len(current) - self.target)]:
                self.stop(replica)
            for replica in old if len([r for r in current if r.state == "RUNNING"]) >= self.target else []:
                self.stop(replica)
        if not self.settled and self.is_complete():
            self.settled, self.trigger = True, "CONFIG_UPDATE_COMPLETED"
        self.check(now)
        self.publish()

    def next_due(self):
        due = [r.checked_at + self.options["health_check_period_s"] for r in self.replicas if r.state == "RUNNING" and not r.checking]
        if self.again_at is not None:
            due.append(self.again_at)
        return min(due, default=None)

    def start(self):
        import ray
        from ray.serve._private.application import when_done
        from ray.serve._private.replica import Replica
        tag = "".join(random.choices(string.ascii_lowercase + string.digits, k=8))
        name = f"SERVE_REPLICA::{self.app}#{self.name}#{tag}"
        options = {k: v for k, v in self.options["ray_actor_options"].items() if v is not None}
        env = {**self.code["runtime_env"], **(options.pop("runtime_env", None) or {})}
        ongoing = self.options["max_ongoing_requests"]
        try:
            actor = ray.remote(Replica).options(
                name=name, namespace=NAMESPACE, scheduling_strategy="SPREAD", max_concurrency=max(1000, 2 * ongoing), runtime_env=env or None, **options,
            ).remote(self.app, self.name, tag, ongoing)
        except (ValueError, TypeError) as e:
            self.attempts, self.message = _ATTEMPTS, str(e)
            return
        replica = ReplicaState(name, actor, self.version, tag)
        replica.configured = self.options["user_config"]
        self.replicas.append(replica)

        def begun(known, error):
            if replica.state != "STARTING":
                return
            if error is None:
                replica.state, replica.known, replica.checked_at = "RUNNING", known, time.monotonic()
                self.attempts = 0
                when_done(actor.wait_for_end.remote(), self.post, lambda _, e: self.lost(replica, e))
                return
            self.bury(replica)
            self.attempts += 1
            self.again_at = time.monotonic() + _PAUSE * self.attempts
            from ray.serve._private.application import text_of
            if self.attempts < _ATTEMPTS:
                self.message = f"A replica failed to start with exception. Retrying {_ATTEMPTS - self.attempts} more time(s). Error:\n{text_of(error)}"
            else:
                self.message = (f"The deployment failed to start {_ATTEMPTS} times in a row. This may be due to a problem with its constructor or initial health check failing. "
                                f"See controller logs for details. Error:\n{text_of(error)}")
                self.trigger = "REPLICA_STARTUP_FAILED"

        when_done(actor.begin.remote(self.code["import_path"], self.code["args"], self.options["user_config"], self.code["route_prefix"]), self.post, begun)

    def reconfigure(self, current):
        from ray.serve._private.application import when_done
        for replica in current:
            if replica.state != "RUNNING" or replica.configured == self.options["user_config"]:
                continue
            replica.configured = self.options["user_config"]

            def done(_, error, replica=replica):
                if error is not None:
                    self.fail(replica, error)

            when_done(replica.actor.reconfigure.remote(self.options["user_config"]), self.post, done)

    def check(self, now):
        from ray.serve._private.application import when_done
        for replica in self.replicas:
            if replica.state != "RUNNING" or replica.checking or now < replica.checked_at + self.options["health_check_period_s"]:
                continue
            replica.checking = True

            def done(_, error, replica=replica):
                replica.checking, replica.checked_at = False, time.monotonic()
                replica.failures = 0 if error is None else replica.failures + 1
                if replica.failures >= _ATTEMPTS:
                    self.fail(replica, error)

            when_done(replica.actor.check_health.remote(), self.post, done)

    def stop(self, replica):
        """Lets it finish what it does, then ends it."""
        from ray.serve._private.application import when_done
        import ray
        if replica.state == "STOPPING":
            return
        was, replica.state = replica.state, "STOPPING"
        if was == "STARTING":
            self.bury(replica)
            return
        self.publish()
        wait, limit = self.options["graceful_shutdown_wait_loop_s"], self.options["graceful_shutdown_timeout_s"]
        when_done(replica.actor.drain.remote(wait, limit), self.post, lambda _, error: self.bury(replica))

    def fail(self, replica, error):
        from ray.serve._private.application import text_of
        if replica.state in ("RUNNING", "STARTING"):
            self.message = f"Deployment '{self.name}' in application '{self.app}' has an unhealthy replica, which is replaced. Error:\n{text_of(error)}"
            self.bury(replica)

    def lost(self, replica, error):
        if replica.state == "RUNNING":
            self.fail(replica, error or exceptions.RayError("The replica ended."))
        elif replica in self.replicas:
            self.bury(replica)

    def bury(self, replica):
        import ray
        if replica not in self.replicas:
            return
        self.replicas.remove(replica)
        replica.state = "DEAD"
        ray.kill(replica.actor)

    # --- what is shown

    def is_complete(self):
        running = [r for r in self.replicas if r.state == "RUNNING" and r.version == self.version]
        return len(running) == self.target and len(self.replicas) == self.target

    def status(self):
        if self.attempts >= _ATTEMPTS and not self.is_complete():
            return "DEPLOY_FAILED" if not self.settled else "UNHEALTHY"
        if self.is_complete():
            self.message = ""
            return "HEALTHY"
        return "UPDATING" if not self.settled else "UNHEALTHY"

    def endpoints(self):
        return [{"id": r.tag, "ip": r.known["node_ip"], "port": r.known["port"], "node": r.known["node_id"]} for r in self.replicas if r.state == "RUNNING" and r.known.get("port")]

    def publish(self):
        """Handles find replicas by what stands in the key-value store."""
        running = json.dumps([r.name for r in self.replicas if r.state == "RUNNING"])
        if running != self.published:
            self.published = running
            _core.require().ask("kv_put", running.encode(), key=replicas_key(self.app, self.name), overwrite=1)

    def details(self):
        session = _core.require().node["session_dir"]
        shown = {"name": self.name, **{k: v for k, v in self.options.items() if k not in ("version", "route_prefix")}}
        if shown.get("autoscaling_config"):
            shown.pop("num_replicas")
        resources = self.options["ray_actor_options"]
        required = {k: v for k, v in {"CPU": resources.get("num_cpus"), "GPU": resources.get("num_gpus"), "memory": resources.get("memory"), **(resources.get("resources") or {})}.items() if v}
        return {
            "name": self.name, "status": self.status(), "status_trigger": self.trigger, "message": self.message, "deployment_config": shown, "target_num_replicas": self.target,
            "required_resources": required, "recent_dead_replicas": [],
            "replicas": [{
                "node_id": r.known.get("node_id"), "node_ip": r.known.get("node_ip"), "node_instance_id": "", "actor_id": r.actor._id, "actor_name": r.name,
                "worker_id": r.known.get("worker_id"), "log_file_path": f"{session}/logs/worker-{r.known.get('worker_id', '')}-{r.actor._id[24:]}-{r.known.get('pid', '')}.out",
                "replica_id": r.tag, "state": r.state, "pid": r.known.get("pid"), "start_time_s": r.known.get("start_time_s"),
            } for r in self.replicas],
        }

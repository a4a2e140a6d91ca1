"""
The controller of Serve, a process on the head: standard input brings the wanted configuration as lines of JSON, standard output
takes the state and the routes back. It makes replicas (actors), replaces those that die, and leaves the requests to the proxies.
"""
import json
import os
import queue
import sys
import threading
import time
import traceback

from ray.serve._private.application import ApplicationState
from ray.serve.handle import NAMESPACE


class Controller:
    def __init__(self, out):
        self.events = queue.SimpleQueue()
        self.out = out
        self.applications = {}
        self.shown = None
        self.sequence = 0

    def post(self, action, *args):
        """Lets the controller's own thread do something."""
        self.events.put((action, args))

    def run(self):
        threading.Thread(target=self.read, daemon=True, name="serve-config").start()
        while True:
            try:
                action, args = self.events.get(timeout=self.until_due())
                action(*args)
            except queue.Empty:
                pass
            except Exception:
                traceback.print_exc()
            now = time.monotonic()
            for application in list(self.applications.values()):
                application.step(now)
                if application.is_gone():
                    del self.applications[application.name]
            self.show()

    def read(self):
        for line in sys.stdin:
            self.post(self.apply, json.loads(line))
        # The head is gone, or wants no Serve any more: the replicas go with this driver.
        os._exit(0)

    def until_due(self):
        due = [d for a in self.applications.values() for d in [a.next_due()] if d is not None]
        return max(0.01, min([10.0, *[d - time.monotonic() for d in due]]))

    def apply(self, config):
        self.sequence = config["sequence"]
        wanted = {a.get("name", "default"): a for a in config["applications"]}
        for name, application in self.applications.items():
            if name not in wanted:
                application.delete()
        for name, fields in wanted.items():
            known = self.applications.get(name)
            if known is None:
                known = self.applications[name] = ApplicationState(name, self.post)
            known.want(fields)

    def show(self):
        """Tells the head what changed."""
        applications = {a.name: a.details() for a in self.applications.values()}
        routes = [r for a in self.applications.values() for r in [a.route()] if r is not None]
        text = json.dumps({"sequence": self.sequence, "applications": applications, "routes": routes}, separators=(",", ":"))
        if text != self.shown:
            self.shown = text
            self.out.write(text + "\n")
            self.out.flush()


def main():
    # What code prints goes to the log; only states go to the head.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    import ray
    ray.init(address=os.environ["RAY_ADDRESS"], namespace=NAMESPACE, log_to_driver=False, logging_level="error", _system_job=True)
    from ray._private import core as _core
    core = _core.require()
    out.write(json.dumps({"controller": {"node_id": core.node["node_id"], "node_ip": core.node["ip"], "worker_id": core.worker_id, "pid": os.getpid()}}) + "\n")
    Controller(out).run()


if __name__ == "__main__":
    main()

"""A client of the Jobs API."""
import dataclasses
import enum
import json
import os
import urllib.error
import urllib.parse
import urllib.request

from ray._private import authentication


class JobStatus(str, enum.Enum):
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"

    def __str__(self):
        return self.value

    def is_terminal(self):
        return self.value in ("STOPPED", "SUCCEEDED", "FAILED")


class JobType(str, enum.Enum):
    SUBMISSION = "SUBMISSION"
    DRIVER = "DRIVER"


@dataclasses.dataclass
class DriverInfo:
    id: str
    node_ip_address: str
    pid: str


@dataclasses.dataclass
class JobDetails:
    type: JobType
    job_id: str = None
    submission_id: str = None
    driver_info: DriverInfo = None
    status: JobStatus = None
    entrypoint: str = None
    message: str = None
    error_type: str = None
    start_time: int = None
    end_time: int = None
    metadata: dict = None
    runtime_env: dict = None
    driver_agent_http_address: str = None
    driver_node_id: str = None
    driver_exit_code: int = None

    def dict(self):
        return dataclasses.asdict(self)


JobInfo = JobDetails


def _details(fields):
    driver = fields.get("driver_info")
    known = {f.name for f in dataclasses.fields(JobDetails)}
    return JobDetails(**{**{k: v for k, v in fields.items() if k in known}, "type": JobType(fields["type"]), "status": JobStatus(fields["status"]),
                         "driver_info": DriverInfo(**driver) if driver else None})


class JobSubmissionClient:
    def __init__(self, address=None, create_cluster_if_needed=False, cookies=None, metadata=None, headers=None, verify=True):
        variable = os.environ.get("RAY_ADDRESS")
        self._address = self._dashboard(variable or os.environ.get("RAY_API_SERVER_ADDRESS") or address)
        self._default_metadata, self._headers = metadata or {}, headers or {}
        self._ask("GET", "/api/version")

    @staticmethod
    def _dashboard(address):
        if address and address.startswith("http"):
            return address.rstrip("/")
        from ray import _find
        from ray._private.wire import Channel
        try:
            _, host, port = _find(address)
            channel = Channel(host, port, timeout=10)
        except OSError:
            raise ConnectionError(f"Failed to connect to Ray at address: {address}.") from None
        try:
            channel.send({"t": "rpc", "i": 1, "m": "info", "token": authentication.token()})
            answer = channel.receive()
            if answer is None or answer[0].get("t") == "denied":
                raise authentication.refused()
            return f"http://{answer[0]['dashboard']}"
        finally:
            channel.close()

    def get_address(self):
        return self._address

    def _ask(self, method, path, body=None, data=None):
        request = urllib.request.Request(self._address + path, method=method, headers=dict(self._headers))
        token = authentication.token()
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        if body is not None:
            data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, data) as answer:
                text = answer.read().decode()
                return json.loads(text) if text else None
        except urllib.error.HTTPError as e:
            raise RuntimeError(f"Request failed with status code {e.code}: {e.read().decode()}.") from None
        except OSError:
            raise ConnectionError(f"Failed to connect to Ray at address: {self._address}.") from None

    def _path(self, job_id, more=""):
        return f"/api/jobs/{urllib.parse.quote(job_id, safe='')}{more}"

    def get_version(self):
        return self._ask("GET", "/api/version")["version"]

    def submit_job(self, *, entrypoint, job_id=None, runtime_env=None, metadata=None, submission_id=None, entrypoint_num_cpus=None, entrypoint_num_gpus=None,
                   entrypoint_memory=None, entrypoint_resources=None, entrypoint_label_selector=None):
        env = dict(runtime_env or {})
        if env.get("working_dir") and "://" not in env["working_dir"]:
            env["working_dir"] = self._upload(env["working_dir"])
        body = {"entrypoint": entrypoint, "submission_id": submission_id or job_id, "runtime_env": env, "metadata": {**self._default_metadata, **(metadata or {})}}
        for name, value in (("entrypoint_num_cpus", entrypoint_num_cpus), ("entrypoint_num_gpus", entrypoint_num_gpus), ("entrypoint_memory", entrypoint_memory),
                            ("entrypoint_resources", entrypoint_resources)):
            if value is not None:
                body[name] = value
        return self._ask("POST", "/api/jobs/", {k: v for k, v in body.items() if v is not None})["submission_id"]

    def _upload(self, folder):
        import hashlib
        from ray._private import environment
        if not os.path.isdir(folder):
            raise ValueError(f"directory {folder} must be an existing directory or a supported archive (.zip, .tar.gz, .tgz, .tar.xz)")
        data = environment.pack(folder)
        name = f"_ray_pkg_{hashlib.sha256(data).hexdigest()[:16]}.zip"
        self._ask("PUT", f"/api/packages/gcs/{name}", data=data)
        return f"gcs://{name}"

    def stop_job(self, job_id):
        return self._ask("POST", self._path(job_id, "/stop"), data=b"")["stopped"]

    def delete_job(self, job_id):
        return self._ask("DELETE", self._path(job_id))["deleted"]

    def get_job_info(self, job_id):
        return _details(self._ask("GET", self._path(job_id)))

    def list_jobs(self):
        return [_details(j) for j in self._ask("GET", "/api/jobs/")]

    def get_job_status(self, job_id):
        return self.get_job_info(job_id).status

    def get_job_logs(self, job_id):
        return self._ask("GET", self._path(job_id, "/logs"))["logs"]

    async def tail_job_logs(self, job_id):
        import asyncio
        shown = 0
        while True:
            ended = (await asyncio.to_thread(self.get_job_status, job_id)).is_terminal()
            logs = await asyncio.to_thread(self.get_job_logs, job_id)
            if len(logs) > shown:
                yield logs[shown:]
                shown = len(logs)
            if ended:
                return
            await asyncio.sleep(0.3)


__all__ = ["DriverInfo", "JobDetails", "JobInfo", "JobStatus", "JobSubmissionClient", "JobType"]

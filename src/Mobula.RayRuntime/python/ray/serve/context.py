"""What runs in this process: the replica and the object that answers."""
import dataclasses


class RayServeException(Exception):
    """An error of Serve itself."""


@dataclasses.dataclass
class ReplicaContext:
    app_name: str
    deployment: str
    replica_tag: str
    servable_object: object = None


replica = None

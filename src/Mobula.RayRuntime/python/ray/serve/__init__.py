"""Serving models over HTTP: deployments, applications made of them, handles between them."""
from ray.serve import context as _context
from ray.serve.config import AutoscalingConfig, HTTPOptions
from ray.serve.deployment import Application, Deployment, deployment
from ray.serve.handle import DeploymentHandle, DeploymentResponse, DeploymentResponseGenerator
from ray.serve.ingress import ingress

ReplicaContext = _context.ReplicaContext


def get_replica_context():
    """Which replica of what the calling code is."""
    if _context.replica is None:
        raise _context.RayServeException("`serve.get_replica_context()` may only be called from within a Ray Serve deployment.")
    return _context.replica


def get_deployment_handle(deployment_name, app_name=None):
    """A handle of a deployment; of the own application inside one, and of `default` outside."""
    if app_name is None:
        app_name = _context.replica.app_name if _context.replica is not None else "default"
    return DeploymentHandle(deployment_name, app_name)


def get_app_handle(name="default"):
    """A handle of the deployment that answers an application's requests."""
    from ray.serve.handle import ingress_of
    return DeploymentHandle(ingress_of(name), name)


__all__ = ["Application", "AutoscalingConfig", "Deployment", "DeploymentHandle", "DeploymentResponse", "DeploymentResponseGenerator", "HTTPOptions", "ReplicaContext",
           "deployment", "get_app_handle", "get_deployment_handle", "get_replica_context", "ingress"]

"""From an import path to the deployments of an application; runs in a worker that has the application's environment."""
import importlib

from ray.serve.deployment import Application
from ray.serve.handle import DeploymentHandle


def describe(app_name, import_path, args):
    """What an application consists of, as plain values."""
    return [{"name": d["name"], "options": d["options"], "outbound": d["outbound"]} for d in build(app_name, import_path, args)]


def build(app_name, import_path, args):
    """[{name, target, options, args, kwargs, outbound}], the deployment that takes requests first."""
    found = load(import_path)
    if not isinstance(found, Application):
        if not callable(found):
            raise TypeError(f"Expected '{import_path}' to be an Application or a builder of one, but got {type(found)}.")
        found = found(_typed(found, args or {}))
        if not isinstance(found, Application):
            raise TypeError(f"Application builder functions must return an `Application` returned from `Deployment.bind()`, but got {type(found)}.")
    elif args:
        raise ValueError(f"Arguments can only be passed to an application builder function, not an already built application ('{import_path}').")
    return flatten(app_name, found)


def load(import_path):
    if ":" in import_path:
        module, attribute = import_path.split(":")
    else:
        module, _, attribute = import_path.rpartition(".")
    thing = importlib.import_module(module)
    for part in attribute.split("."):
        thing = getattr(thing, part)
    return thing


def _typed(builder, args):
    """The builder's argument as its annotation wants it: a pydantic model from the dictionary, or the dictionary."""
    import inspect
    parameters = list(inspect.signature(builder).parameters.values())
    if parameters and inspect.isclass(parameters[0].annotation) and hasattr(parameters[0].annotation, "parse_obj"):
        return parameters[0].annotation.parse_obj(args)
    return args


def flatten(app_name, root):
    made, names, taken = [], {}, {}

    def place(application):
        if id(application) in names:
            return names[id(application)]
        deployment = application._bound_deployment
        count = taken[deployment.name] = taken.get(deployment.name, 0) + 1
        name = names[id(application)] = deployment.name if count == 1 else f"{deployment.name}_{count - 1}"
        entry = {"name": name, "outbound": []}
        made.append(entry)
        entry["args"] = replace(entry, list(application._args))
        entry["kwargs"] = replace(entry, dict(application._kwargs))
        entry["target"], entry["options"] = deployment.func_or_class, deployment._options
        return name

    def replace(entry, value):
        if isinstance(value, Application):
            inner = place(value)
            entry["outbound"].append({"name": inner, "app_name": app_name})
            return DeploymentHandle(inner, app_name)
        if isinstance(value, (list, tuple)):
            return type(value)(replace(entry, v) for v in value)
        if isinstance(value, dict):
            return {k: replace(entry, v) for k, v in value.items()}
        return value

    place(root)
    return made

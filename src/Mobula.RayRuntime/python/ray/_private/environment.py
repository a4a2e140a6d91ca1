"""Runtime environments: variables and folders that tasks get."""
import hashlib
import io
import os
import zipfile

from ray._private import core as _core

_ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar.xz")


def check(env):
    for value in (env.get("env_vars") or {}).values():
        if not isinstance(value, str):
            raise TypeError(f"runtime_env['env_vars'] must be of type Dict[str, str], but the value {value} is of type {type(value)}")
    return env


def prepare(core, env):
    """Sends folders of this machine to the cluster; the environment as tasks get it."""
    env = dict(check(env or {}))
    if env.get("working_dir"):
        env["working_dir"] = upload(core, env["working_dir"])
    if env.get("py_modules"):
        env["py_modules"] = [upload(core, getattr(m, "__path__", [m])[0], os.path.basename(str(getattr(m, "__path__", [m])[0]))) for m in env["py_modules"]]
    return env


def for_task(core, own):
    """What a task gets: its parent's environment, the job's, and its own on top."""
    task = _core.running_task.get()
    base = (task.env if task is not None else None) or core.runtime_env
    if own is None:
        return base
    own = prepare(core, own)
    merged = {**base, **own}
    if base.get("env_vars") or own.get("env_vars"):
        merged["env_vars"] = {**(base.get("env_vars") or {}), **(own.get("env_vars") or {})}
    return merged


def upload(core, folder, inside=""):
    if "://" in folder:
        return folder
    folder = os.path.expanduser(folder)
    if os.path.isfile(folder) and folder.endswith(_ARCHIVES):
        with open(folder, "rb") as file:
            data = file.read()
    elif os.path.isdir(folder):
        data = pack(folder, inside)
    else:
        shown = os.path.normpath(folder)
        raise ValueError(f"directory {shown} must be an existing directory or a supported archive (.zip, .tar.gz, .tgz, .tar.xz)")
    uri = f"gcs://_ray_pkg_{hashlib.sha256(data).hexdigest()[:16]}.zip"
    core.ask("kv_put", data, key=uri)
    return uri


def pack(folder, inside=""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for root, folders, files in os.walk(folder):
            folders[:] = sorted(f for f in folders if f not in (".git", "__pycache__"))
            for name in sorted(files):
                path = os.path.join(root, name)
                info = zipfile.ZipInfo(os.path.join(inside, os.path.relpath(path, folder)))
                info.external_attr = (os.stat(path).st_mode & 0o777) << 16
                with open(path, "rb") as file:
                    archive.writestr(info, file.read())
    return out.getvalue()

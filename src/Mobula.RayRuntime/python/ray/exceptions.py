"""Errors of the runtime, named and worded as Ray's."""
import pickle
import traceback as _traceback

__all__ = ["RayError", "RayTaskError", "RayActorError", "TaskCancelledError", "GetTimeoutError"]


class RayError(Exception):
    """Super class of all ray exception types."""

    def to_bytes(self):
        return pickle.dumps(self)


class CrossLanguageError(RayError):
    pass


class TaskCancelledError(RayError):
    def __init__(self, task_id=None, error_message=None):
        self.task_id = task_id
        self.error_message = error_message

    def __str__(self):
        if self.task_id is None:
            return "This task or its dependency was cancelled by"
        text = f"Task: TaskID({self.task_id}) was cancelled."
        return f"{text} {self.error_message}" if self.error_message else text

    def __reduce__(self):
        return TaskCancelledError, (self.task_id, self.error_message)


class RayTaskError(RayError):
    """A user's exception, with where it happened; as_instanceof_cause() also has the type of the cause."""

    def __init__(self, function_name, traceback_str, cause, proctitle=None, pid=None, ip=None, actor_repr=None, actor_id=None):
        self.function_name, self.traceback_str, self.cause = function_name, traceback_str, cause
        self.proctitle, self.pid, self.ip, self.actor_repr, self._actor_id = proctitle, pid, ip, actor_repr, actor_id
        self.args = (function_name, traceback_str, cause, proctitle, pid, ip)

    def __str__(self):
        return self.traceback_str

    def __reduce__(self):
        return RayTaskError, (self.function_name, self.traceback_str, self.cause, self.proctitle, self.pid, self.ip, self.actor_repr, self._actor_id)

    def as_instanceof_cause(self):
        cause_class = type(self.cause)
        if self.cause is None or issubclass(RayTaskError, cause_class):
            return self
        if issubclass(cause_class, RayTaskError):
            return self
        if not issubclass(cause_class, Exception):
            return self
        try:
            return self._dual(cause_class)
        except TypeError:
            return self

    def _dual(self, cause_class):
        error = self

        class cls(RayTaskError, cause_class):
            def __init__(self, cause):
                self.cause = cause
                self.args = (cause,)

            def __getattr__(self, name):
                return getattr(self.cause, name)

            def __str__(self):
                return error.traceback_str

            def __reduce__(self):
                return _dual_again, (error,)

        name = f"RayTaskError({cause_class.__name__})"
        cls.__name__ = name
        cls.__qualname__ = name
        made = cls(self.cause)
        made.function_name, made.traceback_str = self.function_name, self.traceback_str
        made.pid, made.ip, made.proctitle = self.pid, self.ip, self.proctitle
        made._plain = self
        return made


def _dual_again(error):
    return error.as_instanceof_cause()


class WorkerCrashedError(RayError):
    def __str__(self):
        return "The worker died unexpectedly while executing this task. Check python-core-worker-*.log files for more information."


class RayActorError(RayError):
    """The actor is dead, or cannot be reached for now."""

    base_error_msg = "The actor experienced an error before finishing this task."

    def __init__(self, actor_id=None, error_msg=None, actor_init_failed=False):
        self.actor_id, self.error_msg, self._actor_init_failed = actor_id, error_msg or self.base_error_msg, actor_init_failed
        super().__init__(self.error_msg)

    def __str__(self):
        return self.error_msg

    def __reduce__(self):
        return type(self), (self.actor_id, self.error_msg, self._actor_init_failed)

    @property
    def actor_init_failed(self):
        return self._actor_init_failed


class ActorDiedError(RayActorError):
    base_error_msg = "The actor died unexpectedly before finishing this task."


class ActorUnavailableError(RayActorError):
    base_error_msg = "The actor is temporarily unavailable."


class RaySystemError(RayError):
    def __init__(self, client_exc, traceback_str=None):
        self.client_exc, self.traceback_str = client_exc, traceback_str

    def __str__(self):
        return f"System error: {self.client_exc}" + (f"\ntraceback: {self.traceback_str}" if self.traceback_str else "")


class UserCodeException(RayError):
    pass


class ObjectStoreFullError(RayError):
    pass


class OutOfDiskError(RayError):
    pass


class OutOfMemoryError(RayError):
    pass


class NodeDiedError(RayError):
    pass


class ObjectLostError(RayError):
    def __init__(self, object_ref_hex="", owner_address=None, call_site=""):
        self.object_ref_hex, self.owner_address, self.call_site = object_ref_hex, owner_address, call_site

    def __str__(self):
        return f"Failed to retrieve object {self.object_ref_hex}. All copies of the object are lost."

    def __reduce__(self):
        return type(self), (self.object_ref_hex, self.owner_address, self.call_site)


class ObjectFetchTimedOutError(ObjectLostError):
    pass


class ReferenceCountingAssertionError(ObjectLostError, AssertionError):
    pass


class ObjectFreedError(ObjectLostError):
    def __str__(self):
        return f"Failed to retrieve object {self.object_ref_hex}. The object was freed: no process holds a reference to it any more."


class OwnerDiedError(ObjectLostError):
    pass


class ObjectReconstructionFailedError(ObjectLostError):
    pass


class GetTimeoutError(RayError, TimeoutError):
    pass


class PlasmaObjectNotAvailable(RayError):
    pass


class AsyncioActorExit(RayError):
    pass


class RuntimeEnvSetupError(RayError):
    def __init__(self, error_message=None):
        self.error_message = error_message

    def __str__(self):
        return "\n".join(["Failed to set up runtime environment.", self.error_message or ""])


class TaskPlacementGroupRemoved(RayError):
    def __str__(self):
        return "The placement group corresponding to this task has been removed."


class ActorPlacementGroupRemoved(RayError):
    def __str__(self):
        return "The placement group corresponding to this Actor has been removed."


class PendingCallsLimitExceeded(RayError):
    pass


class TaskUnschedulableError(RayError):
    def __init__(self, error_message=""):
        self.error_message = error_message

    def __str__(self):
        return f"The task is not schedulable: {self.error_message}"


class ActorUnschedulableError(RayError):
    def __init__(self, error_message=""):
        self.error_message = error_message

    def __str__(self):
        return f"The actor is not schedulable: {self.error_message}"


class ActorAlreadyExistsError(ValueError, RayError):
    pass


class ActorHandleNotFoundError(ValueError, RayError):
    pass


class LocalRayletDiedError(RayError):
    def __str__(self):
        return "The task's local raylet died. Check raylet.out for more information."


class UnserializableException(RayError):
    pass


class AuthenticationError(RayError):
    pass


_INSIDE = ("/ray/_private/", "/ray/remote_function", "/ray/actor.py", "/concurrent/futures/")


def task_error(error, name, pid, ip, actor_id=None, actor_repr=None):
    """Makes the error that a task's caller gets: the user's frames only, then the exception."""
    if isinstance(error, RayTaskError) and getattr(error, "_plain", None) is not None:
        inner = error._plain
    else:
        inner = error
    place = f"pid={pid}, ip={ip}"
    if actor_id:
        place += f", actor_id={actor_id}"
        if actor_repr is not None:
            place += f", repr={actor_repr}"
    text = f"\x1b[36mray::{name}()\x1b[39m ({place})\n" + user_traceback(error)
    cause = inner.cause if isinstance(inner, RayTaskError) else error
    return RayTaskError(name, text, cause, proctitle=f"ray::{name}", pid=pid, ip=ip, actor_repr=actor_repr, actor_id=actor_id)


def user_traceback(error, seen=None):
    seen = seen or set()
    seen.add(id(error))
    text = ""
    if error.__cause__ is not None and id(error.__cause__) not in seen:
        text += user_traceback(error.__cause__, seen) + "\n\nThe above exception was the direct cause of the following exception:\n\n"
    elif error.__context__ is not None and not error.__suppress_context__ and id(error.__context__) not in seen:
        text += user_traceback(error.__context__, seen) + "\n\nDuring handling of the above exception, another exception occurred:\n\n"
    if text:
        text += "Traceback (most recent call last):\n"
    summary = _traceback.TracebackException(type(error), error, error.__traceback__, compact=True)
    frames = [f for f in summary.stack if not any(part in f.filename for part in _INSIDE)]
    text += "".join(_traceback.StackSummary.from_list(frames).format())
    if isinstance(error, RayTaskError):
        text += str(error)
    else:
        text += "".join(_traceback.format_exception_only(type(error), error)).rstrip("\n")
    return text


def from_failure(failure):
    """The exception for what the head says about an object without value."""
    kind = failure.get("kind")
    if kind == "TaskCancelledError":
        return TaskCancelledError(failure.get("task"))
    if kind == "WorkerCrashedError":
        return WorkerCrashedError()
    if kind in ("ObjectLostError", "ObjectFreedError"):
        return globals()[kind](failure.get("id", ""))
    if kind == "RuntimeEnvSetupError":
        return RuntimeEnvSetupError(failure.get("text"))
    if kind in ("TaskUnschedulableError", "ActorUnschedulableError"):
        return globals()[kind](failure.get("text"))
    if kind in ("TaskPlacementGroupRemoved", "ActorPlacementGroupRemoved"):
        return globals()[kind]()
    if kind == "ActorDiedError":
        if failure.get("creation"):
            text = "The actor died because of an error raised in its creation task, " + failure["creation"]
            return ActorDiedError(failure.get("actor"), text, True)
        lines = ["The actor died unexpectedly before finishing this task."]
        if failure.get("class"):
            lines.append(f"\tclass_name: {failure['class']}")
            lines.append(f"\tactor_id: {failure['actor']}")
            if failure.get("started"):
                lines.append(f"\tpid: {failure['pid']}")
            if failure.get("name"):
                lines.append(f"\tname: {failure['name']}")
            lines.append(f"\tnamespace: {failure['namespace']}")
            if failure.get("started"):
                lines.append(f"\tip: {failure['ip']}")
        if failure.get("text"):
            lines.append(failure["text"])
        return ActorDiedError(failure.get("actor"), "\n".join(lines))
    return RaySystemError(failure.get("text", kind))

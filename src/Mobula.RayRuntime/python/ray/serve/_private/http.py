"""A deployment as an ASGI application: what it returns becomes a response."""
import inspect
import traceback
import sys


def as_asgi(replica, route_prefix):
    """The user's own ASGI application below its prefix, or one that calls the deployment with a starlette Request."""
    build = getattr(type(replica.callable), "__serve_asgi_app__", None)
    inner = build() if build is not None else None
    if inner is not None and not inspect.iscoroutinefunction(getattr(inner, "__call__", None)) and callable(inner) and not hasattr(inner, "router"):
        inner = inner()
    prefix = route_prefix.rstrip("/")

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            if inner is not None:
                return await inner(scope, receive, send)
            return await _lifespan(receive, send)
        replica.ongoing += 1
        try:
            if inner is not None:
                # Frameworks of this age take the path as what is left below root_path.
                path = scope["path"][len(prefix):] or "/"
                await inner({**scope, "root_path": prefix, "path": path, "raw_path": path.encode()}, receive, send)
            else:
                await _answer(replica, scope, receive, send)
        finally:
            replica.ongoing -= 1

    return app


async def _lifespan(receive, send):
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _answer(replica, scope, receive, send):
    from starlette.requests import Request
    began = False

    async def sending(message):
        nonlocal began
        began = True
        await send(message)

    try:
        method = replica.method("__call__")
        result = await replica.run(method, *_arguments(method, Request(scope, receive, send)))
        await response_of(result)(scope, receive, sending)
    except Exception:
        traceback.print_exc(file=sys.stderr)
        if not began:
            body = b"Internal Server Error"
            await send({"type": "http.response.start", "status": 500, "headers": [(b"content-length", str(len(body)).encode())]})
            await send({"type": "http.response.body", "body": body})


def _arguments(method, request):
    """Deployments may leave the request out of their signature."""
    try:
        return [request] if inspect.signature(method).parameters else []
    except (TypeError, ValueError):
        return [request]


def response_of(result):
    from starlette.responses import JSONResponse, Response, StreamingResponse
    if isinstance(result, Response):
        return result
    if inspect.isgenerator(result) or inspect.isasyncgen(result):
        return StreamingResponse(result, media_type="text/plain")
    if isinstance(result, bytes):
        return Response(result, media_type="application/octet-stream")
    if isinstance(result, str):
        return Response(result, media_type="text/plain")
    return JSONResponse(_plain(result))


def _plain(value):
    """NumPy's, pandas' and pydantic's values as JSON's."""
    if hasattr(value, "dict") and hasattr(value, "__fields__"):
        return _plain(value.dict())
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return value.to_dict(orient="records")
    if hasattr(value, "tolist") and hasattr(value, "dtype"):
        return value.tolist()
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(v) for v in value]
    return value

"""An ASGI application as a deployment's way in; FastAPI routes that are methods get their instance."""
import inspect


def ingress(app):
    """Lets an ASGI application (or a builder of one) answer the requests of the decorated class."""

    def decorate(cls):
        if not inspect.isclass(cls):
            raise ValueError("@serve.ingress must be used with a class.")
        _bind_methods(app, cls)

        class Ingress(cls):
            __serve_asgi_app__ = staticmethod(lambda: app)

        Ingress.__name__, Ingress.__qualname__, Ingress.__module__, Ingress.__doc__ = cls.__name__, cls.__qualname__, cls.__module__, cls.__doc__
        return Ingress

    return decorate


def _instance():
    from ray.serve import context
    return context.replica.servable_object


def _bind_methods(app, cls):
    """Routes declared in the class body have a `self` that FastAPI must not read from the request."""
    routes = getattr(app, "routes", None)
    if routes is None or not hasattr(app, "include_router"):
        return
    from fastapi import APIRouter, Depends
    from fastapi.routing import APIRoute
    own = [r for r in routes if isinstance(r, APIRoute) and r.endpoint.__qualname__.startswith(cls.__qualname__ + ".")]
    if not own:
        return
    router = APIRouter()
    for route in own:
        app.routes.remove(route)
        signature = inspect.signature(route.endpoint)
        first, *rest = signature.parameters.values()
        bound = [first.replace(default=Depends(_instance)), *[p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in rest]]
        route.endpoint.__signature__ = signature.replace(parameters=bound)
        router.routes.append(route)
    # FastAPI reads the signature when it includes the routes anew.
    app.include_router(router)

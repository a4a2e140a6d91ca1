"""The token that a cluster started with RAY_AUTH_MODE=token asks of everybody."""
import os


def mode():
    return "token" if os.environ.get("RAY_AUTH_MODE") == "token" else "disabled"


def token():
    """The token of this process where the mode is token; else None."""
    if mode() != "token":
        return None
    given = os.environ.get("RAY_AUTH_TOKEN")
    if given:
        return given
    path = os.environ.get("RAY_AUTH_TOKEN_PATH") or os.path.expanduser("~/.ray/auth_token")
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return None


def refused():
    from ray.exceptions import AuthenticationError
    note = "" if mode() == "token" else "Note: RAY_AUTH_MODE is currently 'disabled' (not 'token'). "
    return AuthenticationError(
        f"RPC error: InvalidAuthToken: Authentication token is missing or incorrect. {note}Ensure that the token for the cluster is available in a local file (e.g., "
        "~/.ray/auth_token or via RAY_AUTH_TOKEN_PATH) or as the `RAY_AUTH_TOKEN` environment variable. To generate a token for local development, use "
        "`ray get-auth-token --generate` For remote clusters, ensure that the token is propagated to all nodes of the cluster when token authentication is enabled. "
        "For more information, see: https://docs.ray.io/en/latest/ray-security/token-auth.html")

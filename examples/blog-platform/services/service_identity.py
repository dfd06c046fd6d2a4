"""How the services know each other where no user stands behind a call.

Each has a token of its own, made anew by whoever starts the platform, so that a stolen one opens
only what that service may do. In a real network mutual TLS (a mesh, SPIFFE) takes their place.
"""

import hmac
import os

from aiohttp import web


def service_token(service: str) -> str:
    """Returns the token that proves to be `service`.

    Raises:
        RuntimeError: there is none; it has no default, so that nobody relies on one.
    """
    token = os.environ.get(f"{service.upper()}_SERVICE_TOKEN", "")
    if len(token) < 32:
        raise RuntimeError(f"{service.upper()}_SERVICE_TOKEN must have 32 characters or more")
    return token


def authorization_of(service: str) -> dict[str, str]:
    """Returns the header with which `service` calls another one."""
    return {"Authorization": f"Bearer {service_token(service)}"}


def require_service(request: web.Request, *services: str) -> str:
    """Returns which of `services` calls.

    Raises:
        HTTPUnauthorized: none of them does.
    """
    given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
    for service in services:
        if hmac.compare_digest(given, f"Bearer {service_token(service)}".encode()):
            return service
    raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"})

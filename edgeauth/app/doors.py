"""Which settings have no effect at a door; another process may read the same file for them."""

from collections.abc import Iterator

from edgeauth.app.blueprint import Mode
from edgeauth.config.models.configuration import Configuration


def without_effect(mode: Mode, configuration: Configuration) -> Iterator[str]:
    """Yields the settings that are configured, and of which a door takes no notice.

    Args:
        mode: the door.
        configuration: of the process.
    """
    serve, upstreams = configuration.serve, configuration.upstreams
    if mode is Mode.PROXY:
        if "accepted" in serve.respond.statuses.model_fields_set:
            yield "serve.respond.with.accepted"
        return
    if serve.cors is not None:
        yield "serve.cors"
    if "connections_limit" in serve.model_fields_set:
        yield "serve.connections_limit"
    shown = None if serve.tls is None else serve.tls.client_certificates
    if shown is not None and shown.forward != "none":
        yield "serve.tls.client_certificates.forward"
    yield from (f"upstreams.{name}" for name in ("tls", "timeouts") if getattr(upstreams, name))

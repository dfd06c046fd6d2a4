"""The metrics door: what was counted, for Prometheus, on a port of its own.

Trust: whoever can reach the port may ask, over plain HTTP; by default that is this machine.
"""

from collections.abc import Callable

from aiohttp import hdrs, web

from edgeauth.listeners.management import pages_at
from edgeauth.listeners.operators import SERVER, Handler

Render = Callable[[str], tuple[bytes, str]]


def metrics_application(render: Render) -> Handler:
    """Returns what serves `/metrics`.

    Args:
        render: gets `Accept`; returns the text and its media type.
    """

    def metrics(request: web.BaseRequest) -> web.Response:
        text, media_type = render(request.headers.get(hdrs.ACCEPT, ""))
        kept = {hdrs.CONTENT_TYPE: media_type, hdrs.CACHE_CONTROL: "no-store", **SERVER}
        return web.Response(body=text, headers=kept)

    return pages_at({"/metrics": metrics})

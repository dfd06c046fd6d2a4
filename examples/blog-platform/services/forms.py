"""Forms, and who may send them.

Trust: any web page can make a browser post a form to us, with our cookies where they are not
held back (SameSite). The Origin field says whose page it was; a browser always sends it.
"""

from collections.abc import Mapping

from aiohttp import web
from serving import address_of


def refuse_foreign_forms(request: web.Request, *pages_of: str) -> None:
    """Refuses a form that a page of somebody else sent; programs send no Origin and pass.

    Args:
        request: a request that changes something.
        pages_of: the parts of the platform whose pages may send it, e.g. `edge`.

    Raises:
        HTTPForbidden: the page was not one of them.
    """
    origin = request.headers.get("Origin")
    if origin is not None and origin not in {address_of(part).url for part in pages_of}:
        raise web.HTTPForbidden(text="this form was sent by another site")


def text_field(form: Mapping[str, object], name: str, most: int) -> str:
    """Returns a field of a form or of a JSON object, trimmed.

    Raises:
        HTTPBadRequest: it is missing, empty, not text, or has more than `most` characters.
    """
    value = form.get(name)
    text = value.strip() if isinstance(value, str) else ""
    # JSON can say half a character (a lone surrogate); no page could ever show it.
    is_text = text.encode(errors="replace").decode() == text
    if not text or not is_text or len(text) > most:
        raise web.HTTPBadRequest(text=f"{name} must have 1 to {most} characters")
    return text

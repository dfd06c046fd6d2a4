"""Where the login page may send a browser back to.

Trust: `return_to` stands in a link that anybody may write. A login page that follows it anywhere
makes every phishing link begin with our name.
"""

from urllib.parse import urlsplit


def find_return_target(text: str, origin: str) -> str | None:
    """Returns an absolute URL below `origin`, if `text` says exactly such a one, else None.

    Takes `http://127.0.0.1:4455/profile` or `/profile`. Refuses what a browser may read otherwise
    than we do: another origin in any spelling, user info, `//host`, backslashes (browsers take them
    for slashes), blanks and controls (browsers drop some of them), and non-ASCII characters.

    Args:
        text: as received.
        origin: scheme, host and port, without a trailing slash.

    Source:
        WHATWG URL, "URL parsing": backslashes, tabs and newlines.
    """
    if len(text) > 2048 or not text.isascii() or "\\" in text:
        return None
    if any(character <= " " or character == "\x7f" for character in text):
        return None
    path = text.removeprefix(origin) if text.startswith(f"{origin}/") else text
    if not path.startswith("/") or path.startswith("//"):
        return None
    target = origin + path
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    return target if f"{parts.scheme}://{parts.netloc}" == origin else None

"""The table of limits says what the models and the fixed limits say."""

import re

from docs.generated.models import settings
from edgeauth.config.models.configuration import Configuration
from edgeauth.listeners.arrivals import Reception
from edgeauth.listeners.limits import Limits
from tests.docs.pages import ROOT

_ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| [^|]+ \|$", re.MULTILINE)
_SECTIONS = ("serve.limits.", "serve.buffer_limit.", "serve.timeout.")
_WITHOUT_EFFECT = "serve.buffer_limit.write"
ROWS = _ROW.findall((ROOT / "docs" / "limits.md").read_text("utf-8"))


def test_every_setting_that_limits_clients_is_listed_with_its_default():
    told = {
        found.group(1): default.strip("`")
        for _, setting, default in ROWS
        if (found := re.match(r"`(serve\.[a-z_.]+)`", setting))
    }
    known = {
        setting.key: setting.default.strip("`")
        for setting in settings(Configuration)
        if setting.key.startswith(_SECTIONS) and setting.key != _WITHOUT_EFFECT
    }

    assert told == known


def test_fixed_limits_are_what_they_are():
    told = {what: default.split()[0] for what, setting, default in ROWS if setting == "fixed"}
    limits, reception = Limits(), Reception()

    assert told == {
        "Request target": str(limits.target_octets),
        "Fields of a head": str(limits.head_fields),
        "[Handshakes](tls.md) and PROXY headers under way": str(reception.pending),
        "The same from one address": str(reception.pending_per_address),
        "Trailer fields": str(limits.trailer_fields),
    }

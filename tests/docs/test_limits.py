"""The table of limits says what the models and the fixed limits say."""

import re

from docs.generated.models import settings
from edgeauth.config.models.configuration import Configuration
from edgeauth.listeners.arrivals import Reception
from edgeauth.listeners.limits import Limits
from edgeauth.listeners.reading import TURN_OCTETS
from edgeauth.listeners.timing import FAREWELL_SECONDS
from edgeauth.services.listener_status import Limited, Refused
from tests.docs.pages import ROOT

_ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| [^|]+ \| ([^|]*?) ?\|$", re.MULTILINE)
_SECTIONS = ("limits.", "buffer_limit.", "timeout.", "connections_limit.max_per_host")
_LISTENERS = ("serve.", "management.")
_WITHOUT_EFFECT = {"serve.buffer_limit.write", "management.buffer_limit.write"}
ROWS = _ROW.findall((ROOT / "docs" / "limits.md").read_text("utf-8"))


def test_every_setting_that_limits_clients_is_listed_with_its_default():
    told = {
        found.group(1): default.split()[0].strip("`")
        for _, setting, default, _ in ROWS
        if (found := re.match(r"`((?:serve|management)\.[a-z_.]+)`", setting))
    }
    known = {
        setting.key: setting.default.strip("`")
        for setting in settings(Configuration)
        if setting.key.partition(".")[2].startswith(_SECTIONS)
        and setting.key.startswith(_LISTENERS)
        and setting.key not in _WITHOUT_EFFECT
    }

    assert told == known


def test_fixed_limits_are_what_they_are():
    told = {what: default.split()[0] for what, setting, default, _ in ROWS if setting == "fixed"}
    limits, reception = Limits(), Reception()

    assert told == {
        "[Handshakes](tls.md) and PROXY headers under way": str(reception.pending),
        "The same from one address": str(reception.pending_per_address),
        "Trailer fields": str(limits.trailer_fields),
        "Octets in which requests begin that are read from one client in a turn": str(TURN_OCTETS),
        "Time for something to come once the client has ended its half of the connection": str(
            int(FAREWELL_SECONDS)
        ),
    }


def test_every_limit_says_how_it_is_counted():
    told = {label for *_, counted in ROWS for label in re.findall(r"`([a-z_]+)`", counted)}

    refused = {Refused.OVERLOAD.value, Refused.TIMEOUT.value}
    assert told == {limit.value for limit in Limited} | refused

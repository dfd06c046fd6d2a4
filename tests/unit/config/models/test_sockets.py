"""Unix sockets in rules and in the configuration."""

import pytest
from pydantic import ValidationError

from edgeauth.config.models.rules import ForwardTo
from edgeauth.config.models.sockets import UnixSocket
from edgeauth.config.models.upstreams import Upstreams

PATHS = [
    "",
    "/",
    "x.sock",
    "//x",
    "/run//x",
    "/run/./x",
    "/run/..",
    "/../x",
    "/run/x\0",
    "/run/x\n",
    "/run/%2e%2e/x",
    "/run/x y",
    "/run/é",
    "@abstract",
    "\0abstract",
    "/run/\\x",
    "/run/x?y",
    "/" + "x" * 107,
]


@pytest.mark.parametrize("path", PATHS, ids=repr)
def test_a_path_that_is_not_plainly_one_is_no_upstream(path):
    with pytest.raises(ValidationError):
        ForwardTo.model_validate({"host": f"unix:{path}"})


@pytest.mark.parametrize("host", ["UNIX:/run/x", "unix:", "unix://run/x", "/run/x", "unix:/run/x/"])
def test_other_spellings_are_refused(host):
    with pytest.raises(ValidationError):
        ForwardTo.model_validate({"host": host})


@pytest.mark.parametrize("path", ["", "/", "run/x", "/run//", "/run/../", "/run/x\n", "@x", 1])
def test_a_place_that_is_no_path_is_refused(path):
    with pytest.raises(ValidationError):
        Upstreams.model_validate({"sockets": [path]})


@pytest.mark.parametrize("path", ["/run/x.sock", "/run/a-b_c:1@2+3", "/x", "/run/..x", "/run/x."])
def test_a_path_is_a_socket(path):
    assert ForwardTo.model_validate({"host": f"unix:{path}"}).host == UnixSocket(path)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/run/orders.sock", True),
        ("/run/services/a.sock", True),
        ("/run/services/deeper/a.sock", False),
        ("/run/services", False),
        ("/run/orders.sock2", False),
        ("/run/container.sock", False),
    ],
)
def test_rules_may_name_what_is_listed(path, allowed):
    found = Upstreams.model_validate({"sockets": ["/run/orders.sock", "/run/services/"]})
    assert found.allows(UnixSocket(path)) is allowed
    assert not Upstreams().allows(UnixSocket(path))

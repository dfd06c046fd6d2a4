import pytest

from edgeauth.model.errors import Malformed
from edgeauth.wire.certificate_details import common_name, parse_details
from tests.fakes.certificates import BEGIN, END
from tests.fakes.client_certificates import CLIENT, ISSUER, SERVER, shown


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "O=shop",
        "CN=a,CN=b",
        "CN=a+CN=b",
        "CN=a\\00b",
        "CN=a\\0Ab",
        "CN=a\\E2\\80\\A8",
        "CN=",
        "orders",
        "CN=a" * 2000,
    ],
    ids=[
        "nothing", "none", "two", "two-of-one-part", "attack-152-nul", "attack-152-line-break",
        "line-separator", "empty", "no-name", "too-long",
    ],
)  # fmt: skip
def test_what_is_not_exactly_one_common_name_is_malformed(subject):
    with pytest.raises(Malformed):
        common_name(subject)


def test_a_common_name_is_unescaped():
    assert common_name("O=shop,CN=a\\, b") == "a, b"


@pytest.mark.parametrize(
    ("usages", "fits"),
    [((), True), ((CLIENT,), True), ((SERVER, CLIENT), True), ((SERVER,), False)],
)
def test_a_certificate_is_for_clients_if_it_says_so_or_nothing(usages, fits):
    assert parse_details(shown(usages=usages).der).for_clients is fits


def test_everything_else_is_as_it_stands_there():
    found = parse_details(shown(authority=True).der)

    assert (found.issuer, found.serial, found.is_authority) == (ISSUER, "abc", True)
    assert (found.not_before, found.not_after) == (BEGIN.timestamp(), END.timestamp())


def test_no_certificate_is_malformed():
    with pytest.raises(Malformed):
        parse_details(b"0")

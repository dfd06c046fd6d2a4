import pytest

from edgeauth.config.spelling import did_you_mean, nearest, quoted

KNOWN = ["google", "anonymous", "ID"]


def test_nothing_is_suggested_for_what_resembles_no_known_name():
    assert did_you_mean("ldap", KNOWN) == ""
    assert did_you_mean("google", []) == ""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("x" * 100_000, id="one letter"),
        pytest.param("google" * 20_000, id="a known name many times"),
        pytest.param("x" * 61, id="one character too long"),
    ],
)
def test_a_hostile_long_name_is_not_compared_with_any(name: str):
    assert nearest(name, [name[:-1], name, name.upper()]) == ""


def test_a_near_name_is_suggested():
    assert did_you_mean("googel", KNOWN) == 'did you mean "google"?'


def test_the_same_letters_in_another_case_are_the_nearest():
    assert nearest("id", ["ids", "idx", "ID"]) == "ID"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("a\x1b[31m\n", '"a�[31m�"', id="control-characters"),
        pytest.param("x" * 100, '"' + "x" * 59 + '…"', id="long"),
    ],
)
def test_names_in_messages_are_harmless(name: str, shown: str):
    assert quoted(name) == shown

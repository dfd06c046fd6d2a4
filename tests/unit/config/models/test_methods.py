import pytest
from pydantic import TypeAdapter, ValidationError

from edgeauth.config.models.methods import STANDARD, Methods, allowed_methods

METHODS: TypeAdapter[tuple[str, ...]] = TypeAdapter(Methods)


@pytest.mark.parametrize(
    "methods",
    [
        pytest.param([""], id="empty"),
        pytest.param(["!"], id="only-a-mark"),
        pytest.param(["!GET"], id="56-only-exclusions"),
        pytest.param(["GET", "!GET"], id="56-nothing-left"),
        pytest.param(["ALL", *(f"!{name}" for name in STANDARD)], id="56-all-excluded"),
        pytest.param(["get"], id="lower-case"),
        pytest.param(["GET", "!Post"], id="excluded-in-lower-case"),
        pytest.param(["all"], id="all-in-lower-case"),
        pytest.param(["GET POST"], id="blank"),
        pytest.param(["GÉT"], id="beyond-ascii"),
        pytest.param(["GET\n"], id="line-feed"),
        pytest.param([5], id="number"),
    ],
)
def test_lists_that_can_not_be_meant_are_refused(methods: list[object]):
    with pytest.raises(ValidationError):
        METHODS.validate_python(methods)


@pytest.mark.parametrize(
    ("methods", "allowed"),
    [
        pytest.param([], None, id="empty-means-every-method"),
        pytest.param(["GET", "GET"], {"GET"}, id="twice"),
        pytest.param(["ALL"], set(STANDARD), id="all"),
        pytest.param(["ALL", "!TRACE"], set(STANDARD) - {"TRACE"}, id="all-but-one"),
        pytest.param(["!TRACE", "ALL"], set(STANDARD) - {"TRACE"}, id="order-does-not-matter"),
        pytest.param(["ALL", "PROPFIND"], {*STANDARD, "PROPFIND"}, id="custom"),
    ],
)
def test_a_list_lets_its_methods_pass(methods: list[str], allowed: set[str] | None):
    assert allowed_methods(METHODS.validate_python(methods)) == allowed

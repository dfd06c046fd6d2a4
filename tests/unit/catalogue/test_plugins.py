import pytest

from edgeauth.catalogue.plugins import registry_for
from edgeauth.config.errors import Collector
from edgeauth.config.read import read_configuration
from edgeauth.config.specification import Specification
from edgeauth.mechanisms.builtins import TYPES
from edgeauth.ports.declare import Kind, mechanism


def made(name, kind=Kind.AUTHORIZER):
    return mechanism(kind, name, Specification, lambda *_: None)


def registry(packages, text="plugins: [acme, other]\n"):
    """Returns the registry, and what is told with its place."""
    problems = Collector()

    def load(package):
        found = packages[package]
        if isinstance(found, ValueError):
            raise found
        return found

    known = registry_for(read_configuration(text, "edgeauth.yaml", {}), TYPES, load, problems)
    return known, [(one.line, one.column, one.message) for one in problems.found]


def test_nothing_is_asked_for_that_is_not_named():
    known, told = registry({}, "version: ''\n")

    assert told == []
    assert known.names(Kind.AUTHORIZER) == ["allow", "cel", "deny", "remote"]


@pytest.mark.parametrize(
    ("packages", "told"),
    [
        (
            {"acme": ValueError("it is not there"), "other": ValueError("nor is this")},
            [(1, 11, "it is not there"), (1, 17, "nor is this")],
        ),
        (
            {"acme": [made("cel")], "other": [made("own")]},
            [(1, 11, 'authorizer type "cel" is there already, of edgeauth itself')],
        ),
        (
            {"acme": [made("own")], "other": [made("own")]},
            [(1, 17, 'authorizer type "own" is there already, of package "acme"')],
        ),
        (
            {"acme": [made("own"), made("own")], "other": []},
            [(1, 11, 'authorizer type "own" is there already, of the same package')],
        ),
    ],
    ids=["errors-of-loading", "name-of-a-builtin", "name-of-another-package", "name-twice"],
)
def test_what_is_wrong_with_a_package_is_told_where_it_is_named(packages, told):
    known, found = registry(packages)

    assert found == told
    builtin = next(each for each in TYPES if each.name == "cel")
    assert known.find(Kind.AUTHORIZER, "cel") is builtin


def test_a_type_of_another_kind_may_have_the_same_name():
    known, told = registry({"acme": [made("cel", Kind.FINALIZER)], "other": []})

    assert told == []
    assert known.find(Kind.FINALIZER, "cel") is not None

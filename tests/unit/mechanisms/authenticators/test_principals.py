import pytest

from edgeauth.config.decode import decode
from edgeauth.config.document import read_documents
from edgeauth.config.errors import ConfigurationError
from edgeauth.mechanisms.authenticators.principals import PrincipalSpecification
from edgeauth.model.errors import Fault, Reason
from edgeauth.wire.json import loads


def extracted(claims, **paths):
    specification = PrincipalSpecification.model_validate({"id": "id", **paths})
    found = loads(claims)
    assert isinstance(found, dict)
    return specification.extract(found, b"evidence", None)


@pytest.mark.parametrize(
    ("claims", "paths"),
    [
        pytest.param("{}", {}, id="no-id"),
        pytest.param('{"id": ""}', {}, id="empty"),
        pytest.param('{"id": true}', {}, id="boolean"),
        pytest.param('{"id": ["a"]}', {}, id="list"),
        pytest.param('{"id": "a\\nb"}', {}, id="two-lines"),
        pytest.param('{"id": "a", "b": 1}', {"attributes": "b"}, id="attributes-no-object"),
        pytest.param('{"id": "a"}', {"attributes": "b"}, id="no-attributes"),
        pytest.param(
            '{"id": "a", "b": ' + "9" * 400 + "}", {}, id="attack-111-number-beyond-a-double"
        ),
    ],
)
def test_claims_without_an_identity_are_a_fault(claims, paths):
    with pytest.raises(Fault) as caught:
        extracted(claims, **paths)

    assert caught.value.reason is Reason.INTERNAL


@pytest.mark.parametrize(
    ("number", "printed"),
    [
        ("42", "42"),
        ("12345678901234567890", "12345678901234567890"),
        ("12345678901234567891", "12345678901234567891"),
        ("-7", "-7"),
        ("1.0", "1"),
        ("1e6", "1000000"),
        ("1.50", "1.5"),
        ("1e-7", "0.0000001"),
        ("1e21", "1000000000000000000000"),
    ],
)
def test_a_number_that_is_the_id_keeps_every_digit(number, printed):
    assert extracted(f'{{"id": {number}}}').id == printed


def test_numbers_among_the_attributes_are_doubles():
    attributes = extracted('{"id": 7, "level": {"n": [1, 2.5]}, "flag": true}').attributes

    assert repr(attributes) == "{'id': 7.0, 'level': {'n': [1.0, 2.5]}, 'flag': True}"


def test_attributes_by_name_are_those_that_their_paths_lead_to():
    attributes = {"mail": "contact.email", "roles": "realm.roles", "none": "nowhere", "no": "null"}
    claims = '{"id": "a", "contact": {"email": "a@b"}, "realm": {"roles": ["x"]}, "null": null}'

    principal = extracted(claims, attributes=attributes)

    assert principal.attributes == {"mail": "a@b", "roles": ["x"], "no": None}


def test_principals_with_other_attributes_are_told_apart():
    claims = '{"id": "a", "b": {"x": 1}, "x": 1}'
    wanted = [{"x": "b.x"}, {"x": "x"}, {"y": "x"}, {"x": "x", "y": "x"}, "b", "@this"]

    assert len({extracted(claims, attributes=each).fingerprint for each in wanted}) == len(wanted)


@pytest.mark.parametrize(
    ("attributes", "place", "column"),
    [
        ('{mail: "a|b"}', 'mail: "a|b"', 8),
        ("{mail: 5}", "mail: 5", 6),
        ("{mail: {a: b}}", "mail: {a", 6),
        ('"a|b"', '"a|b"', 2),
        ("{}", "{}", 0),
        ("[a]", "[a]", 0),
    ],
)
def test_a_path_that_is_none_is_refused_at_its_place(attributes, place, column):
    text = f"{{id: sub, attributes: {attributes}}}"
    (node,) = read_documents(text, "edgeauth.yaml")

    with pytest.raises(ConfigurationError) as caught:
        decode(PrincipalSpecification, node)

    (problem,) = caught.value.problems
    assert problem.column == text.index(place) + column + 1

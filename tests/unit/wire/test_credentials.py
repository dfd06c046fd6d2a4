import base64

import pytest

from edgeauth.model.errors import Malformed
from edgeauth.model.request import Headers, Request
from edgeauth.wire.credentials import (
    MAX_PARAMETERS,
    BodySource,
    CookieSource,
    Credential,
    HeaderSource,
    QuerySource,
    find_credential,
    split_basic,
)

BEARER = HeaderSource("Authorization", "Bearer")
SOURCES = (BEARER, CookieSource("session"), QuerySource("access_token"))


class _Body:
    """A body that was decoded already; counts who looks at it."""

    def __init__(self, value):
        self.value = value
        self.looks = 0

    def body(self):
        self.looks += 1
        return self.value


NO_BODY = _Body("")


def request(*fields, query=""):
    return Request("GET", "https", "a.test", "/", query, Headers(fields), ("192.0.2.1",))


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(
            request((b"authorization", b"Bearer a"), (b"authorization", b"Bearer b")),
            id="attack-46-two-authorization-fields",
        ),
        pytest.param(
            request((b"authorization", b"Basic a"), (b"authorization", b"Bearer b")),
            id="attack-46-two-schemes",
        ),
        pytest.param(
            request((b"authorization", b"Bearer a"), (b"authorization", b"Bearer a")),
            id="attack-45-twice-the-same",
        ),
        pytest.param(request((b"cookie", b"session=a; session=b")), id="attack-50-two-cookies"),
        pytest.param(
            request((b"cookie", b"session=a"), (b"cookie", b"x=1;  session=b")),
            id="attack-50-two-cookie-fields",
        ),
        pytest.param(request(query="access_token=a&access_token=b"), id="attack-45-two-parameters"),
        pytest.param(
            request(query="access_token=a&acces%73_token=b"), id="attack-45-two-spellings"
        ),
        pytest.param(request(query="a&" * MAX_PARAMETERS + "access_token=a"), id="parameter-flood"),
        pytest.param(request((b"authorization", b"Bearer \xff")), id="attack-48-no-ascii"),
        pytest.param(request((b"authorization", b"Bearer a\tb")), id="tab"),
        pytest.param(request(query="access_token=a%00"), id="attack-47-nul"),
        pytest.param(request(query="access_token=a%0d%0aX:%20y"), id="attack-47-line-break"),
        pytest.param(request((b"cookie", b"session=\xc3\xa9")), id="cookie-no-ascii"),
        pytest.param(request((b"cookie", b'session="a')), id="cookie-half-quoted"),
        pytest.param(request((b"cookie", b"session =a")), id="cookie-with-a-blank-in-its-name"),
        pytest.param(request(query="access_token=%zz"), id="parameter-no-escape"),
        pytest.param(request(query="access_token=a;b"), id="parameter-semicolon"),
    ],
)
def test_an_ambiguous_credential_is_refused_and_not_passed_over(seen):
    with pytest.raises(Malformed):
        find_credential(seen, SOURCES, NO_BODY)


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(request(), id="nothing"),
        pytest.param(request((b"authorization", b"Basic YTpi")), id="another-scheme"),
        pytest.param(request((b"authorization", b"Bearer")), id="scheme-alone"),
        pytest.param(request((b"authorization", b"Bearer  ")), id="scheme-and-blanks"),
        pytest.param(request((b"authorization", b"Bearertoken")), id="no-blank"),
        pytest.param(request((b"authorization", b"Bearer\ttoken")), id="tab-is-no-blank"),
        pytest.param(request((b"x-authorization", b"Bearer a")), id="another-header"),
        pytest.param(request((b"cookie", b"Session=a; session2=b; session=")), id="other-cookies"),
        pytest.param(request(query="Access_token=a&access_token="), id="other-parameters"),
    ],
)
def test_what_is_not_there_is_none(seen):
    assert find_credential(seen, SOURCES, NO_BODY) is None


@pytest.mark.parametrize(
    ("seen", "value"),
    [
        pytest.param(request((b"authorization", b"Bearer a.b.c")), b"a.b.c", id="header"),
        pytest.param(request((b"authorization", b"bEARER  a.b.c")), b"a.b.c", id="scheme-case"),
        pytest.param(request((b"cookie", b"a=b; session=s1")), b"s1", id="cookie"),
        pytest.param(
            request((b"cookie", b"xsession=session; session=s1; a=session=s2")),
            b"s1",
            id="attack-50-a-cookie-whose-name-stands-in-others",
        ),
        pytest.param(request(query="x=1&access_token=a%2Bb+c&y"), b"a+b c", id="parameter"),
        pytest.param(
            request((b"authorization", b"Basic YTpi"), (b"cookie", b"session=s1")),
            b"s1",
            id="next-source",
        ),
        pytest.param(
            request(
                (b"cookie", b"session=s1"), (b"authorization", b"Bearer t"), query="access_token=q"
            ),
            b"t",
            id="first-source-wins",
        ),
    ],
)
def test_the_first_source_that_has_a_credential_wins(seen, value):
    assert find_credential(seen, SOURCES, NO_BODY).value == value


def test_a_header_without_scheme_counts_as_it_is():
    seen = request((b"x-api-key", b"Bearer k"))

    assert find_credential(seen, [HeaderSource("X-Api-Key")], NO_BODY).text() == "Bearer k"


def test_attack_047_a_credential_is_visible_ascii_and_nothing_else():
    for octet in range(256):
        seen = request((b"authorization", b"Bearer a%cb" % octet))
        if 0x20 <= octet <= 0x7E:
            assert find_credential(seen, SOURCES, NO_BODY).value == b"a%cb" % octet
        else:
            with pytest.raises(Malformed):
                find_credential(seen, SOURCES, NO_BODY)


def test_a_credential_does_not_show():
    credential = Credential(base64.b64encode(b"alice:hunter2"))

    assert "YWxp" not in f"{credential!r} {[credential]}"
    assert "hunter2" not in repr(split_basic(credential))


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"!!!!", id="no-base64"),
        pytest.param(b"YTpi\n", id="newline"),
        pytest.param(b"YTpiYw", id="no-padding"),
        pytest.param(base64.b64encode(b"alice"), id="no-colon"),
        pytest.param(base64.b64encode(b"a\xff:b"), id="no-utf-8"),
        pytest.param(base64.b64encode(b"a\n:b"), id="control-character"),
        pytest.param(base64.b64encode(b"a:b\0"), id="nul"),
    ],
)
def test_basic_credentials_of_another_form_are_refused(value):
    with pytest.raises(Malformed):
        split_basic(Credential(value))


@pytest.mark.parametrize(
    ("text", "user_id", "password"),
    [("alice:a:b:c", "alice", "a:b:c"), (":", "", ""), ("Jörg:pä ß", "Jörg", "pä ß")],
)
def test_the_first_colon_separates(text, user_id, password):
    assert split_basic(Credential(base64.b64encode(text.encode()))) == (user_id, password)


FORM = (b"content-type", b"application/x-www-form-urlencoded")
JSON = (b"content-type", b"application/json")
YAML = (b"content-type", b"application/yaml")
PARAMETER = BodySource("access_token")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        pytest.param(FORM, {"access_token": ["a", "b"]}, id="attack-45-two-fields"),
        pytest.param(FORM, {"access_token": ["a", "a"]}, id="attack-45-twice-the-same"),
        pytest.param(JSON, {"access_token": ["a", "b"]}, id="a-list"),
        pytest.param(JSON, {"access_token": []}, id="an-empty-list"),
        pytest.param(JSON, {"access_token": [["a"]]}, id="a-list-in-a-list"),
        pytest.param(JSON, {"access_token": 1.0}, id="a-number"),
        pytest.param(JSON, {"access_token": {"a": "b"}}, id="an-object"),
        pytest.param(JSON, {"access_token": "é"}, id="attack-48-no-ascii"),
        pytest.param(FORM, {"access_token": ["a\r\nX: y"]}, id="attack-47-line-break"),
        pytest.param(JSON, '{"access_token":', id="attack-77-malformed"),
        pytest.param(FORM, "access_token=a;access_token=b", id="a-form-of-two-readings"),
    ],
)
def test_an_ambiguous_body_parameter_is_refused(kind, value):
    with pytest.raises(Malformed):
        find_credential(request(kind), [PARAMETER], _Body(value))


@pytest.mark.parametrize(
    ("fields", "source"),
    [
        pytest.param((), PARAMETER, id="no type"),
        pytest.param(((b"content-type", b"text/plain"),), PARAMETER, id="a text"),
        pytest.param(
            ((b"content-type", b"multipart/form-data; boundary=json"),), PARAMETER, id="files"
        ),
        pytest.param((JSON,), BodySource("access_token", forms_only=True), id="JSON"),
        pytest.param((YAML,), BodySource("access_token", forms_only=True), id="YAML"),
    ],
)
def test_content_that_can_not_hold_the_parameter_is_not_looked_at(fields, source):
    body = _Body({"access_token": "a"})
    assert find_credential(request(*fields), [source], body) is None
    assert body.looks == 0


def test_content_is_not_looked_at_when_the_head_has_a_credential():
    body = _Body({"access_token": ["a"]})
    found = find_credential(
        request(FORM, (b"authorization", b"Bearer head")), [BEARER, PARAMETER], body
    )
    assert (found, body.looks) == (Credential(b"head", b"bearer"), 0)


@pytest.mark.parametrize("value", ["", {}, {"other": "a"}, {"access_token": ""}, None, [], 1.0])
def test_a_body_without_the_parameter_has_no_credential(value):
    assert find_credential(request(JSON), [PARAMETER], _Body(value)) is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [(FORM, ["token"]), (JSON, "token"), (YAML, "token"), (JSON, ["token"])],
    ids=["form", "JSON", "YAML", "a list of one"],
)
def test_a_body_parameter_that_is_one_text_is_found(kind, value):
    found = find_credential(request(kind), [BEARER, PARAMETER], _Body({"access_token": value}))
    assert found == Credential(b"token")

"""What servers see of who is calling."""

from base64 import b64decode
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from edgeauth.model.errors import Reason
from edgeauth.wire.content_digest import content_digest
from edgeauth.wire.jwa import ALGORITHMS
from edgeauth.wire.signatures import SignedRequest, parse_component, signature_base
from tests.fakes.clock import NOW
from tests.fakes.driving import run
from tests.fakes.endpoint_keys import FakeEndpointKeys
from tests.fakes.http_servers import serving
from tests.unit.services.endpoints.made import adapter, call, settings

BASIC = {"auth": {"type": "basic_auth", "config": {"user": "Aladdin", "password": "open: sesame"}}}
BASIC_FIELD = "Basic QWxhZGRpbjpvcGVuOiBzZXNhbWU="


def api_key(place, name="key", value="v"):
    return {"auth": {"type": "api_key", "config": {"in": place, "name": name, "value": value}}}


def signatures(*components, **more):
    config = {
        "signer": {"key_store": {"path": "a.pem"}, "key_id": "kid"},
        "components": list(components),
        **more,
    }
    return {"auth": {"type": "http_message_signatures", "config": config}}


def seen_by_a_server(*questions):
    """Returns the requests that a server sees; a question is made from the server's URL."""
    seen = []

    async def remember(asked):
        seen.append((asked.method, asked.raw_path, asked.headers.copy(), await asked.read()))
        return web.Response()

    async def check():
        async with serving(remember) as there, adapter(keys=KEYS) as made:
            for question in questions:
                await made.send(question(there))
            return there

    return run(check()), seen


def fields(config, **more):
    _, ((_, _, found, _),) = seen_by_a_server(lambda there: call(there, **config, **more))
    return found


KEYS = FakeEndpointKeys()


@pytest.mark.parametrize(
    ("config", "forwarded", "name", "expected"),
    [
        (BASIC, {"authorization": "Bearer client"}, "Authorization", [BASIC_FIELD]),
        (BASIC, {"x-a": "1"}, "Authorization", [BASIC_FIELD]),
        (api_key("header", "X-Key"), {"x-key": "client"}, "X-Key", ["v"]),
        (api_key("cookie"), {}, "Cookie", ["key=v"]),
        (api_key("cookie"), {"cookie": "a=b; key=client;key=c ; c=d"}, "Cookie",
         ["a=b; c=d; key=v"]),
        (api_key("cookie"), {"cookie": " key =client"}, "Cookie", ["key=v"]),
    ],
    ids=["basic-over-forwarded", "basic", "header", "cookie", "cookie-beside", "cookie-blanks"],
)  # fmt: skip
def test_nothing_that_a_client_sends_stands_in_the_place_of_a_credential(
    config, forwarded, name, expected
):
    assert fields(config, forwarded=forwarded).getall(name) == expected


def test_configured_headers_win():
    config = {**BASIC, "headers": {"authorization": "Custom x"}}
    assert fields(config).getall("Authorization") == ["Custom x"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/x", "/x?the+key=v%26%3F%23%C3%A4"),
        ("/x?a=1", "/x?a=1&the+key=v%26%3F%23%C3%A4"),
        ("/x#part", "/x?the+key=v%26%3F%23%C3%A4"),
        ("/x?", "/x?the+key=v%26%3F%23%C3%A4"),
    ],
    ids=ascii,
)
def test_a_key_in_the_query_is_encoded(url, expected):
    config = api_key("query", "the key", "v&?#ä")
    _, ((_, path, _, _),) = seen_by_a_server(lambda there: call(there + url, **config))
    assert path.replace("?&", "?") == expected


def test_a_parameter_of_the_keys_name_is_no_way_to_another_key():
    async def check():
        async with adapter() as made:
            question = call("http://localhost:1/?k%65y=other", **api_key("query"))
            fault = await made.fault_of(question)
            assert fault.reason is Reason.INTERNAL
            assert "other" not in fault.detail

    run(check())


def test_a_signature_covers_what_is_sent():
    components = ("@method", "@target-uri", "@authority", "content-digest", "content-type",
                  "content-length", "host", "X-Tenant")  # fmt: skip
    config = signatures(*components, ttl="30s", label="edge")
    there, ((method, path, found, body),) = seen_by_a_server(
        lambda there: call(
            f"{there}/v1?a=b", method="POST", body=b'{"a":1}', **config,
            headers={"Content-Type": "application/json", "X-Tenant": "shop"},
        )
    )  # fmt: skip

    assert found["Content-Digest"] == content_digest(body)
    label, _, signed = found["Signature-Input"].partition("=")
    assert label == "edge"
    parameters = dict(part.partition("=")[::2] for part in signed.split(";")[1:])
    assert int(parameters["created"]) == NOW
    assert int(parameters["expires"]) == NOW + 30
    assert parameters["keyid"] == '"kid"'
    assert parameters["tag"] == '"edgeauth"'
    assert parameters["alg"] == '"ed25519"'
    request = SignedRequest(
        method, there + path, {name.lower(): (each,) for name, each in found.items()}
    )
    ordered = [
        (name, int(value) if value.isdigit() else value.strip('"'))
        for name, value in parameters.items()
    ]
    again, base = signature_base(request, [parse_component(each) for each in components], ordered)
    assert again == signed
    signature = b64decode(found["Signature"].removeprefix("edge=:").removesuffix(":"))
    assert ALGORITHMS["Ed25519"].verify(KEYS.private_key.public_key(), signature, base)


def test_what_a_client_signed_is_not_taken_for_our_signature():
    forged = {"signature": "sig=:AA==:", "signature-input": "sig=()", "content-digest": "x"}
    found = fields(signatures("@method", "content-digest"), forwarded=forged)
    for name, value in forged.items():
        assert found.getall(name) != [value]
        assert len(found.getall(name)) == 1


def test_two_calls_are_never_signed_alike():
    config = signatures("@method")
    _, seen = seen_by_a_server(*[lambda there: call(there, **config)] * 2)
    one, other = (found["Signature-Input"] for _, _, found, _ in seen)
    assert one != other


def test_content_that_is_not_there_has_a_digest():
    found = fields(signatures("content-digest"))
    assert found["Content-Digest"] == content_digest(b"")


@pytest.mark.parametrize("component", ["content-type", "date", '@query-param;name="x"'], ids=ascii)
def test_what_is_not_there_can_not_be_signed(component):
    async def check():
        async with adapter() as made:
            question = call("http://localhost:1/?y=s3cret", **signatures(component))
            fault = await made.fault_of(question)
            assert fault.reason is Reason.INTERNAL
            assert "s3cret" not in fault.detail

    run(check())


def test_a_key_store_that_can_not_be_read_is_told_before_the_first_call():
    config = signatures("@method")
    config["auth"]["config"]["signer"]["key_store"] = {"path": "missing.pem"}

    async def check():
        async with adapter() as made:
            with pytest.raises(ValueError, match=r"missing\.pem"):
                made.endpoints.prepare(settings(**config))

    run(check())


def test_the_default_port_is_not_named_in_what_is_signed():
    # The transport leaves it out of Host, so the server can not see it.
    assert urlsplit("http://a:80").port == 80
    request = SignedRequest("GET", "http://a:80/x", {})
    _, base = signature_base(request, [parse_component("@target-uri")], ())
    assert base.startswith(b'"@target-uri": http://a/x\n')

"""Rules that read content, behind gateways that send it along and behind those that do not."""

from collections.abc import Iterator

import pytest

from tests.integration.gateways import ALICE, COMMANDS, Front, gateway, request
from tests.integration.recording import Service

pytestmark = pytest.mark.slow

SENDING = ("traefik", "envoy")


@pytest.fixture(scope="module", params=SENDING)
def sending(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    service: Service,
    decision_service: int,
) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp(request.param)
    with gateway(
        request.param, folder, asks=decision_service, before=service, with_content=True
    ) as running:
        yield running


def order(amount: int, padding: str = "") -> bytes:
    content = f'{{"amount": {amount}, "padding": "{padding}"}}'.encode()
    length = f"Content-Length: {len(content)}".encode()
    json = b"Content-Type: application/json"
    return request(b"/orders", ALICE, json, length, method=b"POST", content=content)


def test_a_condition_sees_what_is_sent_along(sending: Front):
    assert sending.refused(order(500)).status == 403
    assert b'"amount": 5,' in sending.permitted(order(5)).content


def test_what_is_longer_than_the_gateway_sends_is_refused(sending: Front):
    assert sending.refused(order(5, "x" * 1_100_000)).status in {401, 413}


def test_requests_without_content_are_as_before(sending: Front):
    assert sending.permitted(request(b"/open/x")).seen["method"] == "GET"


@pytest.mark.parametrize("front", [each for each in COMMANDS if each not in SENDING], indirect=True)
def test_a_condition_that_needs_content_refuses_where_none_is_sent_along(front: Front):
    assert front.refused(order(5)).status == 500

"""Pages of other origins, before the command as users start it."""

import http.client

import pytest

from tests.integration.processes import PATIENCE, Place

pytestmark = pytest.mark.slow

SHOP = "https://shop.test"
CORS = f"cors: {{allowed_origins: ['{SHOP}'], allowed_methods: [GET, PUT], max_age: 1m}}"
PREFLIGHT = {"Origin": SHOP, "Access-Control-Request-Method": "PUT"}


def told(
    port: int, method: str, path: str, fields: dict[str, str]
) -> tuple[int, dict[str, list[str]]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, headers=fields)
        answer = connection.getresponse()
        answer.read()
        found: dict[str, list[str]] = {}
        for name, value in answer.getheaders():
            found.setdefault(name.lower(), []).append(value)
        return answer.status, found
    finally:
        connection.close()


def test_the_proxy_answers_preflights_and_tells_who_may_read_what(place: Place):
    place.write(f"  workers: 1\n  {CORS}")
    with place.running("proxy"):
        status, fields = told(place.port, "OPTIONS", "/nowhere", PREFLIGHT)
        assert (status, fields["access-control-allow-origin"]) == (204, [SHOP])
        assert fields["access-control-max-age"] == ["60"]

        status, fields = told(
            place.port, "OPTIONS", "/open", {**PREFLIGHT, "Origin": "https://e.test"}
        )
        assert (status, fields.get("access-control-allow-origin")) == (204, None)

        for path, expected in (("/open", 200), ("/nowhere", 401)):
            status, fields = told(place.port, "GET", path, {"Origin": SHOP})
            assert (status, fields["access-control-allow-origin"]) == (expected, [SHOP])
            assert fields["vary"] == ["Origin"]

        assert "access-control-allow-origin" not in told(place.port, "GET", "/open", {})[1]
        assert told(place.port, "OPTIONS", "/nowhere", {"Origin": SHOP})[0] == 401


def test_the_decision_service_leaves_preflights_to_the_rules(place: Place):
    place.write(f"  workers: 1\n  {CORS}")
    with place.running("decision"):
        status, fields = told(place.port, "OPTIONS", "/nowhere", PREFLIGHT)

    assert status == 401
    assert "access-control-allow-origin" not in fields


def test_pages_of_known_origins_may_read_health_and_keys(place: Place):
    place.write("  workers: 1")
    text = (place.folder / "edgeauth.yaml").read_text()
    managed = f"management: {{host: 127.0.0.1, port: {place.management}"
    (place.folder / "edgeauth.yaml").write_text(text.replace(managed, f"{managed}, {CORS}"))
    with place.running("proxy"):
        status, fields = told(place.management, "GET", "/.well-known/jwks", {"Origin": SHOP})
        assert (status, fields["access-control-allow-origin"]) == (200, [SHOP])
        status, fields = told(place.management, "OPTIONS", "/.well-known/jwks", PREFLIGHT)
        assert (status, fields["access-control-allow-methods"]) == (204, ["PUT"])
        other = told(place.management, "GET", "/.well-known/jwks", {"Origin": "https://evil.test"})
        assert "access-control-allow-origin" not in other[1]

"""What starts the example: keys, ports, and a table that cannot hide a difference."""

import asyncio
import socket
import stat
from pathlib import Path

import pytest
from runner.garbage import Garbage
from runner.guide import guide
from runner.plan import NotStarted, Part, plan_on_free_ports, plan_usual
from runner.platform import Platform
from services.serving import DEFAULTS, address_of


def test_a_busy_port_is_named_together_with_who_needs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in DEFAULTS:
        monkeypatch.setenv(f"{name.upper()}_HOST", "127.0.0.1:0")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("ARTICLES_HOST", f"127.0.0.1:{port}")

        with pytest.raises(NotStarted, match=rf"Port {port} is in use, but articles needs it"):
            plan_usual(tmp_path)


@pytest.mark.parametrize("text", ["4455", ":4455", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:٤"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="EDGE_HOST must be host:port"):
        address_of("edge", {"EDGE_HOST": text})


def test_keys_are_for_their_owner_only_and_new_each_time(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    first = plan_on_free_ports(folder)
    keys = [(folder / name).read_bytes() for name in ("signer.pem", "issuer.pem")]
    second = plan_on_free_ports(folder)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name, before in zip(("signer.pem", "issuer.pem"), keys, strict=True):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
        assert (folder / name).read_bytes() != before
    for name in ("ARTICLES", "SUBSCRIPTION", "PDP", "OPERATOR"):
        variable = f"{name}_SERVICE_TOKEN"
        assert first.environment[variable] != second.environment[variable]


def test_the_guide_names_only_addresses_of_the_plan_and_no_service_token(tmp_path: Path) -> None:
    plan = plan_on_free_ports(tmp_path)
    text = guide(plan)

    assert not any(default in text for default in DEFAULTS.values())
    assert plan.environment["OPERATOR_SERVICE_TOKEN"] not in text
    assert f"curl -i {plan.url('edge')}/" in text


class _Failing(Platform):
    """A platform with one part that listens and one that ends at once."""

    def __init__(self, folder: Path) -> None:
        plan = plan_on_free_ports(folder)
        super().__init__(plan, say=lambda line: None)
        wrong = ("/bin/sh", "-c", "echo the reason; exit 3")
        right = ("/bin/sleep", "60")
        health = plan.url("edge")
        self._parts = {
            "wrong": Part("wrong", wrong, health),
            "right": Part("right", right, health),
        }

    def pids(self) -> list[int]:
        return [process.pid for process in self._running.values()]


def test_a_part_that_ends_is_named_with_its_last_words_and_the_rest_is_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("runner.platform.START_SECONDS", 0.5)

    async def run() -> tuple[str, list[int]]:
        platform = _Failing(tmp_path)
        try:
            with pytest.raises(NotStarted) as failure:
                await platform.start()
            return str(failure.value), platform.pids()
        finally:
            await platform.stop()

    said, pids = asyncio.run(run())

    assert "wrong ended by itself with exit code 3" in said
    assert "  wrong | the reason" in said
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_garbage_is_answered_to_everything(tmp_path: Path) -> None:
    import aiohttp

    async def run() -> tuple[int, str]:
        garbage = Garbage(plan_on_free_ports(tmp_path).addresses["pdp"])
        await garbage.start()
        garbage.answer = "full"
        try:
            async with aiohttp.ClientSession() as session:
                url = garbage._address.url + "/v1/data/articles/allow"
                async with session.post(url, json={}) as response:
                    return response.status, await response.text()
        finally:
            await garbage.stop()

    assert asyncio.run(run()) == (200, "full")

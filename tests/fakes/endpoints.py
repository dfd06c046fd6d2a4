"""Endpoints that answer what a test says, and remember what they were asked.

Passes the suite of the real adapter: tests/unit/services/test_endpoints.py.
"""

import asyncio
from collections.abc import Callable

from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.endpoint_settings import CallSettings
from edgeauth.ports.endpoints import Call
from edgeauth.ports.services import EndpointAnswer, leave_fast_path

Answer = EndpointAnswer | Fault | Callable[[Call], EndpointAnswer]


class FakeEndpoints:
    """Answers by URL; whatever was not foreseen can not be reached.

    Attributes:
        answers: by URL; a fault is raised, a function is called.
        calls: everything that was asked, in order.
        prepared: the settings that calls will have, in order.
        gate: calls wait until it is set; it is set unless a test clears it.
    """

    def __init__(self, answers: dict[str, Answer] | None = None) -> None:
        self.answers: dict[str, Answer] = answers or {}
        self.calls: list[Call] = []
        self.prepared: list[CallSettings] = []
        self.gate = asyncio.Event()
        self.gate.set()

    def prepare(self, settings: CallSettings) -> None:
        """Remembers the settings."""
        self.prepared.append(settings)

    async def send(self, call: Call) -> EndpointAnswer:
        """Returns the programmed answer."""
        self.calls.append(call)
        await leave_fast_path()
        await self.gate.wait()
        answer = self.answers.get(call.url)
        if answer is None:
            raise Fault(Reason.COMMUNICATION, "the endpoint can not be asked")
        if isinstance(answer, Fault):
            raise Fault(answer.reason, answer.detail, final=answer.final)
        return answer if isinstance(answer, EndpointAnswer) else answer(call)


def json_answer(body: bytes, status: int = 200) -> EndpointAnswer:
    """Returns an answer of JSON."""
    return EndpointAnswer(status, "application/json", body)

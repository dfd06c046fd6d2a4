"""Asks the policy decision point, and tells it what happened.

Events are delivered before the thing they tell of takes effect: when the policy's data cannot be
brought up to date, the request fails and nothing has changed. A platform that must not depend on
the decision point at that moment puts an outbox and a message bus in between.
"""

from collections.abc import Mapping
from typing import Literal

from aiohttp import ClientError, ClientSession
from service_identity import authorization_of
from serving import address_of

Action = Literal["read", "write"]


class PolicyUnavailable(Exception):
    """The decision point could not be reached, or did not answer as it should: the answer is no."""


class EventRefused(Exception):
    """What the event tells of is not allowed any more."""


class Policy:
    """The policy decision point, as one service sees it."""

    def __init__(self, session: ClientSession, service: str) -> None:
        self._session = session
        self._url = address_of("pdp").url
        self._identity = authorization_of(service)

    async def is_allowed(self, action: Action, subject: str, article: str = "") -> bool:
        """Whether the policy says `true`, and nothing else, to `action`.

        Raises:
            PolicyUnavailable: there is no such answer.
        """
        question = {"input": {"action": action, "subject": subject, "object": article}}
        answer = await self._post("/v1/data/articles/allow", question)
        result = answer.get("result") if isinstance(answer, dict) else None
        if not isinstance(result, bool):
            raise PolicyUnavailable("the answer is not a decision")
        return result

    async def tell(self, event: Mapping[str, object]) -> None:
        """Returns once the decision point has taken in the event.

        Raises:
            EventRefused: the policy does not allow what it tells of.
            PolicyUnavailable: the decision point has not taken it in.
        """
        await self._post("/v1/events", event)

    async def _post(self, path: str, body: Mapping[str, object]) -> object:
        try:
            async with self._session.post(
                self._url + path, json=body, headers=self._identity, allow_redirects=False
            ) as response:
                if response.status == 409:
                    raise EventRefused("not allowed any more")
                if response.status != 200:
                    raise PolicyUnavailable("the decision point refused")
                return await response.json()
        except (ClientError, TimeoutError, ValueError) as error:
            raise PolicyUnavailable("the decision point did not answer") from error

"""On what terms edgeauth calls somebody: time, size, repetition, trust.

The same keys for endpoints and for the authorization servers that tokens come from.
"""

from typing import Annotated, Final, TypeAlias

from pydantic import Field, field_validator

from edgeauth.config.findings import not_expected
from edgeauth.config.models.client_tls import ClientTls
from edgeauth.config.scalars import ByteSize, Duration, check_duration
from edgeauth.config.specification import Specification

DEFAULT_TIMEOUT: Final = 10.0
"""Seconds for a call as a whole."""
DEFAULT_RESPONSE_LIMIT: Final = 1_048_576
"""Octets of an answer's content."""

Positive: TypeAlias = Annotated[int, Field(ge=1)]


class Retry(Specification):
    """What happens after a failure that may pass: a connection error, 408, 429, 5xx but 501.

    Attributes:
        max_delay: seconds before the second attempt; doubled before each further one.
        give_up_after: seconds that a wait has at most; 0 is no bound.
    """

    max_delay: Duration = 0.1
    give_up_after: Duration = 0.0


class CircuitBreaker(Specification):
    """When an endpoint that fails is left alone.

    Attributes:
        failures: as many in a row, no answer or 5xx but 501, open the circuit.
        open_for: seconds for which calls fail at once; then one is tried.
    """

    failures: Positive = 5
    open_for: Duration = 30.0

    @field_validator("open_for")
    @classmethod
    def _check_open_for(cls, open_for: float) -> float:
        return check_duration(open_for, 0.001)


class CallTerms(Specification):
    """What holds for each call, whatever is asked.

    Attributes:
        timeout: seconds for a call as a whole, attempts and waits included.
        response_limit: octets; a longer answer is no answer.
        retry: unset, a call is tried once.
        circuit_breaker: unset, an endpoint is asked however often it failed.
        concurrency: calls under way at the same time; one more fails at once. Unset, any number.
        deny_private_addresses: whether only hosts of the public internet are connected to.
        tls: unset, authorities that the system trusts.
    """

    timeout: Duration = DEFAULT_TIMEOUT
    response_limit: ByteSize = DEFAULT_RESPONSE_LIMIT
    retry: Retry | None = None
    circuit_breaker: CircuitBreaker | None = None
    concurrency: Positive | None = None
    deny_private_addresses: bool = False
    tls: ClientTls | None = None

    @field_validator("timeout")
    @classmethod
    def _check_timeout(cls, timeout: float) -> float:
        return check_duration(timeout, 0.001)

    @field_validator("response_limit")
    @classmethod
    def _check_response_limit(cls, octets: int) -> int:
        if octets < 1:
            raise not_expected("1B or more")
        return octets

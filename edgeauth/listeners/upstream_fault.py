"""What is raised when there is no connection to an upstream."""

from edgeauth.model.errors import Fault, Reason
from edgeauth.services.listener_status import UpstreamFailure


class UpstreamFault(Fault):
    """Raised when an upstream can not be connected to.

    Args:
        failure: why.
        detail: the same in words, for the log only; holds nothing of the request.
    """

    def __init__(self, failure: UpstreamFailure, detail: str) -> None:
        status = 504 if failure is UpstreamFailure.TIMEOUT else None
        super().__init__(Reason.COMMUNICATION, detail, status=status)
        self.failure = failure

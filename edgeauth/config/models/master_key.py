"""The key that edgeauth seals with what it hands out and has to recognise again."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field, SecretStr, model_validator

from edgeauth.config.findings import Finding, refuse
from edgeauth.config.scalars import Text
from edgeauth.config.specification import NOT_YET, Specification

_REFERENCE = f"a reference to secret_management, which is {NOT_YET}"


class MasterKey(Specification):
    """Where the key is; exactly one of the two.

    Attributes:
        path: a file with a key in base64url, a JWK or a JWK set with keys of the kind `oct`. The
            first one seals, every one opens, so that keys can be replaced.
        value: a key in base64url, best from the environment.
    """

    refused: ClassVar[Mapping[str, str]] = {"source": _REFERENCE, "selector": _REFERENCE}

    path: Text | None = None
    value: Annotated[SecretStr, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _check_one(self) -> "MasterKey":
        if (self.path is None) == (self.value is None):
            refuse([Finding("expected exactly one of path and value")])
        return self

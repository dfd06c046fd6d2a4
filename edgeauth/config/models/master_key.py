"""The key that edgeauth seals with what it hands out and has to recognise again."""

from typing import Annotated

from pydantic import Field, SecretStr, model_validator

from edgeauth.config.findings import Finding, refuse
from edgeauth.config.scalars import Identifier, Text
from edgeauth.config.specification import Specification


class MasterKey(Specification):
    """Where the key is; exactly one of `path`, `value` and `source`.

    Attributes:
        path: a file with a key in base64url, a JWK or a JWK set with keys of the kind `oct`. The
            first one seals, every one opens, so that keys can be replaced.
        value: a key in base64url, best from the environment.
        source: a secret source of symmetric keys; every one of them opens.
        selector: the id of the key of `source` that seals; unset, the first one.
    """

    path: Text | None = None
    value: Annotated[SecretStr, Field(min_length=1)] | None = None

    source: Identifier | None = None
    selector: Text | None = None

    @model_validator(mode="after")
    def _check_one(self) -> "MasterKey":
        if [self.path, self.value, self.source].count(None) != 2:
            refuse([Finding("expected exactly one of path, value and source")])
        if self.selector is not None and self.source is None:
            message = "selector has no effect without source"
            refuse([Finding(message, ("selector",), on_key=True)])
        return self

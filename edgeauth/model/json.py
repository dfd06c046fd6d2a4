"""The type of JSON values as Python sees them."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias, Union

Json: TypeAlias = Union[  # noqa: UP007  (a recursive alias needs Union on 3.11)
    bool, int, float, str, Sequence["Json"], Mapping[str, "Json"], None
]
"""A decoded JSON document. Treated as immutable everywhere."""

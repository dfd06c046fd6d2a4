"""Functions that come from the reference and from nowhere else: networks, and finding by pattern.

Source:
    heimdall 0.17, its documentation of CEL.
"""

from typing import Final

from edgeauth.expressions.cel.functions.overload import Overload
from edgeauth.expressions.cel.networks import Networks
from edgeauth.expressions.cel.regular import Pattern, compile_pattern
from edgeauth.expressions.cel.values import NETWORKS
from edgeauth.expressions.types import STRING, list_of


def _find(text: str, pattern: Pattern) -> str:
    return pattern.first(text)


def _find_all(text: str, pattern: Pattern) -> list[str]:
    return pattern.every(text)


LIBRARY: Final = (
    Overload(
        "networks",
        (STRING,),
        NETWORKS,
        lambda block: Networks((block,)),
        "The network of a CIDR block, for `address in networks(...)`.",
        converts=True,
    ),
    Overload(
        "networks",
        (list_of(STRING),),
        NETWORKS,
        Networks,
        "The networks of CIDR blocks; a list of addresses is in them when each address is.",
        converts=True,
    ),
    Overload(
        "regexFind",
        (STRING, STRING),
        STRING,
        _find,
        "The first match of a regular expression (RE2, a constant), or the empty text.",
        method=True,
        prepare=compile_pattern,
    ),
    Overload(
        "regexFindAll",
        (STRING, STRING),
        list_of(STRING),
        _find_all,
        "All matches of a regular expression (RE2, a constant).",
        method=True,
        prepare=compile_pattern,
    ),
)

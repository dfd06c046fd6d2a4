"""IP addresses and networks as values.

Source:
    The cases of cel-spec `network_ext`; the functions of the same names in Kubernetes.
"""

from typing import Final

from edgeauth.expressions.cel.functions.overload import Overload
from edgeauth.expressions.cel.networks import Address, Block
from edgeauth.expressions.cel.values import ADDRESS, BLOCK
from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.types import BOOL, INT, STRING


def _is_address(text: str) -> bool:
    try:
        Address(text)
    except EvaluationError:
        return False
    return True


def _is_block(text: str) -> bool:
    try:
        Block(text)
    except EvaluationError:
        return False
    return True


def _holds_text(block: Block, text: str) -> bool:
    return block.holds(Address(text))


def _covers_text(block: Block, text: str) -> bool:
    return block.covers(Block(text))


_ADDRESS: Final = (
    ("family", INT, Address.family, "4 or 6."),
    ("isUnspecified", BOOL, Address.is_unspecified, "Whether it is `0.0.0.0` or `::`."),
    ("isLoopback", BOOL, Address.is_loopback, "Whether it is the machine itself."),
    (
        "isGlobalUnicast",
        BOOL,
        Address.is_global_unicast,
        "Whether it is one machine beyond the link; private networks count.",
    ),
    (
        "isLinkLocalMulticast",
        BOOL,
        Address.is_link_local_multicast,
        "Whether it is a group on the link.",
    ),
    (
        "isLinkLocalUnicast",
        BOOL,
        Address.is_link_local_unicast,
        "Whether it is one machine on the link.",
    ),
)
_HOLDS: Final = "Whether an address lies in the network."
_COVERS: Final = "Whether all of the other network lies in this one."

LIBRARY: Final = (
    Overload("ip", (STRING,), ADDRESS, Address, "The address that a text names.", converts=True),
    Overload("isIP", (STRING,), BOOL, _is_address, "Whether a text names an address."),
    Overload(
        "ip.isCanonical",
        (STRING,),
        BOOL,
        lambda text: Address(text).text() == text,
        "Whether an address is written in its canonical form.",
    ),
    Overload("string", (ADDRESS,), STRING, Address.text, "The canonical form."),
    *(
        Overload(name, (ADDRESS,), result, call, text, method=True)
        for name, result, call, text in _ADDRESS
    ),
    Overload(
        "cidr", (STRING,), BLOCK, Block, "The network that a CIDR block names.", converts=True
    ),
    Overload("isCIDR", (STRING,), BOOL, _is_block, "Whether a text is a CIDR block."),
    Overload("string", (BLOCK,), STRING, Block.text, "The canonical form."),
    Overload("containsIP", (BLOCK, ADDRESS), BOOL, Block.holds, _HOLDS, method=True),
    Overload("containsIP", (BLOCK, STRING), BOOL, _holds_text, _HOLDS, method=True),
    Overload("containsCIDR", (BLOCK, BLOCK), BOOL, Block.covers, _COVERS, method=True),
    Overload("containsCIDR", (BLOCK, STRING), BOOL, _covers_text, _COVERS, method=True),
    Overload(
        "ip",
        (BLOCK,),
        ADDRESS,
        lambda block: block.address,
        "The address that the block was written with.",
        method=True,
    ),
    Overload("masked", (BLOCK,), BLOCK, Block.masked, "Without bits of a host.", method=True),
    Overload(
        "prefixLength",
        (BLOCK,),
        INT,
        lambda block: block.length,
        "The length of the prefix, in bits.",
        method=True,
    ),
)

import pytest

from edgeauth.model.errors import Malformed
from edgeauth.wire.pem import parse_pem

GOOD = b"-----BEGIN A KEY-----\nYWJj\n-----END A KEY-----\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"-----BEGIN A KEY-----\nYWJj\n", id="no-end"),
        pytest.param(b"-----BEGIN A KEY-----\nYWJj\n-----END B KEY-----\n", id="another-end"),
        pytest.param(GOOD.replace(b"YWJj", b"YWJ"), id="no-padding"),
        pytest.param(GOOD.replace(b"YWJj", b"Y!Jj"), id="no-base64"),
        pytest.param(GOOD.replace(b"YWJj", b"X-Key-ID:\n\nYWJj"), id="header-without-value"),
        pytest.param(GOOD.replace(b"YWJj", b"X-Key-ID: a\xff\n\nYWJj"), id="header-no-ascii"),
        pytest.param(GOOD.replace(b"YWJj", b"A: a\na: b\n\nYWJj"), id="header-twice"),
        pytest.param(GOOD.replace(b"YWJj", b"A: a\nYWJj"), id="no-blank-line"),
        pytest.param(GOOD.replace(b"YWJj", GOOD + b"YWJj"), id="block-in-block"),
    ],
)
def test_a_broken_block_is_refused_and_named(text):
    with pytest.raises(Malformed, match=r"^block 2 \(A KEY\) ") as caught:
        parse_pem(GOOD + text)

    assert "YWJ" not in str(caught.value)


def test_blocks_are_read_with_their_headers_and_explanations_are_skipped():
    text = b"Bag Attributes: x\r\n" + GOOD.replace(
        b"YWJj", b"X-Key-ID: k 1\n".replace(b" 1", b"1") + b"\nYW\nJj"
    )

    (block, second) = parse_pem(text.replace(b"\n", b"\r\n") + b"\n# and another\n" + GOOD)

    assert block == ("A KEY", {"x-key-id": "k1"}, b"abc")
    assert second == ("A KEY", {}, b"abc")
    assert "abc" not in repr(block)


def test_nothing_is_no_block():
    assert parse_pem(b"") == ()

from pathlib import Path

import pytest

from edgeauth.model.errors import Malformed
from edgeauth.ports.operator_files import read_octets


@pytest.mark.parametrize(
    ("path", "said"),
    [
        pytest.param("missing", "can not be read: No such file or directory", id="missing"),
        pytest.param("..", "can not be read: Is a directory", id="directory"),
        pytest.param("/dev/zero", "is larger than 9 octets", id="without-an-end"),
        pytest.param("ten", "is larger than 9 octets", id="too-large"),
    ],
)
def test_a_file_that_is_not_taken_says_why_and_not_what_is_in_it(tmp_path, path, said):
    (tmp_path / "ten").write_bytes(b"0123456789")

    with pytest.raises(Malformed) as refused:
        read_octets(tmp_path / path, 9)

    assert str(refused.value) == said


def test_a_file_is_read_as_it_is(tmp_path: Path):
    (tmp_path / "nine").write_bytes(b"\r\n\0\xff56789")

    assert read_octets(tmp_path / "nine", 9) == b"\r\n\0\xff56789"

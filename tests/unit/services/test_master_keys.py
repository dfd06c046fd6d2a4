import pytest
from pydantic import ValidationError

from edgeauth.config.models.master_key import MasterKey
from edgeauth.services.master_keys import read_master_keys

SECRET = "c2VjcmV0LXNlY3JldC1zZWNyZXQ"


@pytest.mark.parametrize(
    "settings",
    [{}, {"path": "a", "value": SECRET}, {"value": ""}, {"source": "a", "path": "b"}, {"path": ""}],
    ids=["neither", "both", "attack-190-empty", "reference-and-file", "empty-path"],
)
def test_the_key_stands_in_exactly_one_place(settings):
    with pytest.raises(ValidationError):
        MasterKey.model_validate(settings)


@pytest.mark.parametrize("content", [None, b"", b"short"], ids=["missing", "empty", "short"])
def test_a_file_without_a_key_is_refused_by_its_name(tmp_path, content):
    path = tmp_path / "master.key"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ValueError, match=r"master\.key"):
        read_master_keys(MasterKey(path=str(path)))


def test_a_value_that_is_no_key_is_refused_and_not_shown():
    with pytest.raises(ValueError, match="the master key") as refused:
        read_master_keys(MasterKey.model_validate({"value": "hunter2"}))

    assert "hunter2" not in str(refused.value)


def test_the_key_is_read_from_its_place(tmp_path):
    path = tmp_path / "master.key"
    path.write_text(SECRET + "\n")

    assert read_master_keys(MasterKey(path=str(path))) == (b"secret-secret-secret",)
    assert read_master_keys(MasterKey.model_validate({"value": SECRET})) == (
        b"secret-secret-secret",
    )
    assert SECRET not in repr(MasterKey.model_validate({"value": SECRET}))

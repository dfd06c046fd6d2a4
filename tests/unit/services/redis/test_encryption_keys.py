"""Keys of entries in Redis that stand in secret sources."""

import pytest

from edgeauth.config.models.cache import SingleRedisSettings
from edgeauth.config.models.secret_management import FileSource
from edgeauth.secret_sources.sources import HeldSecrets
from edgeauth.services.redis.encryption_keys import encryption_keys

FIRST, SECOND, THIRD = (letter * 32 for letter in "abc")
SETTINGS = SingleRedisSettings.model_validate(
    {"address": "redis.test", "encryption_key_from": {"source": "redis", "selector": "key"}}
)


class Held:
    """A source of a file."""

    def __init__(self, path, *keys):
        self.path = path / "secrets.yaml"
        self.secrets = HeldSecrets()
        self.write(*keys)
        settings = {"type": "file", "config": {"path": str(self.path)}}
        self.secrets.add("redis", FileSource.model_validate(settings), {})

    def write(self, *keys):
        self.path.write_text("key: |\n" + "".join(f"  {key}\n" for key in keys))

    def reload(self, *keys):
        self.write(*keys)
        self.secrets.all()[0].reload()


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        pytest.param([FIRST[1:]], "less than 32 characters", id="attack-162-short"),
        pytest.param([FIRST, "secret"], "less than 32 characters", id="attack-162-one-is-short"),
        pytest.param([FIRST] * 5, "more than 4 keys", id="many"),
    ],
)
def test_a_key_that_is_none_is_refused_and_not_shown(tmp_path, keys, told):
    with pytest.raises(ValueError, match=told) as refused:
        encryption_keys(SETTINGS, Held(tmp_path, *keys).secrets)

    assert 'secret source "redis" holds' in str(refused.value)
    assert not any(key in str(refused.value) for key in keys if key != "secret")


def test_a_source_that_nobody_configured_is_refused():
    with pytest.raises(ValueError, match='no secret source "redis" is configured'):
        encryption_keys(SETTINGS, HeldSecrets())


def test_a_key_takes_the_place_of_another_step_by_step(tmp_path):
    held = Held(tmp_path, FIRST)
    keys = encryption_keys(SETTINGS, held.secrets)
    assert keys() == (FIRST,)

    held.reload(SECOND, FIRST)
    assert keys() == (SECOND, FIRST)

    held.reload(SECOND)
    assert keys() == (SECOND,)


def test_attack_150_keys_do_not_change_at_once(tmp_path):
    held = Held(tmp_path, FIRST, SECOND)
    keys = encryption_keys(SETTINGS, held.secrets)

    with pytest.raises(ValueError, match="none of the keys in use"):
        held.reload(THIRD)

    assert keys() == (FIRST, SECOND)

from importlib import import_module
from pathlib import Path

from edgeauth import mechanisms
from edgeauth.mechanisms.builtins import TYPES
from edgeauth.ports.declare import Kind

FOLDER = Path(mechanisms.__file__).parent


def test_every_type_is_listed_once():
    names = [(each.kind, each.name) for each in TYPES]

    assert len(names) == len(set(names))


def test_every_file_that_declares_a_type_is_in_the_list():
    declared = []
    for kind in Kind:
        for file in (FOLDER / kind.section).glob("*.py"):
            module = import_module(f"edgeauth.mechanisms.{kind.section}.{file.stem}")
            if hasattr(module, "TYPE"):
                declared.append(module.TYPE)
                assert module.TYPE.kind is kind
                assert module.TYPE.name == file.stem

    assert {id(each) for each in declared} == {id(each) for each in TYPES}


def test_only_configured_fields_can_be_overridden():
    for each in TYPES:
        known = {*each.config.model_fields, "subject"}
        assert set(each.overridable) <= known

"""Packages that offer mechanisms, as an installer leaves them: code, and metadata beside it."""

import sys
from pathlib import Path

import pytest

from edgeauth.ports.declare import Kind
from edgeauth.services.plugins import PluginError, load_plugin

GOOD = """\
from edgeauth.config.specification import Specification
from edgeauth.ports.declare import Kind, MechanismType, Override, mechanism

class Settings(Specification):
    text: str = ""

def build(_id, settings, services): ...

TYPE = mechanism(Kind.AUTHORIZER, "own", Settings, build, {"text": Override.REPLACE})
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs a package with a module of its own name, and forgets it afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made = []

    def installed(name: str, code: str, *entries: str, group: str = "edgeauth.mechanisms"):
        module = name.replace("-", "_").lower()
        made.append(module)
        (tmp_path / f"{module}.py").write_text(code)
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        listed = "\n".join(entries or (f"own = {module}:TYPE",))
        (info / "entry_points.txt").write_text(f"[{group}]\n{listed}\n")
        return name

    yield installed
    for module in made:
        sys.modules.pop(module, None)


def test_a_package_that_is_not_installed_is_refused():
    with pytest.raises(PluginError, match="is not installed where edgeauth is"):
        load_plugin("acme-that-nobody-has")


def test_a_package_without_mechanisms_is_refused_and_not_imported(install):
    name = install("acme-other", "raise SystemError", group="acme.things")

    with pytest.raises(PluginError, match=r"no entry points in edgeauth\.mechanisms"):
        load_plugin(name)

    assert "acme_other" not in sys.modules


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import nothing_like_this", "No module named 'nothing_like_this'"),
        ("", "has no attribute 'TYPE'"),
        ("raise ValueError('s3cret')", "can not be imported: ValueError"),
        ("syntax error", "can not be imported: SyntaxError"),
        ("TYPE = 5", r"not made by edgeauth\.ports\.declare\.mechanism\(\)"),
        ("TYPE = lambda: None", "not made by"),
        (GOOD + "TYPE = MechanismType('authorizer', 'own', Settings, build, {})", "of no kind"),
        (GOOD + "TYPE = mechanism(Kind.AUTHORIZER, 'Own One', Settings, build)", "has a name"),
        (GOOD + "TYPE = mechanism(Kind.AUTHORIZER, 5, Settings, build)", "has a name"),
        (GOOD + "TYPE = mechanism(Kind.AUTHORIZER, 'own', dict, build)", "Specification"),
        (GOOD + "TYPE = mechanism(Kind.AUTHORIZER, 'own', 'text', build)", "Specification"),
        (
            GOOD + "TYPE = mechanism(Kind.AUTHORIZER, 'own', Settings, build, {'a': 5})",
            'override "a"',
        ),
        (
            GOOD + "TYPE = mechanism(Kind.AUTHORIZER, 'own', Settings, build, {'text': True})",
            'override "text"',
        ),
        (
            GOOD + "TYPE = mechanism(Kind.AUTHORIZER, 'own', Settings, build, ['text'])",
            "lets rules override",
        ),
    ],
    ids=[
        "import-error", "no-such-attribute", "attack-178-any-error", "syntax-error", "number",
        "function", "kind", "name", "name-that-is-none", "config", "config-that-is-none",
        "override-of-nothing", "no-override", "overrides-that-are-none",
    ],
)  # fmt: skip
def test_what_is_no_type_of_mechanism_is_refused(install, code, told):
    name = install("acme-wrong", code)

    with pytest.raises(PluginError, match=told) as caught:
        load_plugin(name)

    assert "acme_wrong:TYPE of package" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("spelling", ["Acme-Good", "acme_good", "ACME.good"])
def test_a_package_is_found_however_its_name_is_spelled(install, spelling):
    install("Acme-Good", GOOD)

    (found,) = load_plugin(spelling)

    assert (found.kind, found.name) == (Kind.AUTHORIZER, "own")


def test_all_entry_points_of_a_package_count_in_the_order_of_their_names(install):
    code = GOOD + "OTHER = mechanism(Kind.CONTEXTUALIZER, 'other', Settings, build)\n"
    name = install("acme-two", code, "b = acme_two:TYPE", "a = acme_two:OTHER")

    assert [each.name for each in load_plugin(name)] == ["other", "own"]
    assert Path(sys.modules["acme_two"].__file__).name == "acme_two.py"


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("AUTHORIZER", "raise ValueError('the file is not there')", "^the file is not there$"),
        ("AUTHORIZER", "raise KeyError('s3cret')", "can not be built: KeyError$"),
        ("AUTHENTICATOR", "", "has no authenticate"),
        ("CONTEXTUALIZER", "", "has no contextualize"),
        ("AUTHORIZER", "", "has no authorize"),
        ("FINALIZER", "made.finalize = print", "has no owns"),
        ("ERROR_HANDLER", "", "has no respond"),
    ],
)
def test_what_can_not_be_built_is_told_to_the_operator(install, kind, body, told):
    code = GOOD + (
        f"from types import SimpleNamespace\n"
        f"def build(_id, settings, services):\n"
        f"    made = SimpleNamespace()\n"
        f"    {body}\n"
        f"    return made\n"
        f"TYPE = mechanism(Kind.{kind}, 'own', Settings, build)\n"
    )
    (found,) = load_plugin(install("acme-unbuildable", code))

    with pytest.raises(ValueError, match=told) as caught:
        found.build("it", found.config(), None)

    assert "s3cret" not in str(caught.value)

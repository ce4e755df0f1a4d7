"""What `make` says on a desk that lacks something."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from deploy.embedded.places import ROOT


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    path = ROOT / "deploy" / "embedded" / "bootstrap.py"
    spec = importlib.util.spec_from_file_location("bootstrap_under_test", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    venv = tmp_path / ".venv"
    monkeypatch.setattr(module, "VENV", str(venv))
    monkeypatch.setattr(module, "VAR", str(tmp_path / "var"))
    monkeypatch.setattr(module, "PYTHON", str(venv / "bin" / "python"))
    monkeypatch.setattr(module, "STAMP", str(venv / "shanhuo-installed"))
    return module


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_a_python_that_does_not_fit_is_refused_in_one_sentence(bootstrap, monkeypatch, version):
    monkeypatch.setattr(sys, "version_info", (*version, 0))

    with pytest.raises(bootstrap.Refusal) as refusal:
        bootstrap.check_python()

    assert f"this is {version[0]}.{version[1]}:" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_folder_that_cannot_be_written_to_is_refused(bootstrap, tmp_path):
    (tmp_path / "var").write_text("a file where the folder should be")

    with pytest.raises(bootstrap.Refusal, match="cannot be written to"):
        bootstrap.check_folder()


def test_a_missing_venv_module_is_refused_with_the_package_to_install(bootstrap, monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)

    with pytest.raises(bootstrap.Refusal, match=r"apt-get install python3\.\d+-venv"):
        bootstrap.make_venv()


def test_a_half_made_venv_counts_as_none(bootstrap, tmp_path):
    program = tmp_path / ".venv" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.symlink_to(sys.executable)

    assert bootstrap.installed() == ""


def test_a_finished_venv_says_what_it_was_made_from(bootstrap, tmp_path):
    program = tmp_path / ".venv" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.symlink_to(sys.executable)
    (tmp_path / ".venv" / "shanhuo-installed").write_text("abc\n")

    assert bootstrap.installed() == "abc"


def test_a_venv_whose_python_is_gone_counts_as_none(bootstrap, tmp_path):
    program = tmp_path / ".venv" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.symlink_to(tmp_path / "gone")
    (tmp_path / ".venv" / "shanhuo-installed").write_text("abc\n")

    assert bootstrap.installed() == ""

"""The import closure: which files a script can reach."""

import subprocess
import sys
from pathlib import Path

import pytest

from engram.ground.closure import code_hash, import_closure
from tests.conftest import ROOT

SCRIPTS = sorted((ROOT / "workflow/scripts").glob("*.py"))


def reached(script: Path) -> set[str]:
    return {str(Path(file).relative_to(ROOT / "workflow")) for file in import_closure(script)}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_closure_holds_all_that_importing_loads(script):
    """What Python loads for the script's imports is a part of the closure: the slow reference."""
    lines = [line for line in script.read_text().splitlines() if line.startswith(("import ", "from "))]
    listing = "print(*[m.__file__ for n, m in sys.modules.items() if n.startswith('engram')])"
    program = "\n".join([*lines, "import sys", listing])
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    loaded = {str(Path(file).relative_to(ROOT / "workflow")) for file in output.split()}
    assert loaded <= reached(script)


def test_preprocessing_does_not_depend_on_learning():
    """An edit of the training loop does not draw the faces anew."""
    assert not any(
        name.startswith("engram/learning") for name in reached(ROOT / "workflow/scripts/prepare_faces.py")
    )


def test_relative_imports_and_cycles_are_followed(tmp_path, monkeypatch):
    """Imports inside functions, of packages, and in circles all count once."""
    package = tmp_path / "engram"
    (package / "a").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "a/__init__.py").write_text("from . import b\n")
    (package / "a/b.py").write_text("def f():\n    from ..c import g\n")
    (package / "c.py").write_text("import engram.a\n")
    script = tmp_path / "script.py"
    script.write_text("from engram.a import b\n")
    monkeypatch.setattr("engram.ground.closure._ROOT", tmp_path)
    names = [Path(file).relative_to(tmp_path).as_posix() for file in import_closure(script)]
    assert names == ["engram/__init__.py", "engram/a/__init__.py", "engram/a/b.py", "engram/c.py"]


def test_the_hash_changes_with_the_script(tmp_path):
    """The code version in a record follows the code."""
    script = tmp_path / "script.py"
    script.write_text("from engram.ground import seeds\n")
    first = code_hash(script)
    other = tmp_path / "other" / "script.py"
    other.parent.mkdir()
    other.write_text("from engram.ground import seeds  # changed\n")
    assert first != code_hash(other)

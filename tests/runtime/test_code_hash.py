"""The import closure: which files a script can reach."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engram.runtime import code_hash as closure
from engram.runtime.code_hash import code_hash, import_closure
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
    monkeypatch.setattr("engram.runtime.code_hash._ROOT", tmp_path)
    names = [Path(file).relative_to(tmp_path).as_posix() for file in import_closure(script)]
    assert names == ["engram/__init__.py", "engram/a/__init__.py", "engram/a/b.py", "engram/c.py"]


def test_a_registered_module_is_reached(tmp_path, monkeypatch):
    """A package that finds its modules by their files can reach them all."""
    for name in ("core", "tables"):
        (tmp_path / "engram" / name).mkdir(parents=True)
        (tmp_path / "engram" / name / "__init__.py").write_text("")
    (tmp_path / "engram/core/registry.py").write_text("")
    (tmp_path / "engram/tables/__init__.py").write_text("from engram.core.registry import find_modules\n")
    (tmp_path / "engram/tables/sizes.py").write_text("")
    script = tmp_path / "script.py"
    script.write_text("from engram.tables import TABLES\n")
    monkeypatch.setattr("engram.runtime.code_hash._ROOT", tmp_path)
    monkeypatch.setattr("engram.runtime.code_hash._REGISTRY", tmp_path / "engram/core/registry.py")
    assert str(tmp_path / "engram/tables/sizes.py") in import_closure(script)


def test_the_hash_changes_with_the_script(tmp_path):
    """The code version in a record follows the code."""
    script = tmp_path / "script.py"
    script.write_text("from engram.ground import seeds\n")
    first = code_hash(script)
    other = tmp_path / "other" / "script.py"
    other.parent.mkdir()
    other.write_text("from engram.ground import seeds  # changed\n")
    assert first != code_hash(other)


@pytest.mark.parametrize("file", sorted((ROOT / "workflow/engram").rglob("*.py")), ids=lambda path: path.name)
def test_reading_imports_alone_finds_what_reading_all_finds(file):
    """The quick scan of a file names every module that parsing the whole file names: the slow reference."""
    whole = closure._names(ast.parse(file.read_text(encoding="utf-8")), file)
    assert set(whole) <= set(closure._names(closure._import_statements(file), file))


def test_odd_imports_are_found(tmp_path):
    """Brackets over several lines, continued lines, two on a line, and prose that begins like an import."""
    file = tmp_path / "odd.py"
    file.write_text(
        '"""Prose.\n\nfrom here on it is no import at all\n"""\n'
        "from engram.a import (  # why\n    b,\n    c,\n)\nfrom engram.d import \\\n    e\n"
        "import os; import engram.f\n"
    )
    found = set(closure._names(closure._import_statements(file), file))
    assert {"engram.a.b", "engram.a.c", "engram.d.e", "engram.f"} <= found
    file.write_text(file.read_text().partition('"""\n')[2])
    assert {"engram.a.b", "engram.a.c", "engram.d.e", "engram.f"} <= set(
        closure._names(closure._import_statements(file), file)
    )


@pytest.fixture
def small_package(tmp_path, monkeypatch):
    """Return a script and the one module that it imports."""
    module = tmp_path / "engram/only.py"
    module.parent.mkdir()
    module.write_text("")
    (tmp_path / "engram/__init__.py").write_text("")
    for file in module.parent.iterdir():
        os.utime(file, (1000, 1000))
    script = tmp_path / "script.py"
    script.write_text("import engram.only\n")
    monkeypatch.setattr(closure, "_ROOT", tmp_path)
    return script, module


def write_anew(script, folder):
    """Write a closure as another start of snakemake would."""
    for cached in (closure.write_closure, closure._digest, closure._imported):
        cached.cache_clear()
    return closure.write_closure(str(script), folder)


def test_the_list_of_a_closure_is_as_old_as_its_youngest_file(small_package, tmp_path):
    """So results that are younger than all code stay, though the list was written after them."""
    script, _ = small_package
    path = write_anew(script, tmp_path / "code")
    assert path.stat().st_mtime == 1000
    assert set(json.loads(path.read_text())) == {"engram/__init__.py", "engram/only.py"}


def test_the_list_of_a_closure_changes_with_its_content_alone(small_package, tmp_path):
    """A file that is only touched, as git does, changes nothing; an edit does, however old it says it is."""
    script, module = small_package
    path = write_anew(script, tmp_path / "code")
    os.utime(module, (2000, 2000))
    assert write_anew(script, tmp_path / "code").stat().st_mtime == 1000
    module.write_text("# edited\n")
    os.utime(module, (500, 500))
    assert write_anew(script, tmp_path / "code") == path
    assert path.stat().st_mtime > 3000

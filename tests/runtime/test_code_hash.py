"""Which code a script can reach, and the hash of what that code does."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engram.runtime import code_hash
from engram.runtime.code_hash import reached_files
from tests.conftest import ROOT

PACKAGE = ROOT / "workflow/engram"
MODULES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted((ROOT / "workflow/scripts").glob("*.py"))
#: What every script imports.
_FRAME = "from engram.runtime.job import job"
#: Executes the imports of each script and prints what these load of the package, a line a script. Each module
#: is loaded once; which imports are executed meanwhile, and by which module, says what it loads in turn.
_LOAD = """
import builtins, importlib, importlib.util, sys
from collections import defaultdict

loads, load, load_named = defaultdict(set), builtins.__import__, importlib.import_module

def note(name, names=()):
    parts = name.split(".")
    if parts[0] == "engram":
        frame = sys._getframe(1)
        while frame.f_code.co_name != "<module>":
            frame = frame.f_back
        loaded = [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
        loaded += [f"{name}.{part}" for part in names or ()]
        loads[frame.f_globals["__name__"]].update(other for other in loaded if other in sys.modules)

def watch(name, globals=None, locals=None, names=(), level=0):
    found = load(name, globals, locals, names, level)
    note(importlib.util.resolve_name("." * level + name, globals["__package__"]) if level else name, names)
    return found

def watch_named(name, package=None):
    found = load_named(name, package)
    note(found.__name__)
    return found

builtins.__import__, importlib.import_module = watch, watch_named
scripts = sys.stdin.read().split(chr(0))
seen = []
for number, imports in enumerate(scripts):
    exec(imports, {"__name__": number})
    found, waiting = set(), [number]
    while waiting:
        new = loads[waiting.pop()] - found
        found |= new
        waiting += new
    seen.append(found)
ours = {name for name in sys.modules if name.split(".")[0] == "engram"}
assert set.union(*seen) == ours, "not seen: " + str(ours ^ set.union(*seen))
for found in seen:
    print(*[sys.modules[name].__file__ for name in found])
"""


def reached(script: Path) -> set[str]:
    return {str(Path(file).relative_to(ROOT / "workflow")) for file in reached_files(script)}


def forget() -> None:
    """Forget what was read, as another start of snakemake would."""
    for function in vars(code_hash).values():
        if hasattr(function, "cache_clear"):
            function.cache_clear()


def syntax(text: str) -> str:
    return code_hash._parse(text.encode(), Path("module.py")).syntax


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a folder in which a test writes a package of its own."""
    monkeypatch.setattr(code_hash, "_ROOT", tmp_path)
    forget()
    yield tmp_path
    forget()


@pytest.mark.long
def test_what_a_script_reaches_holds_all_that_importing_loads():
    """What Python loads for a script's imports is reached: the slow reference."""
    imports = [
        "\n".join(line for line in script.read_text().splitlines() if line.startswith(("import ", "from ")))
        for script in SCRIPTS
    ]
    assert all(_FRAME in lines.splitlines() for lines in imports)
    done = subprocess.run(
        [sys.executable, "-c", _LOAD], input="\0".join(imports), capture_output=True, text=True, check=True
    )
    for script, line in zip(SCRIPTS, done.stdout.splitlines(), strict=True):
        loaded = {str(Path(file).relative_to(ROOT / "workflow")) for file in line.split()}
        assert "engram/__init__.py" in loaded
        assert loaded <= reached(script), script.name


def test_preprocessing_does_not_depend_on_learning():
    """An edit of the training loop does not draw the faces anew."""
    assert not any(
        name.startswith("engram/training") for name in reached(ROOT / "workflow/scripts/prepare_faces.py")
    )


def test_relative_imports_and_cycles_are_followed(package):
    """Imports inside functions, of packages, and in circles all count once."""
    folder = package / "engram"
    (folder / "a").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "a/__init__.py").write_text("from . import b\n")
    (folder / "a/b.py").write_text("def f():\n    from ..c import g\n")
    (folder / "c.py").write_text("import engram.a\n")
    script = package / "script.py"
    script.write_text("from engram.a import b\n")
    names = [Path(file).relative_to(package).as_posix() for file in reached_files(script)]
    assert names == ["engram/__init__.py", "engram/a/__init__.py", "engram/a/b.py", "engram/c.py"]


def test_a_registered_module_is_reached(package, monkeypatch):
    """A package that finds its modules by their files can reach them all."""
    for name in ("core", "tables"):
        (package / "engram" / name).mkdir(parents=True)
        (package / "engram" / name / "__init__.py").write_text("")
    (package / "engram/core/registry.py").write_text("")
    (package / "engram/tables/__init__.py").write_text("from engram.core.registry import find_modules\n")
    (package / "engram/tables/sizes.py").write_text("")
    script = package / "script.py"
    script.write_text("from engram.tables import TABLES\n")
    monkeypatch.setattr(code_hash, "_REGISTRY", package / "engram/core/registry.py")
    assert str(package / "engram/tables/sizes.py") in reached_files(script)


class _OtherDocstrings(ast.NodeTransformer):
    """Puts a word before each docstring."""

    def generic_visit(self, node):
        super().generic_visit(node)
        if code_hash._is_prose(node):
            node.value.value = f"Another word. {node.value.value}"
        return node


def test_docstrings_comments_and_formatting_do_not_count():
    """A module with other docstrings, another format and no comment has the same hash.

    Each sixth: tests/workflow/test_smoke.py puts other words into all of them.
    """
    assert len(MODULES) > 400
    for file in MODULES[::6]:
        text = file.read_text(encoding="utf-8")
        other = ast.unparse(_OtherDocstrings().visit(ast.parse(text)))
        assert other != text or not text.strip(), file
        assert syntax(other) == syntax(text), file


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("RATE = 0.1", "RATE = 0.2"),
        ("def f(x):\n    return x + 1", "def f(x):\n    return x - 1"),
        ("def f(x, y=1): ...", "def f(x, y=2): ..."),
        ("NAMES = ['wild']", "NAMES = ['studio']"),
        ("def f():\n    raise ValueError(1)", "def f():\n    raise ValueError(2)"),
        ("def f():\n    raise ValueError('a')", "def f():\n    raise KeyError('a')"),
        ("from engram.core import seeds", "from engram.core import files"),
    ],
)
def test_what_a_result_can_depend_on_counts(before, after):
    """A constant, an operator, a default, a string, an error's kind or value, an import."""
    assert syntax(before) != syntax(after)


def test_the_words_of_errors_do_not_count():
    """They end a job and change no result."""
    words = "def f(x):\n    raise ValueError({})"
    assert syntax(words.format("f'{x} is wrong'")) == syntax(words.format("f'{x} is not right'"))
    assert syntax(words.format("'wrong'")) == syntax(words.format("'not right'"))


def test_training_depends_on_no_printed_figure_and_no_claim():
    """Data files count for those that read them: tables and claims of their own study."""
    by_script = {script.stem: reached(script) for script in SCRIPTS}
    for name in ("train_stage", "train_encoder", "fit_operators", "evaluate_models", "prepare_faces"):
        assert not {file for file in by_script[name] if not file.endswith(".py")}, name
    assert "engram/studies/memory/claims.yaml" in by_script["memory_claims"]
    assert "engram/studies/memory/published/integrity.csv" in by_script["memory_tables"]
    assert "engram/studies/general/claims.yaml" in by_script["general_claims"]
    assert "engram/reporting/engram.mplstyle" in by_script["memory_figure"]


def test_every_data_file_belongs_to_a_script():
    """A data file that no module names would change without a job being planned."""
    data = {str(file.relative_to(ROOT / "workflow")) for file in code_hash._data_files()}
    # The plan is measured in the process of snakemake itself.
    assert data - set.union(*map(reached, SCRIPTS)) <= {"engram/estimate/throughput.yaml"}


def test_the_hash_changes_with_the_script(package):
    """The code version in a record follows the code of the script and of what it reaches."""
    (package / "engram").mkdir()
    module, script = package / "engram/only.py", package / "script.py"
    (package / "engram/__init__.py").write_text("")
    module.write_text("A = 1\n")
    hashes = set()
    for text, value in (
        ("import engram.only", 1),
        ("import engram.only\nprint()", 1),
        ("import engram.only", 2),
    ):
        script.write_text(text)
        module.write_text(f"A = {value}  # a comment\n")
        forget()
        hashes.add(code_hash.code_hash(script))
    assert len(hashes) == 3


def test_odd_imports_are_found(package):
    """Brackets over several lines, continued lines, and two on a line; prose is none."""
    file = package / "odd.py"
    file.write_text(
        '"""Prose.\n\nfrom here on it is no import at all\n"""\n'
        "from engram.a import (  # why\n    b,\n    c,\n)\nfrom engram.d import \\\n    e\n"
        "import os; import engram.f\n"
    )
    found = set(code_hash._names(file))
    assert found == {"engram.a", "engram.a.b", "engram.a.c", "engram.d", "engram.d.e", "os", "engram.f"}


def test_imports_for_the_type_checker_alone_are_not_reached(package):
    """They never run; what stands in the other branch does."""
    file = package / "typed.py"
    file.write_text(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from engram import a\nelse:\n    from engram import b\n"
        "if True:\n    import engram.c\n"
    )
    found = set(code_hash._names(file))
    assert {"engram.b", "engram.c"} <= found
    assert "engram.a" not in found


@pytest.fixture
def small_package(package, monkeypatch):
    """Return a script and the one module that it imports, in the current folder."""
    module = package / "engram/only.py"
    module.parent.mkdir()
    module.write_text("")
    (package / "engram/__init__.py").write_text("")
    script = package / "script.py"
    script.write_text("import engram.only\n")
    for file in (script, *module.parent.iterdir()):
        os.utime(file, (1000, 1000))
    monkeypatch.chdir(package)
    return script, module


def write_anew(script):
    """Write a list as another start of snakemake would."""
    forget()
    return code_hash.write_code_list(str(script), Path("code"))


def test_a_list_is_as_old_as_its_youngest_file(small_package):
    """So results that are younger than all code stay, though the list was written after them."""
    script, _ = small_package
    path = write_anew(script)
    assert path.stat().st_mtime == 1000
    assert set(json.loads(path.read_text())) == {"script.py", "engram/__init__.py", "engram/only.py"}


def test_a_list_changes_with_its_content_alone(small_package):
    """A file that is only touched, as git does, changes nothing; an edit does, however old it says it is."""
    script, module = small_package
    path = write_anew(script)
    os.utime(module, (2000, 2000))
    module.write_text("# a comment\n")
    assert write_anew(script).stat().st_mtime == 1000
    module.write_text("EDITED = True\n")
    os.utime(module, (500, 500))
    assert write_anew(script) == path
    assert path.stat().st_mtime > 3000


def test_what_was_parsed_is_kept_and_a_damaged_file_of_it_does_no_harm(small_package, monkeypatch):
    """The next start reads the file; where it is cut short, all is parsed again."""
    script, _ = small_package
    monkeypatch.setattr(code_hash._Known, "_sources", None)
    first = write_anew(script).read_text()
    kept = Path(".snakemake/code/sources.json")
    monkeypatch.setattr(code_hash._Known, "_sources", None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(code_hash, "_parse", None)
        assert write_anew(script).read_text() == first
    kept.write_bytes(kept.read_bytes()[:40])
    monkeypatch.setattr(code_hash._Known, "_sources", None)
    assert write_anew(script).read_text() == first

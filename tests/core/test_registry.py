"""Modules registered by their files."""

import sys

from engram.core.registry import find_modules


def test_modules_are_found_by_their_files_and_imported_on_use(tmp_path, monkeypatch):
    """A name and the first paragraph of the docstring are known before anything is imported."""
    package = tmp_path / "listed"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "_help.py").write_text('"""Not listed."""')
    (package / "size.py").write_text(
        '"""Sizes of things,\nin metres.\n\nMore for programmers.\n"""\nVALUE = 7\n'
    )
    (package / "age.py").write_text("VALUE = 8\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = find_modules("listed", str(package / "__init__.py"))
    assert [(entry.name, entry.summary) for entry in found.values()] == [
        ("age", ""),
        ("size", "Sizes of things, in metres."),
    ]
    assert "listed.size" not in sys.modules
    assert found["size"].load("VALUE") == 7

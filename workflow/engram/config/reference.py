"""Generate what describes the settings: the JSON schema and `config/README.md`.

``python -m engram.config.reference`` writes both; a test fails when they are not current.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from engram.config import Settings
from engram.core.files import write_text

__all__ = ["FILES", "settings_page", "settings_schema"]

_ROOT = Path(__file__).parents[3]

_INTRODUCTION = """# Configuration

<!-- Generated from workflow/engram/config/ by `make reference`. Do not edit. -->

| file | what it configures |
|---|---|
| `default.yaml` | the embedded demonstration on drawn faces; always read first |
| `faces.yaml` | real photographs: CMU Face Images and the London Set, `ENGRAM_FACES` names their folder |
| `photos.yaml` | these photographs and encoders that others trained, `ENGRAM_ENCODERS` names their folder |
| `paper.yaml` | published scale of both studies of faces: nineteen published data sets |
| `smoke.yaml` | the smallest run of every rule, for tests |

`snakemake --configfile config/faces.yaml` merges that file over `default.yaml`, mapping by mapping;
a list replaces a list. `--config` changes single settings: `--config 'seeds=[1]'`. Unknown keys and
wrong types stop before any job. Threads, memory and time are not settings but stand in `profiles/`.

YAML reads `1e-3` as text: write `0.001` or `1.0e-3`.
"""


def settings_schema() -> str:
    """Return the JSON schema of a configuration, as text."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Settings.model_json_schema()}
    for _, model in _sections(Settings, ""):
        place = schema if model is Settings else schema["$defs"][model.__name__]
        for name, meaning in _meanings(model).items():
            place["properties"][name]["description"] = meaning
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def settings_page() -> str:
    """Return `config/README.md`: every setting with its type, default and meaning."""
    return _INTRODUCTION + "".join(f"\n{_section(title, model)}" for title, model in _sections(Settings, ""))


@cache
def _meanings(model: type[BaseModel]) -> dict[str, str]:
    """Return setting -> the string below it, of those that have one.

    Pydantic's own `use_attribute_docstrings` reads the source at the start of every job.
    """
    found: dict[str, str] = {}
    for owner in (kind for kind in reversed(model.__mro__) if kind.__module__.startswith("engram.")):
        body = ast.parse(inspect.cleandoc(f"\n{inspect.getsource(owner)}")).body[0]
        assert isinstance(body, ast.ClassDef)
        for field, below in zip(body.body, body.body[1:], strict=False):
            match field, below:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ) if name in model.model_fields:
                    found[name] = inspect.cleandoc(text)
    return found


def _sections(model: type[BaseModel], place: str) -> list[tuple[str, type[BaseModel]]]:
    found = [(place or "Top level", model)]
    for name, field in model.model_fields.items():
        inner = _model_in(field.annotation)
        if inner is not None:
            found += _sections(inner, f"{place}{_path(name, field.annotation)}")
    return found


def _path(name: str, annotation: Any) -> str:
    text = str(annotation)
    if text.startswith("dict"):
        return f"{name}.<name>."
    return f"{name}[]." if text.startswith("list") else f"{name}."


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _section(title: str, model: type[BaseModel]) -> str:
    heading = f"## `{title.rstrip('.')}`" if title != "Top level" else f"## {title}"
    lines = [
        heading,
        "",
        " ".join((model.__doc__ or "").split()),
        "",
        "| setting | type | default | meaning |",
        "|---|---|---|---|",
    ]
    for name, field in model.model_fields.items():
        inner = _model_in(field.annotation)
        words = _meanings(model).get(name) or (inner.__doc__ if inner else "")
        meaning = " ".join((words or "").split())
        lines.append(f"| `{name}` | {_type(field)} | {_default(field)} | {meaning} |")
    return "\n".join(lines) + "\n"


def _type(field: Any) -> str:
    inner = _model_in(field.annotation)
    text = str(field.annotation)
    if inner is not None:
        return (
            "mapping by name" if text.startswith("dict") else "list" if text.startswith("list") else "mapping"
        )
    choices = re.search(r"Literal\[(.*?)\]", text)
    if choices:
        return " ".join(f"`{choice}`" for choice in re.findall(r"'([^']*)'", choices[1]))
    bounds = ", ".join(filter(None, map(_bound, field.metadata)))
    return _spoken(field.annotation) + (f" ({bounds})" if bounds else "")


def _spoken(annotation: Any) -> str:
    """Say a type in words: `list[Annotated[int, ...]]` is a list of int."""
    parts = get_args(annotation)
    origin = get_origin(annotation)
    if origin is Annotated:
        return _spoken(parts[0])
    if origin is list:
        return f"list of {_spoken(parts[0])}"
    if origin is dict:
        return f"{_spoken(parts[1])} by name"
    if origin is tuple:
        return f"{len(parts)} x {_spoken(parts[0])}"
    if parts:
        return " or ".join("nothing" if part is NoneType else _spoken(part) for part in parts)
    return annotation.__name__


def _bound(constraint: Any) -> str:
    for name, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<")):
        if hasattr(constraint, name):
            return f"{sign} {getattr(constraint, name):g}"
    return ""


def _default(field: Any) -> str:
    if field.default is PydanticUndefined:
        return "required"
    if isinstance(field.default, BaseModel):
        return "see below"
    return f"`{json.dumps(field.default)}`" if field.default not in (None, "") else "–"


#: Generated file -> what makes its text.
FILES = {
    _ROOT / "workflow/schemas/config.schema.json": settings_schema,
    _ROOT / "config/README.md": settings_page,
}

if __name__ == "__main__":
    for path, text in FILES.items():
        write_text(path, text())

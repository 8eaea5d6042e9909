"""What each job of a configuration depends on, read from the rules themselves without starting snakemake."""

from __future__ import annotations

import json
import os
import re
import sys
from collections import defaultdict
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any
from unittest import mock

from snakemake.api import SnakemakeApi
from snakemake.iocontainers import Wildcards
from snakemake.parser import parse
from snakemake.settings.types import ConfigSettings, OutputSettings, Quietness, ResourceSettings

from engram.config import load_settings
from engram.core.errors import EngramError

#: A job: the rule's name and its wildcards.
Job = tuple[str, tuple[tuple[str, str], ...]]


def listed_jobs(dry_run: str) -> list[Job]:
    """Return the jobs that a dry run shows."""
    jobs = []
    for block in re.split(r"\n(?=\[)", dry_run):
        rule = re.search(r"^(?:local)?rule (\S+):$", block, re.MULTILINE)
        wildcards = re.search(r"^    wildcards: (.+)$", block, re.MULTILINE)
        if rule:
            pairs = wildcards[1].split(", ") if wildcards else []
            jobs.append((rule[1], tuple(tuple(pair.split("=", 1)) for pair in pairs)))
    return jobs


def depends_on(jobs: list[Job], config: dict, folder: Path) -> dict[str, dict[Job, str]]:
    """Return script -> its jobs -> their inputs and parameters as text, under a configuration.

    A rule that the configuration does not have is left out.
    """
    once = mock.patch("snakemake.workflow.parse", _parse_once)
    # Rules change both for their jobs, here in the process of the tests.
    kept = mock.patch.dict(os.environ), mock.patch.object(sys, "path", [*sys.path])
    with once, kept[0], kept[1], SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(config=config),
            snakefile=folder / "Snakefile",
            workdir=folder,
        )._workflow
        rules = {rule.name: rule for rule in workflow.rules}
    found: dict[str, dict[Job, str]] = defaultdict(dict)
    for name, wildcards in jobs:
        if name in rules and rules[name].script:
            script = Path(str(rules[name].script)).stem
            found[script][name, wildcards] = _describe(rules[name], Wildcards(fromdict=dict(wildcards)))
    return found


#: A rules file's place and the number of rules before it -> Python's code, the rules after it, its lines.
_PARSED: dict[tuple[str, int], tuple[str, int, dict[int, int]]] = {}


def _parse_once(file: Any, workflow: Any, linemap: dict[int, int], rulecount: int = 0) -> tuple[str, int]:
    """Parse a rules file as Snakemake does, but the same file once: a sixth of a plan."""
    key = file.get_path_or_uri(secret_free=True), rulecount
    if key not in _PARSED:
        _PARSED[key] = *parse(file, workflow, linemap, rulecount=rulecount), linemap.copy()
    code, rules, lines = _PARSED[key]
    linemap |= lines
    return code, rules


def _describe(rule: Any, wildcards: Wildcards) -> str:
    parts = [_values(items, wildcards) for items in (rule.params, rule.input)]
    return json.dumps([*parts, sorted(map(str, rule.output))], default=str, sort_keys=True)


def _values(items: Any, wildcards: Wildcards) -> list[Any]:
    functions = [getattr(item, "callable", item) if callable(item) else item for item in items]
    try:
        return [item(wildcards) if callable(item) else item for item in functions]
    except (KeyError, EngramError) as error:
        # The configuration has no such data set, encoder or task any more.
        return [f"no such job: {error}"]


def leaves(values: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """Return every setting that holds no others, with its path."""
    if isinstance(values, dict) and values:
        return [leaf for name, value in values.items() for leaf in leaves(value, (*path, name))]
    return [(path, values)]


def changed(config: dict, path: tuple[str, ...], value: Any, also: dict[str, Any]) -> dict | None:
    """Return a valid configuration with another value of one setting; None where none was found."""
    candidates = [*also.get(path[-1], []), *_OTHERS[type(value)](value)]
    for candidate in candidates:
        other = deepcopy(config)
        place = other
        for name in path[:-1]:
            place = (
                place.setdefault(name, {})
                if place.get(name) is not None
                else place.update({name: {}}) or place[name]
            )
        # Some values need another beside them.
        beside = isinstance(candidate, dict) and path[-1] in candidate
        place.update(candidate if beside else {path[-1]: candidate})
        try:
            if load_settings(deepcopy(other)) != load_settings(deepcopy(config)):
                return other
        except EngramError:
            continue
    return None


_OTHERS: dict[type, Callable[[Any], list[Any]]] = {
    bool: lambda value: [not value],
    int: lambda value: [value + 1, value - 1, value * 2, 1],
    float: lambda value: [value * 0.5, value + 0.1, 0.5, 1.0],
    str: lambda value: [f"{value}x", "another"],
    list: lambda value: [value[:-1], value[::-1], [*value, *value[:1]]],
    type(None): lambda value: [1, 0.5, "another", True, {}],
    dict: lambda value: [],
}

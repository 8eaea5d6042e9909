"""The workflow in one picture."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

import engram
from engram.reporting.overview import draw_overview, group_of

SCRIPTS = Path(engram.__file__).parents[1] / "scripts"
#: Commands of their own, which no run of everything has.
COMMANDS = {
    # Its rules have other names.
    "solve_task",
    *("bundle", "publish", "pull_models", "rebuild", "reevaluate", "verify", "write_estimate"),
    "write_report",
}
DOT = """digraph snakemake_dag {
    graph[bgcolor=white, margin=0];
\t0[label = "all", color = "0.5 0.6 0.85", style="rounded"];
\t1[label = "memory_tables", color = "0.5 0.6 0.85", style="rounded"];
\t2[label = "train_stage_wild.base_seeds_1", color = "0.5 0.6 0.85", style="rounded"];
\t3[label = "train_stage_studio.head_seeds_1", color = "0.5 0.6 0.85", style="rounded"];
\t4[label = "draw_faces", color = "0.5 0.6 0.85", style="rounded"];
\t1 -> 0
\t2 -> 1
\t4 -> 1
\t2 -> 3
\t3 -> 1
\t4 -> 2
}
"""


def test_a_box_has_the_rules_of_its_stage():
    """Rules that differ in a suffix are one line; targets and stages without rules are left out."""
    root = ElementTree.fromstring(draw_overview(DOT))
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert words == [
        *("Faces: read, find, align, split", "draw_faces"),
        *("memory: train the stages", "train_stage (2 rules)"),
        *("memory: tables, figures, claims", "memory_tables"),
    ]


def test_an_arrow_says_what_no_longer_way_says():
    """From faces to stages to tables; that tables read the faces too needs no arrow."""
    root = ElementTree.fromstring(draw_overview(DOT))
    lines = [path for path in root.iter("{http://www.w3.org/2000/svg}path") if path.get("fill") == "none"]
    assert len(lines) == 2


@pytest.mark.parametrize("script", sorted(path.stem for path in SCRIPTS.glob("*.py")))
def test_every_rule_stands_in_a_box(script):
    """Only commands of their own stand in none; a suffix, as of families of stages, changes nothing."""
    found = group_of(script)
    if script in COMMANDS:
        assert found is None
    else:
        assert found is not None
        assert found[1] == script
        assert group_of(f"{script}_seeds_1_2") == found

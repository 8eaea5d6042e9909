"""The workflow in one picture: its rules by stage of work and by study, drawn from Snakemake's own graph.

Snakemake's report draws each rule as a point of one column, which is too long to read for the hundred rules
of a run. Here a box holds the rules of a stage, and rules that differ in a suffix are one line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

__all__ = ["Group", "draw_overview", "group_of"]

_NODE = re.compile(r"^\s*(\d+)\[label = \"([^\"\\]+)", re.MULTILINE)
_EDGE = re.compile(r"^\s*(\d+) -> (\d+)", re.MULTILINE)
#: Pixels: a column of boxes and the gap beside it, a line, and what a box has besides its lines.
_WIDTH, _GAP, _LINE, _FRAME = 300, 24, 19, 44
#: Pixels between rows, which edges go through.
_BETWEEN = 46


@dataclass(frozen=True)
class Group:
    """A stage of work of one study, or of several."""

    title: str
    row: int
    first: int
    """Its column, and the last one that it reaches over."""
    last: int
    rules: tuple[str, ...]
    """How their names begin: what follows names a family of stages, seeds or encoders."""


_GROUPS = (
    Group(
        "Faces: read, find, align, split",
        0,
        0,
        1,
        (
            *("draw_faces", "read_dataset", "split_subjects", "split_without_copies", "prepare_faces"),
            *("prepare_shard", "join_faces", "crop_faces", "crop_shard", "find_duplicates", "contact_sheet"),
        ),
    ),
    Group(
        "Text: read, index, split",
        0,
        2,
        2,
        (
            *("draw_text", "read_text", "split_documents", "prepare_text", "prepare_vectors"),
            *("find_text_overlap", "check_text_overlap"),
        ),
    ),
    Group("memory: train the stages", 1, 0, 0, ("check_splits", "train_stage")),
    Group(
        "general: source encoders",
        1,
        1,
        1,
        ("check_targets", "check_encoder", "train_encoder", "extract_embeddings", "general_overlap"),
    ),
    Group("entities: train the stages", 1, 2, 2, ("entities_check_splits", "entities_train_stage")),
    Group("general: fuse the embeddings", 2, 1, 1, ("fit_operators",)),
    Group("general: students", 3, 1, 1, ("train_student", "represent_faces", "general_views")),
    Group("memory: predictions on test", 4, 0, 0, ("evaluate_models",)),
    Group(
        "general: predictions on test",
        4,
        1,
        1,
        (
            *("search_subsets", "probe", "finetune_target", "finetune_source"),
            *("solve_subjects", "solve_target", "solve_source"),
        ),
    ),
    Group("entities: predictions on test", 4, 2, 2, ("count_mentions", "entities_evaluate_models")),
    Group(
        "memory: tables, figures, claims",
        5,
        0,
        0,
        ("memory_tables", "memory_figure", "memory_claims", "model_cards"),
    ),
    Group(
        "general: tables, figures, claims",
        5,
        1,
        1,
        ("general_tables", "general_figure", "general_claims", "export_student"),
    ),
    Group(
        "entities: tables, figures, claims",
        5,
        2,
        2,
        ("entities_tables", "entities_figure", "entities_claims", "tagger_cards", "export_tagger"),
    ),
    Group(
        "All studies together",
        6,
        0,
        2,
        ("levels_tables", "levels_claims", "results_page", "result_numbers", "track"),
    ),
)


def group_of(rule: str) -> tuple[Group, str] | None:
    """Return a rule's group and how its name begins; None for one of no group, such as a target."""
    groups = {name: group for group in _GROUPS for name in group.rules}
    found = [name for name in groups if rule == name or rule.startswith(f"{name}_")]
    name = max(found, key=len, default=None)
    return None if name is None else (groups[name], name)


def draw_overview(dot: str) -> str:
    """Return the workflow as SVG.

    Parameters
    ----------
    dot
        What ``snakemake --rulegraph dot`` prints: the rules of a run and what each waits for.
    """
    found = {number: group_of(rule) for number, rule in _NODE.findall(dot)}
    placed = {number: one for number, one in found.items() if one is not None}
    lines: dict[Group, Counter[str]] = {
        group: Counter(name for other, name in placed.values() if other is group) for group in _GROUPS
    }
    lines = {group: rules for group, rules in lines.items() if rules}
    edges = {
        (placed[before][0], placed[after][0])
        for before, after in _EDGE.findall(dot)
        if {before, after} <= {*placed}
    }
    tops, height = _rows(lines)
    width = max((group.last for group in lines), default=0) * (_WIDTH + _GAP) + _WIDTH
    boxes = {group: _place(group, tops, len(rules)) for group, rules in lines.items()}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 {width + 2} {height + 2}" width="{width}" '
        'role="img" aria-label="The workflow by stage and study" font-family="sans-serif" font-size="13">'
    ]
    parts += [_curve(boxes[before], boxes[after]) for before, after in sorted(_reduced(edges), key=str)]
    parts += [_box(group, boxes[group], rules) for group, rules in lines.items()]
    return "\n".join([*parts, "</svg>\n"])


@dataclass(frozen=True)
class _Box:
    left: float
    top: float
    width: float
    height: float

    def nearest(self, x: float) -> float:
        """Return the place of its upper or lower side that is nearest to ``x``."""
        return min(max(x, self.left + 20), self.left + self.width - 20)


def _rows(lines: dict[Group, Counter[str]]) -> tuple[dict[int, float], float]:
    """Return the top of each row that is there, and the height of all."""
    tops, top = {}, 0.0
    for row in sorted({group.row for group in lines}):
        tops[row] = top
        top += max(_height(len(rules)) for group, rules in lines.items() if group.row == row) + _BETWEEN
    return tops, max(top - _BETWEEN, 0)


def _height(rules: int) -> int:
    return _FRAME + _LINE * rules


def _place(group: Group, tops: dict[int, float], rules: int) -> _Box:
    columns = group.last - group.first + 1
    width = columns * _WIDTH + (columns - 1) * _GAP
    return _Box(group.first * (_WIDTH + _GAP), tops[group.row], width, _height(rules))


def _reduced(edges: set[tuple[Group, Group]]) -> Iterator[tuple[Group, Group]]:
    """Yield the edges that no path through other groups says already; none from a group to itself."""
    after: dict[Group, set[Group]] = {}
    for before, later in edges:
        if before is not later:
            after.setdefault(before, set()).add(later)

    def reaches(start: Group, end: Group) -> bool:
        return any(one is end or reaches(one, end) for one in after.get(start, ()) if one.row <= end.row)

    for before, direct in after.items():
        for later in direct:
            if later.row > before.row and not any(reaches(one, later) for one in direct if one is not later):
                yield before, later


def _curve(before: _Box, after: _Box) -> str:
    # Straight down, where the narrower of the two lies wholly below or above the other.
    narrow = min(before, after, key=lambda box: box.width)
    start, end = (box.nearest(narrow.left + narrow.width / 2) for box in (before, after))
    top, bottom = before.top + before.height, after.top
    middle = bottom - _BETWEEN / 2
    return (
        f'<path d="M{start:g},{top:g} C{start:g},{middle:g} {end:g},{middle:g} {end:g},{bottom - 7:g}" '
        'fill="none" stroke="#94a3b8" stroke-width="2"/>'
        f'<path d="M{end - 5:g},{bottom - 8:g} h10 l-5,8 z" fill="#94a3b8"/>'
    )


def _box(group: Group, box: _Box, rules: Counter[str]) -> str:
    x = f"{box.left + 12:g}"
    drawn = [
        f'<rect x="{box.left:g}" y="{box.top:g}" width="{box.width:g}" height="{box.height:g}" rx="6" '
        'fill="#f8fafc" stroke="#475569"/>',
        f'<text x="{x}" y="{box.top + 23:g}" font-weight="bold" fill="#0f172a">{escape(group.title)}</text>',
    ]
    for place, name in enumerate(name for name in group.rules if name in rules):
        count = f" ({rules[name]} rules)" if rules[name] > 1 else ""
        drawn.append(
            f'<text x="{x}" y="{box.top + 46 + _LINE * place:g}" fill="#334155" font-family="monospace">'
            f"{escape(name)}{count}</text>"
        )
    return "".join(drawn)

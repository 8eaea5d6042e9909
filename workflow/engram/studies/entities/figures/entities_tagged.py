"""Test sentences with what a model of the target alone and the best transfer find: right entities, missed,
spurious, wrong boundaries and wrong types, each in its colour. Only of texts whose licence allows their
sentences to be shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Patch

from engram.data.text.tags import unpack
from engram.reporting.plots import PAGE
from engram.statistics.spans import Fate, fates
from engram.studies.entities.collect import Evidence
from engram.studies.entities.notes import titles

__all__ = ["Tagged", "draw_sentence", "entities_tagged"]

#: Fill of what became of an entity, and what the legend says.
COLOURS = {
    "right": ("#BFE3C6", "right"),
    "missed": ("#F7C6C1", "missed"),
    "spurious": ("#E2C8EE", "spurious"),
    "boundary": ("#FBE3A5", "wrong boundary"),
    "type": ("#B9D7F0", "wrong type"),
}
#: Sentences of a text, and the height of a line in inches.
_SENTENCES, _HEIGHT = 4, 0.3
#: What is left free below a sentence in lines: below a model's, and below the last model's.
_GAPS = (0.1, 0.6)
#: Size of the words in points, the width of one of their characters in inches, and where a line begins.
_SIZE, _LEFT = 6.6, 0.85
_STEP = 0.602 * _SIZE / 72
#: Characters of a line; its last may be a mark behind it.
_LINE = int((PAGE - _LEFT - 0.1) / _STEP) - 2
#: Size of the types below the words, the width of one of their characters at most, and the height of a row.
_SMALL = 4.5
_SMALL_STEP, _ROW = 0.62 * _SMALL / 72, 0.065


@dataclass(frozen=True)
class Tagged:
    """A sentence, and what one model makes of it."""

    label: str
    words: list[str]
    fates: list[Fate]
    gap: float
    """One of `_GAPS`."""


def entities_tagged(evidence: Evidence) -> Figure:
    """Draw sentences of each text that may be shown, each once a model, those with most errors first."""
    blocks = [(name, _chosen(evidence, name)) for name in _texts(evidence)]
    heights = [sum(len(_lines(one)) + one.gap for one in block) + 1.0 for _, block in blocks]
    figure = Figure(figsize=(PAGE, _HEIGHT * sum(heights) + 0.5), layout="none")
    panel = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    panel.set_axis_off()
    total = _HEIGHT * sum(heights) + 0.5
    panel.set_xlim(0, PAGE)
    panel.set_ylim(total, 0)
    handles = [Patch(facecolor=fill, label=words) for fill, words in COLOURS.values()]
    figure.legend(handles=handles, loc="upper center", ncols=len(handles))
    top = 0.55
    for name, block in blocks:
        panel.text(0.1, top, titles(evidence)[name], fontsize=9, weight="bold", va="center")
        top += 0.8 * _HEIGHT
        for tagged in block:
            top = draw_sentence(panel, tagged, top)
        top += 0.2 * _HEIGHT
    return figure


def _texts(evidence: Evidence) -> list[str]:
    """Return the targets whose sentences may be shown."""
    targets = dict.fromkeys(trial.target for trial in evidence.trials)
    return [name for name in targets if evidence.shown[name]]


def _chosen(evidence: Evidence, name: str) -> list[Tagged]:
    """Return the sentences of a text with most errors of the first seed's models, each model's in turn."""
    found, shown = evidence.spans(name), evidence.shown[name]
    places = {int(row): place for place, row in enumerate(found.rows)}
    models = _models(evidence, name)
    sentences = []
    for row, words in shown.items():
        place = places[row]
        gold = unpack(found.gold[place])
        answers = [unpack(found.found[found.models.index(model), 0, place]) for _, model in models]
        made = [
            Tagged(label, words, fates(gold, spans), _GAPS[label == models[-1][0]])
            for (label, _), spans in zip(models, answers, strict=True)
        ]
        wrong = sum(fate.kind != "right" for one in made for fate in one.fates)
        sentences.append((-wrong, row, made))
    sentences.sort(key=lambda one: one[:2])
    return [tagged for _, _, made in sentences[:_SENTENCES] for tagged in made]


def _models(evidence: Evidence, name: str) -> list[tuple[str, str]]:
    """Return a label and a model: that of the target alone, and the best of the others."""
    scores, whole = evidence.scores[name], evidence.whole(name)
    known = [trial for trial in whole if str(trial.lineage) in scores]
    alone = next((trial for trial in known if evidence.reference(trial) is None), None)
    others = [trial for trial in known if trial is not alone]
    best = max(others, key=lambda trial: scores.effect(str(trial.lineage)).value, default=None)
    return [(trial.strategy, str(trial.lineage)) for trial in (alone, best) if trial is not None]


def _lines(tagged: Tagged) -> list[list[tuple[int, str, float]]]:
    """Break a sentence into lines of (place of the token, word, column); columns are in characters."""
    lines: list[list[tuple[int, str, float]]] = [[]]
    column = 0.0
    for place, word in enumerate(tagged.words):
        if column and column + len(word) > _LINE + 2 * (len(word) == 1):
            lines.append([])
            column = 0.0
        lines[-1].append((place, word, column))
        column += len(word) + 1
    return lines


def draw_sentence(panel: Axes, tagged: Tagged, top: float) -> float:
    """Write a sentence below ``top`` in a face of equal widths; return where it ends."""
    left, step = _LEFT, _STEP
    panel.text(0.1, top, tagged.label, fontsize=7.5, color="0.35", va="center")
    marks = dict(_marks(tagged))
    for line in _lines(tagged):
        free = 0.0  # where the types that are written so far end
        for place, word, column in line:
            start = left + step * column
            if place in marks:
                kind, label, goes_on = marks[place]
                width = len(word) + (1 if goes_on and place + 1 in {one[0] for one in line} else 0)
                _box(panel, start, top, step * width, COLOURS[kind][0])
                if label:
                    row = 0.105 + (_ROW if start < free else 0.0)
                    panel.text(start, top + row, label, fontsize=_SMALL, color="0.3", va="center")
                    free = max(free, start + _SMALL_STEP * len(label))
            face = {"family": "monospace", "fontsize": _SIZE, "va": "center"}
            panel.text(start, top - 0.01, word, **face)
        top += _HEIGHT
    return top + tagged.gap * _HEIGHT


def _box(panel: Axes, left: float, middle: float, width: float, fill: str) -> None:
    height = 0.13
    shape = "round,pad=0.008,rounding_size=0.02"
    panel.add_patch(
        FancyBboxPatch((left, middle - height / 2), width, height, boxstyle=shape, facecolor=fill, lw=0)
    )


def _marks(tagged: Tagged) -> Iterator[tuple[int, tuple[str, str, bool]]]:
    """Yield each marked token with its colour, its label, and whether the mark goes on behind it."""
    for fate in tagged.fates:
        span = fate.found or fate.gold
        assert span is not None
        label = span[0]
        if fate.gold and fate.found and fate.kind != "right":
            words = " ".join(tagged.words[fate.gold[1] : fate.gold[2]])
            label = f"{label} (true: {words if fate.kind == 'boundary' else fate.gold[0]})"
        for place in range(span[1], span[2]):
            yield place, (fate.kind, label if place == span[1] else "", place + 1 < span[2])

"""Simulated studies that show whether intervals cover; writes the tables of ``docs/statistics.md``.

A cell of the grid is a number of subjects and of seeds, the seeds' part of the variance, an outcome
(normal or binary) and a true effect. Each trial draws a balanced study with two models, and asks whether
the interval of their difference holds the true one. ``python -m engram.statistics.simulation``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from engram.core.files import write_text
from engram.core.seeds import derive_seed
from engram.statistics.crossed import half_width

__all__ = [
    "METHODS",
    "PAGE",
    "TRIALS",
    "Cell",
    "Study",
    "cells",
    "coverage",
    "half_widths",
    "percent",
    "random_effects",
    "range_of",
    "simulate",
    "spreads",
    "variances",
    "write_page",
]

#: The page that holds the tables.
PAGE = Path("docs/statistics.md")
#: What a study is made of.
SUBJECTS, SEEDS, FRACTIONS = (5, 10, 30, 300), (3, 5, 10), (0.0, 0.1, 0.5, 0.9, 0.99)
OUTCOMES, EFFECTS = ("normal", "binary"), (0.0, 0.1, 0.3)
TRIALS = 1500
#: Images of a subject, for binary outcomes.
IMAGES = 8
#: Standard deviation of the larger random effect, and where effects are cut so that chances stay in [0, 1].
SPREAD, CUT = 0.06, 2.5

#: Variances (V_subjects, V_seeds, V_rest) of many trials, degrees of freedom of subjects and seeds,
#: confidence -> half widths.
Method = Callable[[np.ndarray, np.ndarray, np.ndarray, tuple[Any, int], float], np.ndarray]


@dataclass(frozen=True)
class Cell:
    """One kind of study."""

    subjects: int
    seeds: int
    fraction: float
    """The seeds' part of the variance of the mean."""
    outcome: str
    effect: float


@dataclass(frozen=True, eq=False)
class Study:
    """Many trials of one kind of study."""

    value: np.ndarray
    """(T,) the estimated difference."""
    components: tuple[np.ndarray, np.ndarray, np.ndarray]
    """(T,) each: the variance of the mean by subjects, by seeds, and of what neither explains."""
    freedom: tuple[Any, int]
    """Of subjects, one number or (T,), and of seeds."""
    effect: float


def cells() -> Iterator[Cell]:
    """Yield every kind of study of the grid."""
    for subjects, seeds, fraction, outcome, effect in product(SUBJECTS, SEEDS, FRACTIONS, OUTCOMES, EFFECTS):
        yield Cell(subjects, seeds, fraction, outcome, effect)


def simulate(cell: Cell, trials: int = TRIALS) -> Study:
    """Draw trials of a kind of study. The same cell draws the same trials."""
    random = np.random.default_rng(derive_seed("simulation", repr(cell)))
    of_subjects, of_seeds = spreads(cell.subjects, cell.seeds, cell.fraction)
    by_subject = random_effects(random, of_subjects, (trials, 1, cell.subjects))
    by_seed = random_effects(random, of_seeds, (trials, cell.seeds, 1))
    shape = (trials, cell.seeds, cell.subjects)
    if cell.outcome == "normal":
        table = cell.effect + by_subject + by_seed + random.normal(0, SPREAD, shape)
    else:
        base = random.uniform(0.25, 0.4, (trials, 1, cell.subjects))
        half = (by_subject + by_seed) / 2
        left = random.binomial(IMAGES, base + cell.effect + half)
        table = (left - random.binomial(IMAGES, base - half)) / IMAGES
    return Study(table.mean(axis=(1, 2)), variances(table), (cell.subjects - 1, cell.seeds - 1), cell.effect)


def variances(table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the variances of the mean of tables (T, J, I): by subjects, by seeds, and of the rest."""
    _, seeds, subjects = table.shape
    grand = table.mean(axis=(1, 2))
    rows = table.mean(axis=1) - grand[:, None]
    columns = table.mean(axis=2) - grand[:, None]
    rest = table - grand[:, None, None] - rows[:, None, :] - columns[:, :, None]
    return (
        (rows**2).sum(axis=1) / (subjects - 1) / subjects,
        (columns**2).sum(axis=1) / (seeds - 1) / seeds,
        (rest**2).sum(axis=(1, 2)) / ((subjects - 1) * (seeds - 1)) / (subjects * seeds),
    )


def coverage(study: Study, method: str = "own quantiles") -> float:
    """Return the fraction of trials whose interval holds the true effect."""
    return float((np.abs(study.value - study.effect) <= half_widths(study, method)).mean())


def half_widths(study: Study, method: str, confidence: float = 0.95) -> np.ndarray:
    """Return the (T,) half widths of the intervals that a method gives."""
    return METHODS[method](*study.components, study.freedom, confidence)


def spreads(subjects: int, seeds: int, fraction: float) -> tuple[float, float]:
    """Return the standard deviations of subjects and seeds: the larger is `SPREAD`, the ratio by the seeds'
    part of the variance of the mean.
    """
    ratio = np.sqrt([subjects * (1 - fraction), seeds * fraction])
    of_subjects, of_seeds = SPREAD * ratio / ratio.max()
    return float(of_subjects), float(of_seeds)


def random_effects(random: np.random.Generator, spread: float, shape: tuple[int, ...]) -> np.ndarray:
    """Draw normal effects, cut at `CUT` standard deviations."""
    return np.clip(random.normal(0, 1, shape), -CUT, CUT) * spread


def _tails(freedom: tuple[Any, int], confidence: float) -> tuple[Any, Any]:
    return stdtrit(freedom[0], (1 + confidence) / 2), stdtrit(freedom[1], (1 + confidence) / 2)


def _own_quantiles(subjects, seeds, rest, freedom, confidence):
    return half_width(np.maximum(subjects - rest, 0), seeds, freedom, confidence)


def _dominant(subjects, seeds, rest, freedom, confidence):
    first, second = _tails(freedom, confidence)
    total = np.maximum.reduce([subjects + seeds - rest, subjects, seeds])
    return np.where(subjects > seeds, first, second) * np.sqrt(total)


def _satterthwaite(subjects, seeds, rest, freedom, confidence):
    parts = [subjects, seeds, rest]
    total = np.maximum(subjects + seeds - rest, 1e-300)
    freedoms = [*freedom, freedom[0] * freedom[1]]
    spread = sum(part**2 / number for part, number in zip(parts, freedoms, strict=True))
    found = np.maximum(total**2 / np.maximum(spread, 1e-300), 1.0)
    return stdtrit(found, (1 + confidence) / 2) * np.sqrt(total)


def _subjects_alone(subjects, seeds, rest, freedom, confidence):
    return _tails(freedom, confidence)[0] * np.sqrt(subjects)


#: The estimators compared; the first is what Engram uses.
METHODS: dict[str, Method] = {
    "own quantiles": _own_quantiles,
    "dominant quantile": _dominant,
    "Satterthwaite": _satterthwaite,
    "subjects alone": _subjects_alone,
}

_WORDS = {
    "own quantiles": "each component with its own quantile (used here)",
    "dominant quantile": "crossed variance, the quantile of the larger component",
    "Satterthwaite": "crossed variance, Satterthwaite's degrees of freedom",
    "subjects alone": "subjects alone, as if there were one training run",
}


def coverage_table(trials: int = TRIALS) -> pd.DataFrame:
    """Return the coverage, the power and the width of every method in every cell."""
    rows = []
    for cell in cells():
        study = simulate(cell, trials)
        for method in METHODS:
            half = half_widths(study, method)
            rows.append(
                {
                    **vars(cell),
                    "method": method,
                    "coverage": coverage(study, method),
                    "power": float((study.value - half > 0).mean()),
                    "width": float(2 * half.mean()),
                }
            )
    return pd.DataFrame(rows)


def _methods_page(table: pd.DataFrame) -> str:
    lines = ["| interval | lowest | highest from 10 subjects | cells below 92.5 % |", "|---|:-:|:-:|:-:|"]
    for method, words in _WORDS.items():
        mine = table[table["method"] == method]
        lines.append(
            f"| {words} | {percent(mine['coverage'].min())} | "
            f"{percent(mine['coverage'][mine['subjects'] >= 10].max())} | "
            f"{int((mine['coverage'] < 0.925).sum())} of {len(mine)} |"
        )
    return "\n".join(lines)


def _coverage_page(table: pd.DataFrame) -> str:
    mine = table[table["method"] == next(iter(METHODS))]
    lines = [
        "| subjects | seeds | outcome | lowest coverage | highest | power at 10 points | at 30 | "
        "width at 10 points |",
        "|:-:|:-:|---|:-:|:-:|:-:|:-:|:-:|",
    ]
    for (subjects, seeds, outcome), group in mine.groupby(["subjects", "seeds", "outcome"]):
        power = group.groupby("effect")["power"]
        lowest, highest = power.min(), power.max()
        width = 100 * group.loc[group["effect"] == 0.1, "width"]
        lines.append(
            f"| {subjects} | {seeds} | {outcome} | {percent(group['coverage'].min())} | "
            f"{percent(group['coverage'].max())} | {range_of(lowest[0.1], highest[0.1])} | "
            f"{range_of(lowest[0.3], highest[0.3])} | {width.min():.1f} to {width.max():.1f} |"
        )
    return "\n".join(lines)


def percent(value: float) -> str:
    """Write a fraction in percent."""
    return f"{100 * value:.1f} %"


def range_of(low: float, high: float) -> str:
    """Write two fractions in percent."""
    return f"{100 * low:.0f} to {100 * high:.0f} %"


def write_page(page: Path, tables: dict[str, str]) -> None:
    """Put generated tables between the marks of a Markdown page: name of the marks -> table."""
    text = page.read_text(encoding="utf-8")
    for name, made in tables.items():
        start, end = f"<!-- {name}: generated -->", f"<!-- {name}: end -->"
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(end)
        text = f"{before}{start}\n{made}\n{end}{after}"
    write_text(page, text)


if __name__ == "__main__":
    made = coverage_table()
    write_page(PAGE, {"methods": _methods_page(made), "coverage": _coverage_page(made)})

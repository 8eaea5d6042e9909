"""The study's three questions and their answers in words, from the numbers of `memory_questions`."""

from __future__ import annotations

from typing import Any

import pandas as pd

from engram.reporting.cells import percent, signed
from engram.reporting.sections import Section
from engram.reporting.tables import bracketed
from engram.studies.memory.collect import Evidence
from engram.studies.memory.tables._cells import dataset_titles

__all__ = ["answers"]


def answers(frame: pd.DataFrame, evidence: Evidence) -> list[Section]:
    """Return a section a question, for the largest fraction of the target's training subset."""
    whole = frame[frame["fraction"] == frame["fraction"].max()]
    return [_impact(whole, evidence), _trade_off(whole, evidence), _use(whole, evidence)]


def _impact(frame: pd.DataFrame, evidence: Evidence) -> Section:
    """Say on how many targets each strategy gains and forgets beyond doubt, and its largest of both."""
    items = []
    for strategy, part in frame.groupby("strategy", sort=False):
        gains = f"{strategy} gains on {_beyond(part, 'gain')} (most: {_most(part, 'gain', evidence)})"
        lost = "has no source to forget"
        if part["forgetting"].notna().any():
            lost = f"forgets on {_beyond(part, 'forgetting')} (most: {_most(part, 'forgetting', evidence)})"
        items.append(f"{gains}, {lost}")
    text = (
        "Gain is on the target, forgetting on the source, both against "
        f"{evidence.settings.memory.strategies[0]}, in points of accuracy. {_counting(frame)}"
    )
    return Section("1. What is the impact of each strategy?", text, tuple(items), "forgetting_gain")


def _trade_off(frame: pd.DataFrame, evidence: Evidence) -> Section:
    """Name the strategy with the highest mean of both sides for each transfer, and its lead."""
    items = [
        f"{_transfer(source, target, evidence)}: {_best(part, evidence)}"
        for (source, target), part in frame.groupby(["source", "target"], sort=False)
        if part["both"].notna().any()
    ]
    text = (
        "By the highest mean of the accuracies on source and target. The best is chosen by these test "
        "accuracies, and its lead is not corrected for the choice. That fusion (FU) is the best trade-off, "
        "as the paper's abstract says, is judged among the claims."
    )
    heading = "2. Which strategy is best on source and target together?"
    return Section(heading, text, tuple(items), "memory_trade_off")


def _best(part: pd.DataFrame, evidence: Evidence) -> str:
    """Name the best strategy of a transfer, its mean, and its lead over the baseline and the next."""
    best = part.loc[part["both"].idxmax()]
    mean = f"{percent(best['both'])} % {_interval(best, 'both', percent)}".strip()
    over = f"{signed(best, 'both_over_baseline')} against {evidence.settings.memory.strategies[0]}"
    others = part[(part["strategy"] != best["strategy"]) & part["both"].notna()]
    if others.empty:
        return f"{best['strategy']} with {mean}, {over}"
    second = others.loc[others["both"].idxmax()]
    lead = f"{_lead(best, second, evidence)} against the next, {second['strategy']}"
    return f"{best['strategy']} with {mean}, {over}, {lead}"


def _lead(best: pd.Series, second: pd.Series, evidence: Evidence) -> str:
    """Return the difference of two strategies' means of both sides, paired."""
    lineages = {
        (each.source, each.target, each.strategy, each.fraction): str(each.lineage)
        for each in evidence.trials
    }
    names = [lineages[tuple(row[["source", "target", "strategy", "fraction"]])] for row in (best, second)]
    estimate = evidence.both_sides[best["source"], best["target"]].difference(*names)
    found = {"lead": estimate.value, "lead_low": estimate.low, "lead_high": estimate.high}
    return signed(found, "lead")


def _use(frame: pd.DataFrame, evidence: Evidence) -> Section:
    """Say on how many targets each strategy beats, or is beaten by, the target alone."""
    heading, asked = "3. Is transfer useful at all?", frame[frame["over_alone"].notna()]
    if asked.empty:
        return Section(
            heading,
            "Not asked: no strategy of this configuration trains on the target alone. Add one with the stage "
            "target.base.",
        )
    items = [
        f"{strategy} is above on {_beyond(part, 'over_alone')} and below on {_below(part, 'over_alone')} "
        f"(most: {_most(part, 'over_alone', evidence)})"
        for strategy, part in asked.groupby("strategy", sort=False)
    ]
    text = (
        "Accuracy on the target minus that of the same network trained from random weights on the target "
        f"alone. {_counting(asked)}"
    )
    return Section(heading, text, tuple(items), "integrity")


def _counting(frame: pd.DataFrame) -> str:
    words = "Counted are targets where the whole interval lies on that side of zero"
    lacking = frame["gain_low"].isna().any()
    return f"{words}; one without an interval is not counted." if lacking else f"{words}."


def _beyond(part: pd.DataFrame, name: str) -> str:
    return f"{int((part[f'{name}_low'] > 0).sum())} of {len(part)}"


def _below(part: pd.DataFrame, name: str) -> str:
    return f"{int((part[f'{name}_high'] < 0).sum())}"


def _most(part: pd.DataFrame, name: str, evidence: Evidence) -> str:
    """Return the largest value with its interval, and where it was."""
    line = part.loc[part[name].idxmax()]
    return f"{signed(line, name)} on {dataset_titles(evidence)[line['target']]}"


def _interval(line: Any, name: str, write: Any) -> str:
    return bracketed(line[f"{name}_low"], line[f"{name}_high"], write)


def _transfer(source: str, target: str, evidence: Evidence) -> str:
    titles = dataset_titles(evidence)
    return f"{titles[source]} → {titles[target]}"

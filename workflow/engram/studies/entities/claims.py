"""What the study's claims are held against: our predictions and the printed figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engram.reporting.claims import Basis, read_claims
from engram.reporting.claims_report import write_claims
from engram.runtime.job_spec import NamedFiles
from engram.statistics.crossed import Effect, combine, mean_effect
from engram.statistics.intervals import Scores
from engram.studies.entities.collect import Evidence
from engram.studies.entities.jobs.evidence import CLAIMS, EvidenceParams
from engram.studies.entities.notes import drawn_notes
from engram.studies.entities.printed import NOT_FOUND, printed_pairs, printed_tasks
from engram.studies.entities.selection import SeedMean, flattery
from engram.studies.lineage.trials import Trial

__all__ = ["CLAIMS_FILE", "entities_bases", "judge_entities_claims", "write_entities_claims"]

#: The papers' claims.
CLAIMS_FILE = Path(__file__).with_name("claims.yaml")
#: What ``paper`` says of values that were measured here.
_OURS = "measured"
#: The joint model whose gain is followed over fractions.
_JOINT = "MTL-BC"


def judge_entities_claims(inputs: NamedFiles, outputs: NamedFiles, params: EvidenceParams) -> None:
    """Judge the claims and write their files beside ``outputs.page``."""
    write_entities_claims(Evidence.load(inputs, params), Path(outputs.page[0]).parent)


def write_entities_claims(evidence: Evidence, folder: str | Path) -> None:
    """Write the study's claims into a folder; see `engram.reporting.claims_report.write_claims`."""
    write_claims(read_claims(CLAIMS_FILE), entities_bases(evidence), folder, CLAIMS)


def entities_bases(evidence: Evidence) -> list[Basis]:
    """Return the two bases: our data and the printed figures."""
    return [_measured(evidence), _printed(evidence.settings.evidence.margin)]


@dataclass(frozen=True, eq=False)
class _Score:
    """A model's score, or how far it lies above that of another model on the same documents."""

    scores: Scores
    model: str
    other: str | None = None

    @property
    def value(self) -> float:
        return float(self.effect.value)

    @property
    def effect(self) -> Effect:
        """The value with what moves it."""
        own = self.scores.effect(self.model)
        return own if self.other is None else own - self.scores.effect(self.other)

    @property
    def by_subject(self) -> pd.Series:
        """The value of each document."""
        own = self.scores.by_subject[self.model]
        return own if self.other is None else own - self.scores.by_subject[self.other]


@dataclass(eq=False)
class _Values:
    """Rows of a basis, each with what its value is made of."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    parts: list[_Score | SeedMean] = field(default_factory=list)

    def add(self, part: _Score | SeedMean, **row: Any) -> None:
        """Add a row: a model's score, or a mean over seeds."""
        row = {"paper": _OURS, "fraction": 100, **row, "value": part.value, "part": len(self.parts)}
        self.rows.append(row)
        self.parts.append(part)

    def difference(self, left: dict, right: dict, function: Callable[[float, float], float]) -> Any:
        """Return the difference of two rows' values."""
        ends = [self.parts[row["part"]] for row in (left, right)]
        if all(isinstance(end, SeedMean) for end in ends):
            pairs = zip(ends[0].values, ends[1].values, strict=True)  # type: ignore[union-attr]
            return SeedMean(np.array([function(*pair) for pair in pairs]))
        return combine(function, *(end.effect for end in ends))  # type: ignore[union-attr]

    def subjects(self, left: dict, right: dict) -> tuple[int, int, int] | None:
        """Return how many documents there are, and on how many left is above and below right."""
        ends = [self.parts[row["part"]] for row in (left, right)]
        if any(isinstance(end, SeedMean) for end in ends):
            return None
        gain = ends[0].by_subject - ends[1].by_subject  # type: ignore[union-attr]
        return len(gain), int((gain > 0).sum()), int((gain < 0).sum())


def _pool(parts: Sequence[Any]) -> Any:
    """Return the mean of differences; of those that know of seeds alone, by seed."""
    if all(isinstance(part, SeedMean) for part in parts):
        return SeedMean(np.mean([part.values for part in parts], axis=0))
    return mean_effect(parts)


def _measured(evidence: Evidence) -> Basis:
    values = _Values()
    for trial in evidence.trials:
        for role, name in _scored(evidence, trial):
            scores, model = evidence.scores[name], str(trial.lineage)
            if model in scores:
                _add_trial(values, evidence, trial, role, scores, "score")
    for target in dict.fromkeys(trial.target for trial in evidence.trials):
        for kind in ("seen", "unseen"):
            recall = evidence.mention_scores(target, kind == "seen")
            for trial in evidence.whole(target):
                if recall and str(trial.lineage) in recall:
                    _add_trial(values, evidence, trial, "target", recall, kind)
    _add_gains(values, evidence)
    _add_pairs(values, evidence)
    _add_flattery(values, evidence)
    chosen = evidence.settings.evidence
    method = (
        f"Differences have {100 * chosen.confidence:g} % intervals, paired by document and by seed "
        f"({len(evidence.seeds)} seeds; docs/statistics.md). The claim about the choice of epochs is judged "
        "by seeds alone."
    )
    return Basis(
        "measured",
        "our data",
        " ".join([method, *drawn_notes(evidence)]),
        pd.DataFrame(values.rows),
        values.difference,
        pool=_pool,
        subjects=values.subjects,
        confidence=chosen.confidence,
        margin=chosen.margin,
    )


def _scored(evidence: Evidence, trial: Trial) -> Iterator[tuple[str, str]]:
    """Yield what a trial is scored on: source, target, and ``pos`` where it learnt parts of speech."""
    for role in trial.roles:
        yield role, getattr(trial, role)
    known = sorted({name for stage in trial.lineage.stages for name in stage.datasets})
    for name in known:
        if evidence.settings.texts[name].kind == "tokens" and name not in (trial.source, trial.target):
            yield "pos", name


def _add_trial(
    values: _Values, evidence: Evidence, trial: Trial, role: str, scores: Scores, measure: str
) -> None:
    """Add a value; that of a strategy that does not see the target stands beside each fraction."""
    fractions = [trial.fraction] if trial.fraction else evidence.study.fractions
    for fraction in fractions:
        values.add(
            _Score(scores, str(trial.lineage)),
            source=trial.source,
            target=trial.target,
            measure=measure,
            evaluated_on=role,
            strategy=trial.strategy,
            fraction=fraction,
            label=f"{trial.strategy} {fraction} %" if trial.fraction else trial.strategy,
            lineage=str(trial.lineage),
        )


def _add_gains(values: _Values, evidence: Evidence) -> None:
    """Add the gain of MTL-BC over the target alone, at the smallest fraction of the target and at all."""
    fractions = {min(evidence.study.fractions): "smallest fraction", 100: "whole"}
    if len(fractions) < 2:
        return
    for trial in evidence.trials:
        alone = evidence.reference(trial)
        if trial.strategy != _JOINT or trial.fraction not in fractions or alone is None:
            continue
        values.add(
            _Score(evidence.scores[trial.target], str(trial.lineage), str(alone.lineage)),
            source=trial.source,
            target=trial.target,
            measure="gain",
            evaluated_on="target",
            strategy=fractions[trial.fraction],
            label=f"gain at {trial.fraction} %",
            lineage=str(trial.lineage),
        )


def _add_pairs(values: _Values, evidence: Evidence) -> None:
    """Add each pair's joint model and the target alone, and the largest and the smallest partner's."""
    tokens = {name: int(sizes.loc["train", "tokens"]) for name, sizes in evidence.sizes.items()}
    for pair in evidence.pairs:
        scores = evidence.scores[pair.target]
        for strategy, model in (("joint", pair.joint), ("alone", pair.alone)):
            values.add(
                _Score(scores, str(model)),
                source=pair.partner,
                target=pair.target,
                measure=pair.budget,
                evaluated_on="target",
                strategy=strategy,
                label=f"with {pair.partner}" if strategy == "joint" else "alone",
                lineage=str(model),
            )
    groups: dict[tuple[str, str], list] = {}
    for pair in evidence.pairs:
        groups.setdefault((pair.budget, pair.target), []).append(pair)
    for (budget, target), mine in groups.items():
        ordered = sorted(mine, key=lambda pair: tokens[pair.partner])
        for size, pair in (("large", ordered[-1]), ("small", ordered[0])):
            if len(ordered) > 1:
                values.add(
                    _Score(evidence.scores[target], str(pair.joint)),
                    source="its partners",
                    target=target,
                    measure=budget,
                    evaluated_on="target",
                    strategy=f"{size} partner",
                    label=f"with {pair.partner}",
                    lineage=str(pair.joint),
                )


def _add_flattery(values: _Values, evidence: Evidence) -> None:
    for found in flattery(evidence):
        for strategy, scores in (("by test", found.by_test), ("by validation", found.by_validation)):
            values.add(
                SeedMean(scores),
                source=found.lineage,
                target=found.dataset,
                measure="epoch",
                evaluated_on="target",
                strategy=strategy,
                label=f"epoch chosen {strategy}",
                lineage=found.lineage,
            )


def _printed(margin: float) -> Basis:
    note = (
        f"{NOT_FOUND} A check of our transcription: so many of the figures stand in the claimed order. They "
        "have no intervals, so there is no verdict. Single-task and most multi-task figures of Crichton et "
        "al. are from memory; a column of the project's copy says which."
    )
    tasks = printed_tasks().assign(source="the paper's sets", measure="score")
    sizes = printed_pairs().assign(paper="Crichton et al. (2017)", source="its partners", measure="steps")
    sizes["strategy"] = sizes["size"] + " partner"
    frames = [tasks.assign(label=tasks["strategy"]), sizes.assign(label="with " + sizes["partner"])]
    frame = reduce(lambda one, other: pd.concat([one, other], ignore_index=True), frames)
    frame = frame.assign(evaluated_on="target", fraction=100)
    return Basis("printed", "the printed figures", note, frame, margin=margin, digits=2)

"""The check of all tasks before anything is trained: can each be solved with the splits that are there?"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from engram.core.errors import StoreError, TrainingError, UnsolvableError
from engram.core.files import write_json
from engram.core.reading import read_table
from engram.data.held_out import held_out_images
from engram.data.splitting import Split, read_split
from engram.runtime.job_spec import NamedFiles
from engram.studies.general.jobs.target_check import Learner, TargetCheckParams
from engram.studies.general.targets.protocols import what_is_left_out
from engram.training.tasks import LabelSet

__all__ = ["check_targets"]


@dataclass(frozen=True)
class _Data:
    """A data set's labels, detection and subsets."""

    index: pd.DataFrame
    split: Split

    def detected(self, subset: str) -> pd.DataFrame:
        """Return the labels of a subset's detected faces."""
        faces = self.index.iloc[self.split.rows(subset)]
        return faces[faces["detected"].to_numpy(bool)]


def check_targets(inputs: NamedFiles, outputs: NamedFiles, params: TargetCheckParams) -> None:
    """Write which tasks cannot be solved and what of the others is not tested: ``report``.

    Parameters
    ----------
    inputs
        ``indices`` and ``splits`` of the study's data sets, in the order of the parameters.
    outputs
        ``report``: JSON with ``left_out`` (task -> reason) and ``untested`` (task -> sentences).

    Raises
    ------
    UnsolvableError
        If an encoder or D_unsup cannot be trained on, if no target can be solved, or, where
        ``general.unsolvable`` is ``stop``, if any task cannot be solved completely.
    """
    data = _load(inputs, params)
    if fatal := [reason for learner in params.learners for reason in _unlearnable(learner, data)]:
        raise UnsolvableError("\n".join(fatal))
    left_out, untested = {}, {}
    for task in params.tasks:
        try:
            tested, learnt = data[task.dataset], data[task.learnt_on]
            other = (learnt.index, learnt.split) if task.trained_on else None
            if notes := what_is_left_out(task, tested.index, tested.split, other):
                untested[task.name] = notes
        except UnsolvableError as error:
            left_out[task.name] = str(error)
    _judge(params, left_out, untested)
    write_json(outputs.report, {"left_out": left_out, "untested": untested})


def _load(inputs: NamedFiles, params: TargetCheckParams) -> dict[str, _Data]:
    found = {}
    for name, index, split in zip(params.datasets, inputs.indices, inputs.splits, strict=True):
        labels = read_table(Path(index), StoreError, ("image", "subject", "detected"))
        found[name] = _Data(labels, read_split(Path(split), len(labels)))
    return found


def _unlearnable(learner: Learner, data: Mapping[str, _Data]) -> Iterator[str]:
    """Yield why an encoder, or fusion and students, cannot learn."""
    for subset in learner.subsets:
        if not any(_has(learner, data[name], subset) for name in learner.datasets):
            label = f" with a label of '{learner.task}'" if learner.task else ""
            names = ", ".join(f"'{name}'" for name in learner.datasets)
            settings = " or ".join(f"'datasets.{name}.split'" for name in learner.datasets)
            yield (
                f"{learner.name}, data set{'s' * (len(learner.datasets) > 1)} {names}: no detected {subset} "
                f"face{label}. Correct {settings}, or look at the detection."
            )
            continue
        faces = sum(len(data[name].detected(subset)) for name in learner.datasets)
        if subset == "train" and faces <= learner.least:
            yield (
                f"{learner.name}: {faces} detected training faces are too few for the {learner.least} values "
                "of h_G (PCA needs more faces than that). Lower the last of 'general.fusion.hidden', or give "
                "more unlabelled faces."
            )


def _has(learner: Learner, data: _Data, subset: str) -> bool:
    return len(data.detected(subset)) > 0 and _labelled(learner, data, subset)


def _labelled(learner: Learner, data: _Data, subset: str) -> bool:
    if not learner.task:
        return True
    if learner.task == "identity":
        # Other images of the training subjects validate: see `held_out_images`.
        held_out = held_out_images(data.detected("train")["subject"].astype(str).to_numpy(), 0)
        return bool(held_out.any())
    try:
        labels = LabelSet.from_rows(learner.task, data.detected("train"))
    except TrainingError:
        return False
    return bool(np.any(labels.labelled(labels.targets(data.detected(subset)))))


def _judge(params: TargetCheckParams, left_out: Mapping[str, str], untested: Mapping[str, list[str]]) -> None:
    notes = [f"task '{name}': {note}." for name, found in untested.items() for note in found]
    problems = [*left_out.values(), *notes]
    targets = [task.name for task in params.tasks if task.role == "target"]
    hopeless = all(name in left_out for name in targets)
    if problems and (hopeless or params.unsolvable == "stop"):
        way_out = "Correct what they name"
        if not hopeless:
            way_out += ", or set 'general.unsolvable' to 'leave_out': tables then say what is not there"
        raise UnsolvableError("\n".join([*problems, f"{way_out}."]))
    for problem in problems:
        print(f"left out: {problem}", file=sys.stderr)  # noqa: T201 - into the job's log

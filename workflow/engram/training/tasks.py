"""Heads, losses, scores and answers of every kind of task, in one place.

| kind           | outputs        | loss                          | score (more is better)      |
|----------------|----------------|-------------------------------|-----------------------------|
| classification | a logit a class| cross-entropy                 | share of right answers      |
| identity       | a logit a subject of the training subset | cross-entropy | share of right answers |
| regression     | one value      | smooth L1 of standardised values | minus the mean absolute error |
| attributes     | a logit an attribute | binary cross-entropy    | minus the share of wrong answers |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor, nn

from engram.core.errors import TrainingError
from engram.core.labels import ATTRIBUTE_PREFIX, CLASSES, kind_of
from engram.training.objective import Task

__all__ = ["LabelSet", "SolvingTask"]


@dataclass(frozen=True)
class LabelSet:
    """What a head's outputs mean, learnt from the training rows of a data set's index."""

    task: str
    names: tuple[str, ...]
    """Classes, subjects or attributes, in the order of outputs; none for regression."""
    centre: float = 0.0
    """Of a regression: the training rows' mean."""
    scale: float = 1.0
    """Of a regression: their standard deviation."""

    @classmethod
    def from_rows(cls, task: str, training: pd.DataFrame) -> LabelSet:
        """Return the label set of ``task`` for a data set whose training rows are given.

        Raises
        ------
        TrainingError
            If the rows have no label of the task.
        """
        labels = cls(task, _names(task, training))
        targets = labels.targets(training)
        if not labels.labelled(targets).any():
            raise TrainingError(f"task '{task}': no training face has a label. Look at the data set's split.")
        if labels.kind != "regression":
            return labels
        values = training[task].dropna().to_numpy(np.float64)
        scale = float(values.std())
        # Equal values tell nothing of a scale; rounding leaves them a tiny one.
        return cls(task, (), float(values.mean()), scale if scale > 1e-6 else 1.0)

    @classmethod
    def from_header(cls, header: dict[str, Any]) -> LabelSet:
        """Return the label set that :meth:`header` described."""
        return cls(header["task"], tuple(header["names"]), header["centre"], header["scale"])

    def header(self) -> dict[str, Any]:
        """Return it as plain values, for a model file."""
        return {"task": self.task, "names": list(self.names), "centre": self.centre, "scale": self.scale}

    @property
    def kind(self) -> str:
        """What sort of task it is."""
        return kind_of(self.task)

    @property
    def outputs(self) -> int:
        """Outputs of a head."""
        return len(self.names) or 1

    def targets(self, index: pd.DataFrame) -> np.ndarray:
        """Return the targets of an index's rows.

        Classes and subjects as int64 (N,), -1 where there is none or it is not among ``names``;
        values of a regression as float32 (N,), standardised; attributes as float32 (N, A); NaN
        where there is none.

        Raises
        ------
        TrainingError
            If the index has no column for the task.
        """
        if self.kind == "attributes":
            columns = [ATTRIBUTE_PREFIX + name for name in self.names]
            return np.array(index.reindex(columns=columns), np.float32)
        column = "subject" if self.kind == "identity" else self.task
        if column not in index:
            raise TrainingError(f"task '{self.task}': the data set has no column '{column}'.")
        if self.kind == "regression":
            values = index[column].to_numpy(np.float64, na_value=np.nan)
            return ((values - self.centre) / self.scale).astype(np.float32)
        words = index[column].astype(object).where(index[column].notna(), None)
        return pd.Index(self.names, dtype=object).get_indexer(words).astype(np.int64)

    def labelled(self, targets: np.ndarray) -> np.ndarray:
        """Return (N,) whether a row has a target (of attributes: at least one)."""
        if targets.dtype.kind == "i":
            return targets >= 0
        known = ~np.isnan(targets)
        return known.any(axis=1) if known.ndim == 2 else known

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return each row's loss, (B,), of outputs (B, O) and targets of rows that are `labelled`."""
        outputs = outputs.float()
        if self.kind in ("classification", "identity"):
            return F.cross_entropy(outputs, targets, reduction="none")
        if self.kind == "regression":
            return F.smooth_l1_loss(outputs[:, 0], targets, reduction="none")
        known = ~torch.isnan(targets)
        each = F.binary_cross_entropy_with_logits(outputs, torch.where(known, targets, 0.0), reduction="none")
        return (each * known).sum(1) / known.sum(1).clamp_min(1)

    def scores(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return each row's score, (B,) float32, more is better; regression in the task's unit.

        Of rows that are `labelled`, as :meth:`loss`.
        """
        if self.kind in ("classification", "identity"):
            return (outputs.argmax(1) == targets).float()
        if self.kind == "regression":
            return -(outputs[:, 0].float() - targets).abs() * self.scale
        known = ~torch.isnan(targets)
        wrong = ((outputs > 0) != (targets > 0.5)) & known
        return -wrong.float().sum(1) / known.sum(1).clamp_min(1)

    def values(self, outputs: np.ndarray) -> np.ndarray:
        """Return the answers of a regression in the task's unit, (N,), from outputs (N, 1)."""
        return outputs[:, 0] * self.scale + self.centre


def _names(task: str, training: pd.DataFrame) -> tuple[str, ...]:
    kind = kind_of(task)
    if kind == "classification":
        return CLASSES[task]
    if kind == "identity":
        return tuple(sorted(training["subject"].dropna().unique()))
    if kind == "regression":
        return ()
    columns = sorted(str(name) for name in training if str(name).startswith(ATTRIBUTE_PREFIX))
    if not columns:
        raise TrainingError(f"task '{task}': the data set has no column '{ATTRIBUTE_PREFIX}*'.")
    # What is never labelled here cannot be learnt, and is not asked of the head.
    known = [name for name in columns if training[name].notna().any()]
    return tuple(name.removeprefix(ATTRIBUTE_PREFIX) for name in known or columns)


class SolvingTask(Task):
    """A training task of the loop: a network whose outputs solve a label set's task.

    Parameters
    ----------
    body_rate
        Learning rate of a `engram.models.heads.Headed` network's backbone, as a fraction of the head's.
    """

    def __init__(self, network: nn.Module, labels: LabelSet, body_rate: float = 1.0) -> None:
        super().__init__(network)
        self.labels, self.body_rate = labels, body_rate

    def rate_factor(self, name: str) -> float:
        """Return ``body_rate`` for what lies below the head."""
        return self.body_rate if name.startswith("backbone.") else 1.0

    def forward(self, inputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return ``loss`` (scalar) and ``outputs`` (B, O)."""
        outputs = self.network(inputs)
        return {"loss": self.labels.loss(outputs, targets).mean(), "outputs": outputs}

    def measure(self, inputs: Tensor, targets: Tensor) -> tuple[float, float]:
        """Return the batch's summed score and summed loss."""
        outputs = self.network(inputs).float().cpu()
        score = self.labels.scores(outputs, targets).sum()
        return float(score), float(self.labels.loss(outputs, targets).sum())

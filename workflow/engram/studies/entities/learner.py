"""How a stage on text is prepared: network, task, batches, terms against forgetting, and what is observed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engram.core.errors import ConfigurationError
from engram.core.seeds import derive_seed
from engram.models.text.files import load_tagger
from engram.studies.entities.stage_text import StageText
from engram.studies.lineage.curves import TEST
from engram.studies.lineage.learning import Learning
from engram.studies.lineage.stage_job import StageJob
from engram.training.loop import score
from engram.training.losses.elastic import Elastic
from engram.training.losses.l2_sp import StartingPoint
from engram.training.text.batches import TextBatches, plain_batches
from engram.training.text.held import HeldHeads, tag_fisher
from engram.training.text.making import Batch, Maker
from engram.training.text.parts import Source
from engram.training.text.task import TextTask

__all__ = ["TextLearner"]


class TextLearner:
    """Prepares a stage; its candidates share the Fisher information. A `lineage.protocols.Learner`."""

    def __init__(self) -> None:
        self._fisher: dict[str, Tensor] | None = None

    def prepare(self, job: StageJob, scratch: Path) -> Learning:
        """Return the network at its start, its task and its batches."""
        text = StageText(job)
        recipe, network = text.recipe, text.network
        depth = network.frozen_depth(recipe.layers)
        network.freeze(depth)
        job.device.place(network)
        maker = Maker(network, text.training_parts, job.stream, scratch)
        terms = self._terms(text, maker, depth)
        earlier = [source for source in text.earlier() if len(source.part)]
        if depth:
            for number, source in enumerate([*text.training, *text.validation, *earlier]):
                maker.cache(source.part, f"{source.part.dataset}-{number}", job.device)
        task = TextTask(
            network,
            [*text.training, *text.validation],
            depth,
            language_model=recipe.language_model,
            chosen_by=text.chosen_by,
            **terms,
        )
        measured = _plain(text.validation, maker, job.stream, depth)
        return Learning(
            network=network,
            task=task,
            batches=TextBatches(text.training, maker, recipe, job.stream),
            validation=measured,
            observe=_observer(text, task, measured, maker, earlier, depth),
            sizes={
                "training_sentences": sum(len(source.part) for source in text.training),
                "validation_sentences": sum(len(source.part) for source in text.validation),
            },
            observed={each.part.dataset: len(each.part) for each in (*text.validation, *earlier)},
            clip=recipe.clip,
            averaging=recipe.averaging,
        )

    def _terms(self, text: StageText, maker: Maker, depth: int) -> dict[str, Any]:
        recipe, network, job = text.recipe, text.network, text.job
        found: dict[str, Any] = {}
        if recipe.distillation:
            parent = job.device.place(load_tagger(_parent(job)))
            if not parent.heads:
                raise _nothing_learnt(job)
            found["held"] = HeldHeads(parent, float(recipe.distillation), recipe.temperature, depth)
        if recipe.elastic:
            if self._fisher is None:
                self._fisher = _fisher(text, maker)
            found["elastic"] = Elastic(network, self._fisher, float(recipe.elastic))
        if recipe.l2_sp:
            found["starting_point"] = StartingPoint(network, float(recipe.l2_sp))
        return found


def _plain(sources: list[Source], maker: Maker, seed: int, depth: int) -> Callable[[], Iterable[Batch]]:
    """Return what gives the batches that are measured after each epoch.

    They are made once, unless they hold the outputs of ``depth`` frozen layers, which are large.
    """
    if depth:
        return partial(plain_batches, sources, maker, seed)
    return cache(lambda: [*plain_batches(sources, maker, seed)])


def _parent(job: StageJob) -> Path:
    assert job.files.parent is not None, "settings are refused that hold a first stage"
    return job.files.parent


def _fisher(text: StageText, maker: Maker) -> dict[str, Tensor]:
    job = text.job
    generator = torch.Generator().manual_seed(derive_seed(job.stream, "fisher tags"))

    def batches() -> Iterator[Batch]:
        for source, place in text.earlier_sentences(text.recipe.fisher_samples):
            inputs, tags, origin = maker.plain(source, np.array([place]))
            yield job.device.send(inputs), tags, origin

    found = [*batches()]
    if not found:
        raise _nothing_learnt(job)
    return tag_fisher(text.network, found, generator)


def _nothing_learnt(job: StageJob) -> ConfigurationError:
    return ConfigurationError(
        f"recipe '{job.lineage.stage.recipe}': no earlier stage of '{job.lineage}' learnt tags. Use the "
        "recipe after a stage on labelled text."
    )


def _observer(
    text: StageText,
    task: TextTask,
    measured: Callable[[], Iterable[Batch]],
    maker: Maker,
    earlier: list[Source],
    depth: int,
) -> Callable[[], dict[str, float]]:
    """Return what gives the score of each text that the lineage has seen, on its validation subset.

    The stage's own were measured by the validation before; where the recipe keeps scores on test subsets,
    these stand beside them under names of their own.
    """
    job, network = text.job, text.network
    others = TextTask(network, earlier, depth, with_loss=False)
    tested = text.tested() if text.recipe.keep_test_curve else []
    tests = TextTask(network, tested, 0, with_loss=False)
    of_earlier = _plain(earlier, maker, job.stream, depth)

    def observe() -> dict[str, float]:
        if not task.latest:
            score(task, measured(), job.device)
        found, task.latest = task.latest, {}
        if earlier:
            score(others, of_earlier(), job.device)
            found = found | others.latest
        if tested:
            score(tests, plain_batches(tested, maker, job.stream), job.device)
            found = found | {f"{TEST}{name}": value for name, value in tests.latest.items()}
        return dict(sorted(found.items()))

    return observe

"""Who shows what in which picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engram.data.synthetic.faces.look import Look
from engram.data.synthetic.faces.streams import Streams

__all__ = ["Plan", "picture_ages", "plan_pictures"]


@dataclass(frozen=True)
class Plan:
    """The plan of a data set, a row a picture; a take is one showing of one expression."""

    subject: np.ndarray
    expression: np.ndarray
    take: np.ndarray
    frame: np.ndarray  # from 1, the onset, to ``look.frames``, the apex
    takes: int


def plan_pictures(look: Look, subjects: int, images: int) -> Plan:
    """Plan ``images`` pictures in rounds: each round has one picture of each subject.

    So any prefix of the data set holds many subjects and classes. Classes come in the order of
    ``look.classes``, whose length is a prime: a subject moves on by a step that is no multiple of
    it, and so shows all classes in turn.
    """
    index = np.arange(images, dtype=np.int32)
    subject, round_ = index % subjects, index // subjects
    nth, frame = round_ // look.frames, round_ % look.frames + 1
    step = subjects if subjects % len(look.classes) else subjects + 1
    expression = np.array(look.classes)[(subject + nth * step) % len(look.classes)]
    take = subject + nth * subjects
    return Plan(subject, expression, take, frame, int(take.max()) + 1)


def picture_ages(look: Look, streams: Streams, plan: Plan, ages: np.ndarray) -> np.ndarray:
    """Return the age at which each picture shows its subject: ``ages``, or any of the look's lifetime.

    Albums hold more pictures of the young: of two draws, the lower counts.
    """
    if look.lifetime is None:
        return ages
    return streams.integers("age in picture", *look.lifetime, (2, plan.takes)).min(axis=0)[plan.take]

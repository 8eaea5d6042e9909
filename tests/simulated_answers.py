"""Simulated predictions of the general study: methods of known accuracy and error on every kind of task."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engram.config import Settings
from engram.core.labels import CLASSES, RANGES
from engram.core.seeds import derive_seed
from engram.studies.general.operators import fused_sizes, sizes_swept
from engram.studies.general.task_plan import GeneralTask

SUBJECTS, FACES, PAIRS = 12, 5, 60
#: How good each method is, in [0, 1].
SKILL = {
    "constant": 0.3,
    "hog": 0.4,
    "original": 0.86,
    "cnn": 0.5,
    "p_cnn": 0.7,
    "concat": 0.66,
    "pca": 0.62,
    "bt": 0.68,
    "bct": 0.74,
    "h_g": 0.76,
    "h_g_balanced": 0.75,
    "h_mt": 0.64,
    "h_mt_tuned": 0.68,
    "h_unique": 0.76,
    "h_unique_tuned": 0.84,
    "h_unic": 0.75,
    "h_unic_tuned": 0.83,
}
ATTRIBUTES = ("beard", "hat", "smile")


def skill(settings: Settings, method: str) -> float:
    """Return how good a method is; a swept size is the worse the farther it is from h_G's."""
    swept = sizes_swept(settings.general)
    if method in swept:
        distance = abs(np.log2(swept[method] / fused_sizes(settings.general)[-1]))
        return SKILL["h_g"] - 0.03 * max(0.0, distance - 1)
    return SKILL[method]


def predict(settings: Settings, item: GeneralTask, methods: list[str]) -> pd.DataFrame:
    """Draw the predictions of some methods on the test units of a task."""
    count = PAIRS if item.protocol == "pairs" else SUBJECTS * FACES
    stream = np.random.default_rng(derive_seed("units", item.dataset))
    ease, detected = stream.random(count), stream.random(count) > 0.03
    frames = []
    for method in methods:
        for seed in settings.seeds:
            random = np.random.default_rng(derive_seed("predictions", item.name, method, seed))
            good = 0.5 * (ease + random.random(count)) < skill(settings, method)
            answers = _ANSWERS[item.kind](item, good, detected, random)
            subjects = [f"p{row // FACES:02d}" for row in range(count)]
            folds = [f"fold-{row // 2 % 10:02d}" for row in range(count)]
            keys = {
                "method": method,
                "seed": seed,
                "row": np.arange(count),
                "subject": folds if item.protocol == "pairs" else subjects,
                "detected": detected,
            }
            frames.append(pd.DataFrame(keys | answers))
    return pd.concat(frames, ignore_index=True)


def _classes(item: GeneralTask, good: np.ndarray, detected: np.ndarray, random) -> dict:
    words = np.array(["same", "different"] if item.kind == "identity" else CLASSES[item.task], dtype=object)
    truth = np.arange(len(good)) % len(words)
    answer = np.where(good, truth, (truth + 1) % len(words))
    return {"truth": words[truth], "prediction": np.where(detected, words[answer], None)}


def _pairs(item: GeneralTask, good: np.ndarray, detected: np.ndarray, random) -> dict:
    found = _classes(item, good, detected, random)
    score = np.where(found["prediction"] == "same", 0.7, 0.3) + random.normal(0, 0.05, len(good))
    return found | {"score": np.where(detected, score, np.nan), "fold": np.arange(len(good)) // 2 % 10}


def _numbers(item: GeneralTask, good: np.ndarray, detected: np.ndarray, random) -> dict:
    low, high = RANGES[item.task]
    truth = (
        np.linspace(low + 10, high / 2 + 10, len(good)) if item.task == "age" else np.arange(len(good)) % 8.0
    )
    error = np.where(good, 1.0, 6.0) * random.choice([-1, 1], len(good))
    return {"truth": truth, "prediction": np.where(detected, truth + error, (low + high) / 2)}


def _marks(item: GeneralTask, good: np.ndarray, detected: np.ndarray, random) -> dict:
    found = {}
    for place, name in enumerate(ATTRIBUTES):
        truth = ((np.arange(len(good)) + place) % 2).astype(float)
        answer = np.where(good | (random.random(len(good)) < 0.5), truth, 1 - truth)
        found[f"truth_{name}"] = np.where(np.arange(len(good)) % 7 == place, np.nan, truth)
        found[f"prediction_{name}"] = np.where(detected, answer, np.nan)
    return found


_ANSWERS = {"classification": _classes, "identity": _pairs, "regression": _numbers, "attributes": _marks}

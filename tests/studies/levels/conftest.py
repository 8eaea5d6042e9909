"""Predictions of chains of both domains, with known scores."""

import numpy as np
import pandas as pd
import pytest

from engram.config import EvidenceSettings, LevelsSettings
from engram.core.labels import CLASSES
from engram.core.lineage import Lineage
from engram.runtime.job_spec import JobFiles
from engram.studies.levels.collect import Evidence
from engram.studies.levels.jobs import DomainParams, LevelsParams

SEEDS = (1, 2, 3)
SUBJECTS, EACH = 20, 10

FACES = LevelsSettings(
    target="studio",
    chains={
        "none": ["studio.alone"],
        "near": ["wild.base", "studio.tune"],
        "far": ["portraits.base", "studio.tune"],
        "two": ["portraits.base", "wild.base", "studio.tune"],
        "exchanged": ["wild.base", "portraits.base", "studio.tune"],
    },
)
TEXTS = LevelsSettings(
    target="diseases",
    chains={
        "none": ["diseases.base"],
        "near": ["genes+pos.mixed", "diseases.tune"],
        "two": ["abstracts.words", "genes+pos.mixed", "diseases.tune"],
        "three": ["general.words", "abstracts.words", "genes+pos.mixed", "diseases.tune"],
    },
)
#: Percent right of chains on their targets.
ON_TARGET = {"none": 50, "near": 60, "far": 56, "two": 70, "exchanged": 62, "three": 66}
#: Percent right of what has just been learnt, and of it when so many levels came after it.
LEARNT, LOST = 80, {1: 6, 2: 20, 3: 34}
TASKS = {
    "portraits": "age_group",
    "wild": "expression",
    "studio": "expression",
    "abstracts": "language",
    "general": "language",
    "genes": "entities",
    "pos": "tokens",
    "diseases": "entities",
}


def percents(levels):
    """Return data set -> model -> percent right, of every model of a domain's chains."""
    found = {}
    for chain, lineage in levels.lineages.items():
        for number, stage in enumerate(lineage.stages, start=1):
            model, behind = str(Lineage(lineage.stages[:number])), len(lineage.stages) - number
            for name in stage.datasets:
                known = found.setdefault(name, {})
                known[model] = ON_TARGET[chain] if behind == 0 else LEARNT
                if behind:
                    known[str(lineage)] = LEARNT - LOST[behind]
    return found


def answers(percent, model, seed):
    """Return (SUBJECTS * EACH,) whether each unit is right; on the whole exactly ``percent`` of a hundred."""
    count = SUBJECTS * EACH
    order = np.random.default_rng([seed, *model.encode()]).permutation(count)
    return order < count * percent // 100


def frames(levels, write):
    """Return data set -> predictions, a row a model, seed and unit, as ``write`` makes them."""
    return {
        name: pd.concat(
            [
                write(TASKS[name], model, seed, answers(percent, model, seed))
                for model, percent in models.items()
                for seed in SEEDS
            ],
            ignore_index=True,
        )
        for name, models in percents(levels).items()
    }


def units(model, seed):
    rows = np.arange(SUBJECTS * EACH)
    return {"lineage": model, "seed": seed, "row": rows, "subject": [f"s{row // EACH:02d}" for row in rows]}


def faces(task, model, seed, right):
    first, second = CLASSES[task][:2]
    scores = {f"score_{name}": np.float32(1 / len(CLASSES[task])) for name in CLASSES[task]}
    predicted = np.where(right, first, second)
    return pd.DataFrame(
        units(model, seed) | {"truth": first, "prediction": predicted, "detected": True} | scores
    )


def text(task, model, seed, right):
    measure = {"entities": "f1", "tokens": "accuracy", "language": "words"}[task]
    counts = {"right": right.astype(int), "truth": 1, "answered": 1, "gold": "", "found": ""}
    return pd.DataFrame(units(model, seed) | {"measure": measure} | counts)


def domain(study, levels):
    names = sorted(percents(levels))
    return DomainParams(
        domain={"memory": "expression", "entities": "named entities"}[study],
        study=study,
        measure={"memory": "accuracy", "entities": "F1"}[study],
        levels=levels,
        seeds=list(SEEDS),
        titles={name: f"Drawn {name}" for name in names},
        tasks={name: TASKS[name] for name in names},
    )


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """Write the predictions of both domains; return study -> their files by data set, sorted."""
    folder, found = tmp_path_factory.mktemp("levels"), {}
    for study, levels, write in (("memory", FACES, faces), ("entities", TEXTS, text)):
        found[study] = {}
        for name, frame in sorted(frames(levels, write).items()):
            found[study][name] = folder / f"{study}-{name}.parquet"
            frame.to_parquet(found[study][name])
    return found


def evidence_of(saved, *studies):
    """Return the evidence of some domains."""
    levels = {"memory": FACES, "entities": TEXTS}
    params = LevelsParams(
        results="results",
        domains=[domain(study, levels[study]) for study in studies],
        evidence=EvidenceSettings(),
    )
    return Evidence(params, JobFiles(predictions=[path for one in studies for path in saved[one].values()]))

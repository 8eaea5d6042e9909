"""A small finished run of the study of named entities, simulated: models of known quality, their records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from engram.config import Settings
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.core.records import Record, write_record
from engram.core.seeds import derive_seed
from engram.data.text.tags import Span, pack
from engram.studies.entities.jobs.evidence import (
    EvidenceParams,
    entities_texts,
    fact_file,
    study_layout,
    trained_models,
)
from tests.simulated_run import make_settings

TYPES = {"genes": ("gene", "protein"), "chemicals": ("chemical",), "diseases": ("disease",)}
DOCUMENTS, SENTENCES, LENGTH = 12, 5, 12
EPOCHS = 6
#: Fraction of true entities that models find, by the recipe of the last stage.
FOUND = {
    **{"base": 0.72, "head": 0.5, "tune": 0.78, "mixed": 0.8, "turns": 0.7, "unified": 0.66, "dict": 0.76},
    **{"steps": 0.7, "passes": 0.76, "words": 0.6},
}


def entities_settings(**changes) -> Settings:
    """Return settings of the memory study's simulation with the study of named entities."""
    looks = {"abstracts": "language", "pos": "tokens", **dict.fromkeys(TYPES, "entities")}
    texts = {
        name: {
            "title": f"Drawn {name}",
            "reader": "drawn",
            "drawn": {"look": name, "documents": 40},
            "kind": kind,
            "show_text": name != "chemicals",
        }
        for name, kind in looks.items()
    }
    study = {
        "networks": {"bilstm": {}, "bert": {"encoder": "bert"}},
        "transfers": [
            {"source": "genes", "targets": ["diseases", "chemicals"]},
            {"source": "chemicals", "targets": ["diseases"]},
        ],
        "fractions": [25, 100],
        "strategy": {
            "BL": {"stages": ["source.base"]},
            "ST": {"stages": ["target.base"]},
            "FC": {"stages": ["source.base", "target.head"]},
            "RE": {"stages": ["source.base", "target.tune"]},
            "MTM": {"stages": ["source+target.turns"]},
            "MTL-BC": {"stages": ["source+target.mixed"]},
            "POS": {"stages": ["pos.base"]},
            "MTL-BC+POS": {"stages": ["source+target+pos.mixed"], "fractions": [100]},
            "Dict-n": {"stages": ["target.dict"], "fractions": [100]},
            "ST-BERT": {"stages": ["target.bert"], "fractions": [100]},
            "LM1": {"stages": ["abstracts.words", "target.tune"], "fractions": [100]},
            "Chain": {"stages": ["abstracts.words", "source.tune", "target.tune"], "fractions": [100]},
        },
        "recipe": {
            **{"base": {"keep_test_curve": True}, "tune": {}, "head": {"layers": "head"}, "mixed": {}},
            "turns": {"sampling": "turns", "labels": "unified"},
            "dict": {"dictionary": {"features": "ngram"}},
            "bert": {"network": "bert"},
            "words": {"network": "bert", "objective": "words+sentences"},
            "steps": {"epochs": 10, "steps": 200},
            "passes": {"epochs": 10},
        },
        "effects": {
            "targets": ["diseases", "chemicals"],
            "partners": ["genes", "chemicals", "diseases", "pos"],
            "steps": "steps",
            "passes": "passes",
        },
    }
    return make_settings(texts=texts, entities={"strategies": [*study["strategy"]], **study, **changes})


def write_entities_run(settings: Settings, results: Path) -> None:
    """Write all that the jobs of the study leave for its evidence."""
    layout, params = Layout(results), EvidenceParams.from_settings(settings)
    names = entities_texts(settings)
    overlap = [
        {"evaluated": one, "trained": other, "subset": subset, "sentences": 50, "found": found}
        for one in names
        for other in names
        for subset, found in (("train", 3 if (one, other) == ("diseases", "genes") else 0), ("validation", 0))
    ]
    layout.text_overlap.parent.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame(overlap)
    frame.assign(percent=100 * frame["found"] / frame["sentences"]).to_csv(layout.text_overlap, index=False)
    for name in names:
        path = study_layout(layout).predictions(name)
        path.parent.mkdir(parents=True)
        simulate(settings, name).to_parquet(path, index=False)
        write_record(study_layout(layout).evaluation_record(name), _record("evaluation", name))
        _write_facts(settings, layout, name)
    for model in trained_models(params):
        for seed in params.seeds:
            _write_training(params, study_layout(layout), model, seed)


def gold_of(name: str) -> list[list[Span]]:
    """Return the true entities of a text's test sentences."""
    stream, types = np.random.default_rng(derive_seed("gold", name)), TYPES[name]
    found = []
    for _ in range(DOCUMENTS * SENTENCES):
        starts = [start for start in (0, 4, 8) if stream.random() < 0.6]
        found.append(
            [
                Span(types[stream.integers(len(types))], start, start + int(stream.integers(1, 4)))
                for start in starts
            ]
        )
    return found


def answers_of(gold: Sequence[Span], chance: float, stream: np.random.Generator) -> list[Span]:
    """Return what a model finds: right ones by chance, the others wrong in border or type, or not at all."""
    found = []
    for span in gold:
        draw = stream.random()
        if draw < chance:
            found.append(span)
        elif draw < chance + 0.3 * (1 - chance):
            found.append(
                Span(span.type, span.start, span.end + 1 if span.end < span.start + 3 else span.end - 1)
            )
        elif draw < chance + 0.5 * (1 - chance):
            found.append(Span("other", span.start, span.end))
    taken = {place for span in (*gold, *found) for place in range(span.start, span.end)}
    free = sorted({0, 4, 8} - taken)
    if free and stream.random() < 0.25 * (1.2 - chance):
        found.append(Span(gold[0].type if gold else "other", free[0], free[0] + 1))
    return found


def simulate(settings: Settings, name: str) -> pd.DataFrame:
    """Draw the predictions of every model that has a head for a text."""
    params = EvidenceParams.from_settings(settings)
    kind = settings.texts[name].kind
    stream = np.random.default_rng(derive_seed("simulated", name))
    ease = stream.normal(0, 0.06, DOCUMENTS).repeat(SENTENCES)
    frames = []
    for lineage in trained_models(params):
        if name not in {*lineage.stage.datasets, *lineage.earlier_datasets}:
            continue
        for seed in params.seeds:
            chance = known_chance(lineage, name) + ease + stream.normal(0, 0.015)
            for measure in ("words", "sentences") if kind == "language" else ("f1",):
                frames.append(_frame(name, kind, measure, str(lineage), seed, np.clip(chance, 0, 1), stream))
    return pd.concat(frames, ignore_index=True)


def known_chance(lineage: Lineage, name: str) -> float:
    """Return how many entities of a text a model is simulated to find."""
    chance = FOUND.get(lineage.stage.recipe, 0.65)
    fractions = {part.dataset: part.percent for part in lineage.stage.data}
    if name not in fractions:
        return 0.45 if lineage.stage.recipe == "tune" else 0.55
    return chance - 0.1 * (fractions[name] < 100) + 0.02 * (len(lineage.stages) - 1)


def _frame(name, kind, measure, lineage, seed, chance, stream) -> pd.DataFrame:
    rows = DOCUMENTS * SENTENCES
    frame = pd.DataFrame(
        {
            "row": np.arange(rows) + 200,
            "subject": [f"d{row // SENTENCES:02d}" for row in range(rows)],
            "lineage": lineage,
            "seed": seed,
            "fold": 0,
            "measure": measure if kind != "tokens" else "accuracy",
        }
    )
    if kind != "entities":
        size = np.full(rows, LENGTH if kind == "tokens" else 3 if measure == "words" else 1)
        right = stream.binomial(size, chance)
        return frame.assign(gold=None, found=None, right=right, truth=size, answered=size)
    gold = gold_of(name)
    found = [answers_of(spans, part, stream) for spans, part in zip(gold, chance, strict=True)]
    return frame.assign(
        gold=[pack(spans) for spans in gold],
        found=[pack(spans) for spans in found],
        right=[len({*one} & {*other}) for one, other in zip(gold, found, strict=True)],
        truth=[len(spans) for spans in gold],
        answered=[len(spans) for spans in found],
    )


def _write_facts(settings: Settings, layout: Layout, name: str) -> None:
    labelled = name in TYPES
    stream = np.random.default_rng(derive_seed("facts", name))
    rows = np.arange(DOCUMENTS * SENTENCES) + 200
    gold = gold_of(name) if labelled else []
    folder = fact_file(layout, name, "sizes").parent
    folder.mkdir(parents=True)
    sizes = {"train": 24, "validation": 4, "test": DOCUMENTS}
    pd.DataFrame(
        {
            "subset": list(sizes),
            "unit": "document",
            "types": len(TYPES.get(name, ())),
            "documents": list(sizes.values()),
            "sentences": [5 * count for count in sizes.values()],
            "tokens": [(60 + len(name)) * count for count in sizes.values()],
            "mentions": [(8 if labelled else 0) * count for count in sizes.values()],
        }
    ).to_csv(fact_file(layout, name, "sizes"), index=False)
    seen = ["".join(str(int(stream.random() < 0.6)) for _ in spans) for spans in gold]
    mentions = {"row": rows[: len(gold)], "mentions": [pack(spans) for spans in gold], "seen": seen}
    frame = pd.DataFrame(mentions).astype({"row": "int64", "mentions": "str", "seen": "str"})
    frame.to_parquet(fact_file(layout, name, "mentions"), index=False)
    shown = [row for row, spans in zip(rows, gold, strict=False) if spans][:12]
    shown = shown if settings.texts[name].show_text else []
    words = [[f"word{place}" for place in range(LENGTH)] for _ in shown]
    pd.DataFrame({"row": np.array(shown, np.int64), "words": pd.Series(words, dtype=object)}).to_parquet(
        fact_file(layout, name, "shown"), index=False
    )
    write_record(layout.text_record(name), _record("text", name))


def _write_training(params: EvidenceParams, layout: Layout, model: Lineage, seed: int) -> None:
    stream = np.random.default_rng(derive_seed("training", model, seed))
    seen = sorted({*model.stage.datasets, *model.earlier_datasets})
    epochs = np.arange(1, EPOCHS + 1)
    test = {name: np.clip(0.7 - 0.5 * 0.6**epochs + stream.normal(0, 0.02, EPOCHS), 0, 1) for name in seen}
    best = float(1 + np.argmax(test[seen[0]] + stream.normal(0, 0.02, EPOCHS)))
    history = [
        {"epoch": float(epoch), "loss": 2 * 0.7**epoch, "validation_loss": 2 * 0.75**epoch}
        for epoch in epochs
    ]
    curves = [
        {"epoch": float(epoch), **{name: float(test[name][max(epoch, 1) - 1]) for name in seen}}
        for epoch in (range(EPOCHS + 1) if model.parent else epochs.tolist())
    ]
    made = {"history": history, "curves": curves, "metrics": {"best_epoch": best}}
    write_record(layout.model_record(model, seed), _record("training", str(model), seed=seed, **made))
    if model.stage.recipe in params.entities.kept_epochs:
        rows = [(epoch, name, test[name][epoch - 1]) for epoch in epochs.tolist() for name in seen]
        frame = pd.DataFrame(rows, columns=["epoch", "dataset", "score"])
        frame.to_parquet(layout.epochs(model, seed), index=False)


def _record(kind: str, name: str, **more) -> Record:
    return Record(
        kind=kind, name=name, code="0", environment={"precision": "fp32"}, **{"settings": {}, **more}
    )

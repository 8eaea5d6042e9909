"""A finished run of the study of named entities, simulated, with all that publishing reads."""

from __future__ import annotations

from typing import Any

from engram.config import Settings
from engram.core.files import write_text
from engram.core.paths import Layout
from engram.core.records import Record, read_record, write_record
from engram.data.text.tags import TagSet
from engram.models.text.files import save_tagger
from engram.models.text.tagger import new_tagger
from engram.models.text.vocabulary import Vocabulary
from engram.studies.entities.card import write_cards
from engram.studies.entities.claims import write_entities_claims
from engram.studies.entities.collect import collect_entities
from engram.studies.entities.figure_step import write_entities_figure
from engram.studies.entities.jobs.evidence import (
    EvidenceParams,
    cards_spec,
    entities_figure_names,
    study_layout,
    trained_models,
)
from engram.studies.entities.jobs.export import tagger_files
from engram.studies.entities.tables_step import write_all_tables
from tests.simulated_entities import TYPES, entities_settings, write_entities_run

_ENVIRONMENT = {"precision": "fp32", "device": "cpu", "torch": "2", "python": "3.11"}
_SMALL = {"encoder": "bilstm", "words": 2, "characters": 2, "filters": 2, "units": 2}


def text_part() -> dict[str, Any]:
    """Return the sections ``texts`` and ``entities`` of a study of two texts and two strategies."""
    config = entities_settings(
        transfers=[{"source": "genes", "targets": ["diseases"]}],
        fractions=[100],
        strategies=["BL", "RE"],
        strategy={"BL": {"stages": ["source.base"]}, "RE": {"stages": ["source.base", "target.tune"]}},
        effects=None,
    ).model_dump(mode="json")
    texts = {name: config["texts"][name] for name in ("genes", "diseases")}
    texts["diseases"]["show_text"] = False
    return {"texts": texts, "entities": config["entities"]}


def add_text_run(settings: Settings, layout: Layout) -> None:
    """Write the study's simulated run beside the others, finished: models, tables, figures, cards, export."""
    write_entities_run(settings, layout.root)
    params, mine = EvidenceParams.from_settings(settings), study_layout(layout)
    for name in params.texts:
        write_text(layout.split(name), "row,subject,subset,rank,fold\n0,d00,test,0,0\n")
    for lineage in trained_models(params):
        for seed in params.seeds:
            path = mine.model_record(lineage, seed)
            record = read_record(path)
            update = {
                "settings": {
                    "recipe": settings.entities.recipe[lineage.stage.recipe].model_dump(mode="json"),
                    "network": settings.entities.networks["bilstm"].model_dump(mode="json"),
                },
                "environment": _ENVIRONMENT,
                "timings": {"train": 2.0},
                "metrics": record.metrics | {"training_sentences": 120.0},
            }
            write_record(path, record.model_copy(update=update))
            tagger = new_tagger(_SMALL, Vocabulary(("a", "b")))
            for name in sorted({*lineage.stage.datasets, *lineage.earlier_datasets}):
                tagger.add_head(name, TagSet(TYPES[name]))
            save_tagger(mine.model(lineage, seed), tagger)
    evidence = collect_entities(settings, layout.root)
    write_all_tables(evidence, layout.tables)
    write_entities_claims(evidence, layout.tables)
    for name in entities_figure_names(settings):
        write_entities_figure(name, evidence, layout.figures / name)
    write_cards(*cards_spec(settings, layout).fill())
    for path in tagger_files(settings, layout):
        write_text(path, f"tagger as {path.name}")
    name, data = "tagger genes.base/diseases.tune", {"diseases": "text"}
    inputs = {"entities/models/seed1/genes.base/diseases.tune/model.safetensors": "0"}
    record = Record(
        kind="export", name=name, seed=1, settings={}, code="0", data=data, inputs=inputs, environment={}
    )
    write_record(layout.tagger / "record.json", record)

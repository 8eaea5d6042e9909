"""A finished run of both studies, simulated, with all that publishing reads."""

from __future__ import annotations

import json

import pandas as pd

from engram.config import Settings
from engram.core.files import write_text
from engram.core.paths import GENERAL_CROP, Layout
from engram.core.records import Record, read_record, write_record
from engram.studies.general.claims import write_general_claims
from engram.studies.general.evidence.collect import collect_general
from engram.studies.general.figure_step import write_general_figure
from engram.studies.general.jobs.report import general_figure_names
from engram.studies.general.plan import export_files, general_datasets, operators, represented_datasets
from engram.studies.general.tables_step import write_general_tables
from tests.simulated_general import general_settings, write_general_run
from tests.simulated_run import make_settings

TARGETS = ("gender", "press", "age")
ENCODERS = ("expression", "identity", "gender")


def small_settings(**changes) -> Settings:
    """Return one transfer, two strategies and a merged one, two seeds."""
    memory = make_settings().memory.model_dump(mode="json")
    memory["transfers"] = [{"source": "wild", "targets": ["lab"]}]
    memory |= {"strategies": ["BL", "FC", "FU"], "fractions": [100], "sweep": None}
    return make_settings(seeds=[1, 2], memory=memory, **changes)


def both_settings(**changes) -> Settings:
    """Return the small memory study, and a general one of three encoders and three targets."""
    config = general_settings().model_dump(mode="json")
    config["general"]["targets"] = {name: config["general"]["targets"][name] for name in TARGETS}
    config["general"]["encoders"] = {name: config["general"]["encoders"][name] for name in ENCODERS}
    config["general"]["fusion"] = {"hidden": [24, 16], "sizes": [8]}
    config["datasets"]["wild"]["show_faces"] = True
    config["memory"] = small_settings().memory.model_dump(mode="json")
    return Settings.model_validate(config | changes)


def add_general_run(settings: Settings, layout: Layout) -> None:
    """Write the general study's simulated run beside the memory study's."""
    write_general_run(settings, layout.root)
    general = settings.general
    neighbours = pd.read_parquet(layout.views / "neighbours.parquet")
    known = neighbours["dataset"].isin(general_datasets(settings))
    neighbours[known].to_parquet(layout.views / "neighbours.parquet", index=False)
    for seed in settings.seeds:
        for name in operators(general):
            write_text(layout.fusion(name, seed) / "model.safetensors", f"{name}, seed {seed}")
        for kind in general.students:
            path = layout.student(kind, seed) / "record.json"
            history = [{"epoch": 1.0, "loss": 0.5}, {"epoch": 2.0, "loss": 0.25}]
            update = {"name": kind, "history": history, "data": dict.fromkeys(general.unsupervised, "faces")}
            write_record(path, read_record(path).model_copy(update=update))
            write_text(path.with_name("model.safetensors"), f"{kind}, seed {seed}")
    records = {
        layout.representations(name): ("representations", name) for name in represented_datasets(general)
    }
    for folder, (kind, name) in (records | {layout.views: ("views", "h_g")}).items():
        write_record(
            folder / "record.json", Record(kind=kind, name=name, settings={}, code="0", environment={})
        )
    for name in general.encoders:
        write_text(layout.encoder(name) / "model.safetensors", name)
    for name in general.targets:
        write_text(layout.selection(name) / "choice.json", "{}")
    for name in general_datasets(settings):
        write_text(layout.faces(name, GENERAL_CROP) / "store.json", json.dumps({"hash": "0"}))
        if not layout.split(name).exists():
            pd.DataFrame({"row": [0], "subject": ["p00"], "subset": ["test"]}).to_csv(
                layout.split(name), index=False
            )


def finish_general(settings: Settings, layout: Layout) -> None:
    """Write the general study's tables, claims, figures, sheets and export."""
    evidence = collect_general(settings, layout.root)
    write_general_tables(evidence, layout.tables)
    write_general_claims(evidence, layout.tables)
    for name in general_figure_names(settings):
        write_general_figure(name, evidence, layout.figures / name)
    for name in general_datasets(settings):
        write_text(layout.figures / "sheets" / f"{name}.png", f"faces of {name}")
    write_export(settings, layout)


def write_export(settings: Settings, layout: Layout, content: str = "student") -> None:
    """Write the exported student's files, ``content`` in each, with a record."""
    for path in export_files(layout):
        write_text(path, f"{content} as {path.name}")
    seed, data = settings.seeds[0], dict.fromkeys(settings.general.unsupervised, "faces")
    inputs = {f"general/students/unique/seed{seed}/model.safetensors": "0"}
    record = Record(
        kind="export",
        name="unique",
        seed=seed,
        settings={},
        code="0",
        data=data,
        inputs=inputs,
        environment={},
    )
    write_record(layout.export / "record.json", record)

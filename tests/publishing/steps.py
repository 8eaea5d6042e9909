"""The steps of publishing, called with the files and parameters of their rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engram.config import Settings
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.publishing import publish, ro_crate, runs, tracking
from engram.publishing.inputs import publish_inputs, track_inputs
from engram.publishing.jobs import BundleParams, PublishParams, TrackParams
from engram.publishing.results_page import ResultsParams, page_inputs, write_numbers, write_page
from engram.runtime.job_spec import JobFiles
from engram.studies.memory.card import model_card, read_matrix, write_cards
from engram.studies.memory.collect import Evidence
from engram.studies.memory.jobs.cards import cards_spec
from tests.conftest import ROOT


def write_all_cards(settings: Settings) -> None:
    write_cards(*cards_spec(settings, Layout.from_settings(settings)).fill())


def write_card(settings: Settings, lineage: Lineage) -> str:
    inputs, _, params = cards_spec(settings, Layout.from_settings(settings)).fill()
    return model_card(lineage, Evidence.load(inputs, params), read_matrix(inputs))


def write_pages(settings: Settings) -> None:
    """Write the results page and the numbers where the rules write them."""
    layout, params = Layout.from_settings(settings), ResultsParams.from_settings(settings)
    write_page(page_inputs(settings)["evidence"], layout.page, params, layout.root)
    write_numbers(layout.numbers, params)


def describe(settings: Settings) -> list[runs.Run]:
    return runs.describe_runs(JobFiles(**track_inputs(settings)), settings.results)


def track(settings: Settings) -> dict[str, Any]:
    return tracking.track(JobFiles(**track_inputs(settings)), TrackParams.from_settings(settings))


def names_published(settings: Settings) -> set[str]:
    return {*publish.published_files(JobFiles(**publish_inputs(settings)), settings.results)}


def copy_results(settings: Settings, folder: Path, *, models: bool = True) -> dict[str, str]:
    inputs, params = JobFiles(**publish_inputs(settings)), BundleParams.from_settings(settings)
    return publish.copy_results(inputs, params, folder, models=models)


def publish_run(settings: Settings) -> dict[str, Any]:
    inputs, params = JobFiles(**publish_inputs(settings)), PublishParams.from_settings(settings)
    return publish.publish(inputs, params)


def bundle(settings: Settings, folder: Path, root: Path = ROOT) -> tuple[Path, Path]:
    """Write a bundle below ``folder`` with the code in ``root``; return its folder and its archive."""
    outputs = JobFiles(metadata=folder / "bundle" / ro_crate.METADATA, archive=folder / "bundle.zip")
    repository = [root / name for name in ("LICENSE", "CITATION.cff")]
    environment = [root / "envs" / name for name in ("requirements.txt", "engram.yaml")]
    inputs = JobFiles(**publish_inputs(settings), repository=repository, environment=environment)
    ro_crate.bundle(inputs, outputs, BundleParams.from_settings(settings))
    return folder / "bundle", folder / "bundle.zip"

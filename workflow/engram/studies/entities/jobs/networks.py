"""The files of others that networks begin with: word vectors, and the folder of an imported BERT."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from importlib.util import find_spec
from pathlib import Path

from engram.config import EntitiesSettings, Settings, TextNetworkSettings
from engram.core.files import file_hash
from engram.core.lineage import Lineage
from engram.core.paths import Layout

__all__ = ["found_network", "missing_files", "network_files", "networks_of"]

#: What an imported BERT's folder holds; the last may be missing.
_WEIGHTS = "model.safetensors"
_IMPORTED = ("config.json", "vocab.txt", _WEIGHTS, "tokenizer_config.json")


def networks_of(study: EntitiesSettings, chosen: Iterable[Lineage]) -> list[str]:
    """Return the networks that some lineages begin with, sorted."""
    return sorted({study.network_of(study.recipe[each.stages[0].recipe]) for each in chosen})


def found_network(settings: Settings, network: TextNetworkSettings) -> TextNetworkSettings:
    """Return a network's settings with whole paths, environment variables expanded."""
    root = Path(os.path.expandvars(settings.data_root))
    given = {"vectors": network.vectors, "folder": network.folder}
    found = {name: str(root / os.path.expandvars(path)) for name, path in given.items() if path is not None}
    return network.model_copy(update=found)


def network_files(
    settings: Settings, study: EntitiesSettings, layout: Layout, chosen: Collection[Lineage]
) -> list[Path]:
    """Return the files of networks that training the last stages of some lineages reads, sorted.

    Every stage looks its new words up in the prepared word vectors, which lie in the study's ``layout``; the
    first alone reads an imported BERT: a later one finds all of it in its parent's model. A file of a BERT
    that is not there is left out, so that a run can be planned without it; `missing_files` stops one that
    would need it.
    """
    found: set[Path] = set()
    for name in networks_of(study, chosen):
        if study.networks[name].vectors:
            found.add(layout.vectors(name))
    for name in networks_of(study, (each for each in chosen if each.parent is None)):
        folder = found_network(settings, study.networks[name]).folder
        if folder:
            found.update(path for each in _IMPORTED if (path := Path(folder) / each).is_file())
    return sorted(found)


def missing_files(settings: Settings, study: EntitiesSettings, names: Iterable[str]) -> list[str]:
    """Return what keeps networks of these names from being imported, a sentence or two each; none if nothing.

    The weights are read for their SHA-256.
    """
    chosen = {name: found_network(settings, study.networks[name]) for name in names}
    imported = {name: network for name, network in chosen.items() if network.folder}
    found = [problem for name, network in imported.items() if (problem := _problem(name, network))]
    if imported and find_spec("transformers") is None:
        found.append(
            f"entities.networks.{next(iter(imported))}: an imported BERT needs the package transformers, "
            "which is not installed. Install it with: pip install -e '.[transformers]'"
        )
    return found


def _problem(name: str, network: TextNetworkSettings) -> str | None:
    folder = Path(network.folder or "")
    place = f"entities.networks.{name}.folder"
    if not folder.is_dir():
        return (
            f"{place}: the folder {folder} does not exist. Expected there: {', '.join(_IMPORTED[:-1])} of a "
            "published BERT. Put it there, or correct 'data_root' or the setting."
        )
    for each in _IMPORTED[:-1]:
        if not (folder / each).is_file():
            return f"{place}: {folder / each} is missing. Put the model's own file there."
    try:
        found = file_hash(folder / _WEIGHTS)
    except OSError as error:
        return f"{place}: {folder / _WEIGHTS} cannot be read ({error.strerror}). Check who may read it."
    if found != network.sha256:
        return (
            f"entities.networks.{name}.sha256: the SHA-256 of {folder / _WEIGHTS} is {found}, but the "
            f"configuration says {network.sha256}. Compare it with the place that the file is from, and "
            "correct the setting."
        )
    return None

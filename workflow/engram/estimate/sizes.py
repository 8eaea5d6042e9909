"""How many faces or sentences each data set has, as far as that is known before it is read."""

from __future__ import annotations

from engram.config import DatasetSettings, Settings, TextSettings
from engram.core.errors import ManifestError
from engram.core.paths import Layout
from engram.core.reading import read_table
from engram.studies.entities.jobs.stages import entities_datasets
from engram.studies.general.plan import general_datasets
from engram.studies.lineage.trials import datasets_in_use
from engram.training.workload import DataSize

__all__ = ["datasets_of", "find_sizes"]

#: What is assumed where nothing is known: items, of one subject, and a side of a raw image in pixels.
_ITEMS, _ITEMS_A_SUBJECT, _SIDE = 10_000, 10, 512
#: Sentences of a drawn document on average.
_SENTENCES = 6

#: Items, subjects if they are known, items of the official validation and test subsets, how these are known.
_Counts = tuple[int, int | None, tuple[int, int] | None, str]


def datasets_of(settings: Settings) -> list[str]:
    """Return the names of the data sets that some study reads, sorted."""
    used = {*datasets_in_use(settings), *general_datasets(settings), *entities_datasets(settings)}
    return sorted(used)


def find_sizes(settings: Settings, layout: Layout) -> dict[str, DataSize]:
    """Return the size of each data set that some study reads; of texts in sentences and documents.

    The first of these that there is: what `estimate.datasets` says, how it is drawn, the manifest that a run
    has read, or an assumption.

    Raises
    ------
    ManifestError
        If a run's manifest is damaged.
    """
    sizes = {}
    for name in datasets_of(settings):
        chosen = settings.texts[name] if name in settings.texts else settings.datasets[name]
        items, subjects, official, origin = _count(name, chosen, settings, layout)
        train, validation, test = _subsets(items, chosen, official)
        drawn = settings.datasets[name].drawn if name in settings.datasets else None
        sizes[name] = DataSize(
            images=items,
            subjects=subjects or max(3, items // _ITEMS_A_SUBJECT),
            train=train,
            validation=validation,
            test=test,
            side=drawn.size if drawn else _SIDE,
            origin=origin,
        )
    return sizes


def _count(name: str, chosen: DatasetSettings | TextSettings, settings: Settings, layout: Layout) -> _Counts:
    if said := settings.estimate.datasets.get(name):
        official = None if said.test is None else (said.validation, said.test)
        return said.images, said.subjects, official, "said by estimate.datasets"
    if isinstance(chosen, TextSettings) and chosen.drawn is not None:
        further = (chosen.drawn.validation_documents, chosen.drawn.test_documents)
        documents = chosen.drawn.documents + sum(further)
        official = (_SENTENCES * further[0], _SENTENCES * further[1])
        return _SENTENCES * documents, documents, official, "drawn so"
    if isinstance(chosen, DatasetSettings) and chosen.drawn is not None:
        drawn = chosen.drawn
        subjects = drawn.subjects + drawn.test_subjects
        return drawn.images + drawn.test_images, subjects, (0, drawn.test_images), "drawn so"
    if layout.manifest(name).exists():
        column = read_table(layout.manifest(name), ManifestError, ["subject"])["subject"]
        return len(column), int(column.nunique()), None, f"counted in {layout.manifest(name)}"
    return _ITEMS, None, None, "assumed: say it with estimate.datasets"


def _subsets(
    items: int, chosen: DatasetSettings | TextSettings, official: tuple[int, int] | None
) -> tuple[int, int, int]:
    """Return the items for training, validation and test; with folds those of one fold, and all tested."""
    split = chosen.split
    if split.folds is not None:
        validation = round(items * split.validation)
        return max(1, items - items // split.folds - validation), validation, items
    if split.sizes is not None:
        _, validation, test = split.sizes
    elif split.scheme == "official" and official is not None:
        validation, test = official
    else:
        owners = official[1] if official is not None and split.scheme == "official_test" else 0
        validation, test = (round((items - owners) * part) for part in (split.validation, split.test))
        test += owners
    counts = {"train": max(1, items - validation - test), "validation": validation, "test": test}
    # Of subsets that are left out, the first that there is has what the others leave.
    counts |= dict.fromkeys(split.without, 0)
    if split.without:
        first = next(name for name in counts if name not in split.without)
        counts[first] = items - sum(count for name, count in counts.items() if name != first)
    return counts["train"], counts["validation"], counts["test"]

"""How many faces each data set has, as far as that is known before it is read."""

from __future__ import annotations

from collections.abc import Sequence

from engram.config import DatasetSettings, EncoderSettings, Settings, TargetSettings
from engram.core.errors import ConfigurationError, ManifestError
from engram.core.paths import Layout
from engram.core.reading import read_table
from engram.studies.entities.jobs.stages import entities_datasets
from engram.studies.general.plan import general_datasets
from engram.studies.general.printed import read_printed as read_general
from engram.studies.lineage.trials import datasets_in_use
from engram.studies.memory.printed import read_printed as read_memory
from engram.training.workload import DataSize

__all__ = ["datasets_of", "find_sizes"]

#: Images and subjects that the owners of a data set publish, by the name of its reader.
_READERS = {
    "fer2013": (35887, 35887),
    "jaffe": (213, 10),
    "mug": (7352, 52),
    "cmu": (640, 20),
    "london": (204, 102),
    "affectnet": (291650, 291650),
    "celeba": (202599, 10177),
    "emotionet": (975000, 975000),
    "fgnet": (1002, 82),
    "imdb_wiki": (523051, 100000),
    "lfw": (13233, 5749),
    "msceleb": (5822653, 85742),
    "rafdb": (15339, 15339),
    "sfew": (1394, 71),
    "tfeid": (336, 40),
    "tiny_imagenet": (110000, 110000),
    "unbc": (48398, 25),
    "utkface": (23708, 23708),
    "vggface2": (3311286, 9131),
}
#: Training, validation and test images of the owners' subsets, by the name of the reader.
_SUBSETS = {
    "affectnet": (287651, 0, 3999),
    "celeba": (162770, 19867, 19962),
    "rafdb": (12271, 0, 3068),
    "sfew": (958, 0, 436),
    "tiny_imagenet": (100000, 0, 10000),
    # By CORAL's lists.
    "utkface": (13147, 0, 3287),
}
#: Sides in pixels of images as published, and what is assumed of others.
_SIDES, _SIDE = {"fer2013": 48, "jaffe": 256, "cmu": 128}, 512
#: What is assumed where nothing is known.
_IMAGES, _IMAGES_A_SUBJECT = 10_000, 10
#: Sentences of a text of which nothing is known, and of a drawn document on average.
_SENTENCES, _SENTENCES_A_DOCUMENT = 10_000, 6
#: Printed subsets hold for as many images as they sum up to, within this fraction: the printed total of FER
#: is one more than its subsets.
_NEAR = 0.01


def find_sizes(settings: Settings, layout: Layout, names: Sequence[str]) -> dict[str, DataSize]:
    """Return the size of each named data set.

    The first of these that there is: what `estimate.datasets` says, how it is drawn, the manifest that a run
    has read, what a paper prints, what its owners publish, or an assumption.

    Raises
    ------
    ConfigurationError
        If a split's sizes leave nothing to train on.
    ManifestError
        If a run's manifest is damaged.
    """
    sizes = {}
    for name in names:
        if name in settings.texts:
            sizes[name] = _text_size(name, settings, layout)
            continue
        chosen = settings.datasets[name]
        images, subjects, origin = _count(name, chosen, settings, layout)
        side = chosen.drawn.size if chosen.drawn else _SIDES.get(chosen.reader, _SIDE)
        train, validation, test = _subsets(name, images, chosen, origin)
        sizes[name] = DataSize(
            images=images,
            subjects=subjects or max(3, images // _IMAGES_A_SUBJECT),
            train=train,
            validation=validation,
            test=test,
            side=side,
            origin=origin,
        )
    return sizes


def datasets_of(settings: Settings) -> list[str]:
    """Return the names of the data sets that some study reads, sorted."""
    used = {*datasets_in_use(settings), *general_datasets(settings), *entities_datasets(settings)}
    return sorted(used)


def _text_size(name: str, settings: Settings, layout: Layout) -> DataSize:
    """Return how many sentences (`images`) and documents (`subjects`) a text has."""
    chosen, drawn = settings.texts[name], settings.texts[name].drawn
    shares = [chosen.split.validation, chosen.split.test]
    if said := settings.estimate.datasets.get(name):
        sentences, documents, origin = said.images, said.subjects, "said by estimate.datasets"
    elif drawn is not None:
        counts = [drawn.documents, drawn.validation_documents, drawn.test_documents]
        documents, origin = sum(counts), "drawn so"
        sentences = round(_SENTENCES_A_DOCUMENT * documents)
        if chosen.split.scheme == "official":
            shares = [count / documents for count in counts[1:]]
    elif layout.manifest(name).exists():
        table = read_table(layout.manifest(name), ManifestError, ["subject", "official_split"])
        sentences, documents = len(table), int(table["subject"].nunique())
        origin = f"counted in {layout.manifest(name)}"
        if chosen.split.scheme == "official":
            shares = [float((table["official_split"] == part).mean()) for part in ("validation", "test")]
    else:
        sentences, documents, origin = _SENTENCES, None, "assumed: say it with estimate.datasets"
    validation, test = (round(sentences * share) for share in shares)
    return DataSize(
        images=sentences,
        subjects=documents or max(3, sentences // _IMAGES_A_SUBJECT),
        train=max(1, sentences - validation - test),
        validation=validation,
        test=test,
        side=0,
        origin=origin,
    )


def _count(
    name: str, chosen: DatasetSettings, settings: Settings, layout: Layout
) -> tuple[int, int | None, str]:
    """Return images, subjects if they are known, and where these are from."""
    if said := settings.estimate.datasets.get(name):
        return said.images, said.subjects, "said by estimate.datasets"
    if chosen.drawn is not None:
        drawn = chosen.drawn
        return drawn.images + drawn.test_images, drawn.subjects + drawn.test_subjects, "drawn so"
    if layout.manifest(name).exists():
        subjects = read_table(layout.manifest(name), ManifestError, ["subject"])["subject"]
        return len(subjects), int(subjects.nunique()), f"counted in {layout.manifest(name)}"
    if printed := _printed(name, chosen, settings):
        images, paper = printed
        return images, _READERS.get(chosen.reader, (0, None))[1], paper
    if chosen.reader in _READERS:
        return *_READERS[chosen.reader], "as its owners publish it"
    return _IMAGES, None, "assumed: say it with estimate.datasets"


def _printed(name: str, chosen: DatasetSettings, settings: Settings) -> tuple[int, str] | None:
    """Return the images that a paper prints for a data set that says it is the published one."""
    printed = read_memory("datasets").set_index("dataset")["total"]
    if chosen.published in printed.index:
        return int(printed[chosen.published]), "printed by Tannugi et al. (2019)"
    if settings.general is None:
        return None
    domains = read_general("detection").set_index("domain").sum(axis=1)
    if chosen.published in domains.index:
        return int(domains[chosen.published]), "printed by Vielzeuf et al. (2019)"
    sizes = read_general("knowledge").set_index("knowledge")["domain_size"]
    users: list[TargetSettings | EncoderSettings] = [
        *settings.general.targets.values(),
        *settings.general.encoders.values(),
    ]
    for user in users:
        if user.dataset == name and user.published in sizes.index:
            return int(sizes[user.published]), "printed by Vielzeuf et al. (2019)"
    return None


def _subsets(name: str, images: int, chosen: DatasetSettings, origin: str) -> tuple[int, int, int]:
    """Return the faces for training, validation and test; with folds those of one fold, and all tested."""
    split = chosen.split
    if split.folds is not None:
        # What a fold trains and validates on, and what all folds test.
        validation = round(images * split.validation)
        return max(1, images - images // split.folds - validation), validation, images
    if split.sizes is not None:
        # As the job does: these are for validation and test, whatever remains is trained on.
        _, validation, test = split.sizes
        if images <= validation + test:
            raise ConfigurationError(
                f"datasets.{name}.split.sizes: {validation} + {test} images for validation and test leave "
                f"none of {images} ({origin}) to train on. Correct these sizes, or give the number of images "
                f"by estimate.datasets.{name}."
            )
    elif split.scheme in ("official", "official_test") and (printed := _official_subsets(chosen)):
        if split.scheme == "official_test":
            test = round(images * printed[2] / sum(printed))
            further, validation = (round((images - test) * part) for part in (split.test, split.validation))
            return images - validation - test - further, validation, test + further
        if abs(images - sum(printed)) <= _NEAR * sum(printed):
            return printed
        validation, test = (round(images * part / sum(printed)) for part in printed[1:])
    else:
        further = chosen.drawn.test_images if chosen.drawn and split.scheme == "official_test" else 0
        validation, test = (round((images - further) * part) for part in (split.validation, split.test))
        test += further
        if split.without:
            return _without(images, validation, test, split.without)
    return images - validation - test, validation, test


def _without(images: int, validation: int, test: int, without: Sequence[str]) -> tuple[int, int, int]:
    """Return the subsets where some are left out: the first that there is has what the others leave."""
    counts = {"train": 0, "validation": validation, "test": test}
    counts |= dict.fromkeys(without, 0)
    first = next(name for name in counts if name not in without)
    counts[first] = images - sum(count for name, count in counts.items() if name != first)
    return counts["train"], counts["validation"], counts["test"]


def _official_subsets(chosen: DatasetSettings) -> tuple[int, int, int] | None:
    """Return a data set's official subsets, where a paper prints their sizes or its owners publish them."""
    printed = read_memory("datasets").set_index("dataset")
    if chosen.published not in printed.index:
        return _SUBSETS.get(chosen.reader)
    training, validation, test = printed.loc[chosen.published, ["training", "validation", "test"]]
    return int(training), int(validation), int(test)

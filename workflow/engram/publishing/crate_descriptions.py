"""What the files of a bundle are, in words and as media types."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from engram.core.errors import PublishingError

__all__ = ["describe_file", "media_type"]

#: Of the standard library's own list, whatever the machine knows besides; with what it lacks.
_TYPES = mimetypes.MimeTypes(filenames=())
for _ending, _type in {
    ".cff": "application/yaml",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".tex": "application/x-tex",
    ".yaml": "application/yaml",
}.items():
    _TYPES.add_type(_type, _ending)
#: What a file's name tells of it.
_NAMES = {
    "CITATION.cff": "How to cite the software and the papers",
    "LICENSE": "Licence of the software",
    "choice.json": "Encoders chosen for a target",
    "configuration.json": "Configuration of the run, all settings that its results depend on",
    "contents.json": "SHA-256 of every file of the results in this folder",
    "index.html": "Questions, verdicts, figures and tables of the run on one page",
    "index.parquet": "Labels and detection of a data set's faces, a row a face; no pixels",
    "map.parquet": "Test faces in two dimensions by the fused embedding",
    "neighbours.parquet": "Nearest faces under the embeddings",
    "numbers.tex": "Numbers of all tables as macros of LaTeX",
    "predictions.parquet": "Predictions on test faces, or of entities in test sentences, with the truth",
    "reconstruction.parquet": "Errors of the reconstructed embeddings of test faces",
    "record.json": "Record of a job: settings, hashes of code and data, environment, timings, metrics",
    "requirements.txt": "Versions of all packages",
    "engram.yaml": "Conda environment",
    "epochs.parquet": "Scores on test subsets after each epoch of a training",
    "mentions.parquet": "Test mentions of entities as places of words, and whether training has them",
    "sizes.csv": "Sizes of a text's subsets",
    "text_overlap.csv": "Test sentences of each text that stand in the others",
    "scores.parquet": "Scores of every subset of encoders",
    "shown.parquet": "The faces that figures show, or words of test sentences that pages may show",
    "split.csv": "Training, validation and test subset of each image or sentence",
    "store.json": "Shape and hash of the stored faces, which are not included",
}
#: What a folder of the results tells of its other files.
_FOLDERS = {
    "cards": "Model card",
    "export": "About the exported student or tagger",
    "figures": "Figure",
    "tables": "Table",
}


def media_type(path: Path) -> str:
    """Return a file's media type.

    Raises
    ------
    PublishingError
        If its ending is not known.
    """
    found = "text/plain" if path.name == "LICENSE" else _TYPES.guess_type(path.name)[0]
    if found is None:
        raise PublishingError(
            f"{path}: files of this kind have no media type yet; add it to {Path(__file__)}."
        )
    return found


def describe_file(name: str) -> str:
    """Return what a file of a bundle is, by its path there."""
    path = Path(name)
    if path.name in _NAMES:
        return _NAMES[path.name]
    if path.stem.startswith("claims"):
        return "Checked claims of the papers"
    return _FOLDERS.get(path.parts[1] if len(path.parts) > 2 else "", "Part of the run")

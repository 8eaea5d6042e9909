"""Where results lie: the one place that spells the paths below the results folder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

__all__ = ["CROPS", "ENCODER_CROP", "GENERAL_CROP", "MEMORY_CROP", "Layout", "encoder_crop"]

#: Folders of a data set's faces: each study has its own size, colours and margin.
MEMORY_CROP, GENERAL_CROP = "faces", "faces_general"
CROPS = (MEMORY_CROP, GENERAL_CROP)
#: Pattern of the folders of faces that were cut out again for imported encoders; see `encoder_crop`.
ENCODER_CROP = "faces_[0-9]+px_[a-z_]+_[0-9.]+"


def encoder_crop(size: int, alignment: str, margin: float) -> str:
    """Return the folder of faces that are cut out for encoders: its name says how."""
    return f"faces_{size}px_{alignment}_{margin:.4f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class Layout:
    """Paths below ``root``. Rules pass wildcards such as ``{dataset}`` for names."""

    root: Path = Path("results")
    study: str = ""
    """Folder below ``root`` of a study's models and evaluations; that of the memory study is ``root``."""

    @classmethod
    def from_settings(cls, settings: Any) -> Layout:
        """Return the layout of a configuration's results."""
        return cls(Path(settings.results))

    def of_study(self, name: str) -> Layout:
        """Return the layout of another study of lineages: its models lie in a folder of its own."""
        return replace(self, study=name)

    def drawn(self, dataset: str) -> Path:
        """Folder of a drawn data set's raw images."""
        return self.root / "drawn" / dataset

    def data(self, dataset: str) -> Path:
        """Folder of what preprocessing makes of a data set."""
        return self.root / "data" / dataset

    def manifest(self, dataset: str) -> Path:
        """Its manifest."""
        return self.data(dataset) / "manifest.parquet"

    def faces(self, dataset: str, crop: str = MEMORY_CROP) -> Path:
        """Folder of its stored faces, cropped as a study wants them: one of `CROPS`."""
        return self.data(dataset) / crop

    def faces_record(self, dataset: str, crop: str = MEMORY_CROP) -> Path:
        """Record of its detection."""
        return self.faces(dataset, crop) / "record.json"

    def text(self, dataset: str) -> Path:
        """Folder of its stored text."""
        return self.data(dataset) / "text"

    def text_record(self, dataset: str) -> Path:
        """Record of what the stored text holds."""
        return self.text(dataset) / "record.json"

    def split(self, dataset: str) -> Path:
        """Its subsets."""
        return self.data(dataset) / "split.csv"

    @property
    def text_overlap(self) -> Path:
        """How many test sentences of each text stand in the others."""
        return self.root / "data" / "text_overlap.csv"

    @property
    def duplicates(self) -> Path:
        """The faces that have copies among the data sets of the memory study."""
        return self.root / "data" / "duplicates.csv"

    def model_folder(self, lineage: object, seed: object) -> Path:
        """Folder of a trained model; inside it lie those of its children."""
        return self.root / self.study / "models" / f"seed{seed}" / str(lineage)

    def model(self, lineage: object, seed: object) -> Path:
        """A model's weights and settings."""
        return self.model_folder(lineage, seed) / "model.safetensors"

    def model_record(self, lineage: object, seed: object) -> Path:
        """Record of its training."""
        return self.model_folder(lineage, seed) / "record.json"

    def epochs(self, lineage: object, seed: object) -> Path:
        """Scores on test subsets after each epoch of its training, in a study that keeps them."""
        return self.model_folder(lineage, seed) / "epochs.parquet"

    def card(self, lineage: object) -> Path:
        """The card of a strategy's model, of all its seeds and folds."""
        return self.root / "cards" / self.study / f"{str(lineage).replace('/', '__')}.md"

    def scratch(self, lineage: object, seed: object) -> Path:
        """Folder of a training job's checkpoint and caches, removed when it is done."""
        return self.root / self.study / "scratch" / f"seed{seed}" / str(lineage).replace("/", "__")

    def vectors(self, network: str) -> Path:
        """The word vectors of a study's network, of the words of its texts."""
        return self.root / self.study / "vectors" / f"{network}.safetensors"

    def evaluation(self, dataset: str) -> Path:
        """Folder of all models' predictions on a data set."""
        return self.root / self.study / "evaluations" / dataset

    def predictions(self, dataset: str) -> Path:
        """All models' predictions on its test subset."""
        return self.evaluation(dataset) / "predictions.parquet"

    def evaluation_record(self, dataset: str) -> Path:
        """Record of that evaluation."""
        return self.evaluation(dataset) / "record.json"

    @property
    def general(self) -> Path:
        """Folder of what the general study makes."""
        return self.root / "general"

    def encoder(self, name: str) -> Path:
        """Folder of a source encoder: ``model.safetensors`` (trained here) and ``record.json``."""
        return self.general / "encoders" / name

    def embeddings(self, dataset: str, encoder: str) -> Path:
        """Folder of an encoder's embeddings of a data set: ``shard-0.npy``, ... (rows, D)."""
        return self.general / "embeddings" / dataset / encoder

    def fusion(self, operator: str, seed: object) -> Path:
        """Folder of a fitted operator: ``model.safetensors``, ``record.json``, ``reconstruction.parquet``."""
        return self.general / "fusion" / operator / f"seed{seed}"

    def student(self, kind: str, seed: object) -> Path:
        """Folder of a student: ``model.safetensors``, ``record.json``, ``reconstruction.parquet``."""
        return self.general / "students" / kind / f"seed{seed}"

    def representations(self, dataset: str) -> Path:
        """Folder of a data set's frozen representations: ``h_g.npy``, ... (seeds, rows, D) float32."""
        return self.general / "representations" / dataset

    def transfer(self, task: str, method: str) -> Path:
        """Folder of a method's ``predictions.parquet`` and ``record.json``; ``frozen`` is all of these."""
        return self.general / "transfer" / task / method

    def selection(self, task: str) -> Path:
        """Folder of the choice of encoders: ``scores.parquet``, ``predictions.parquet``, ``record.json``."""
        return self.general / "selection" / task

    @property
    def general_overlap(self) -> Path:
        """Which faces and subjects of the general study are both learnt from and tested on."""
        return self.general / "overlap.csv"

    @property
    def views(self) -> Path:
        """Folder of ``neighbours.parquet`` and ``map.parquet``: what figures of h_G show."""
        return self.general / "views"

    @property
    def export(self) -> Path:
        """Folder of the student for others, in every format."""
        return self.root / "export"

    @property
    def tagger(self) -> Path:
        """Folder of the tagger for others."""
        return self.export / "tagger"

    @property
    def logs(self) -> Path:
        """Folder of the jobs' logs and timings."""
        return self.root / "logs"

    @property
    def tables(self) -> Path:
        """Folder of the tables."""
        return self.root / "tables"

    @property
    def figures(self) -> Path:
        """Folder of the figures."""
        return self.root / "figures"

    @property
    def page(self) -> Path:
        """The page that shows all results; it lies above what it links to."""
        return self.root / "index.html"

    @property
    def numbers(self) -> Path:
        """The numbers of all tables as macros of LaTeX."""
        return self.root / "numbers.tex"

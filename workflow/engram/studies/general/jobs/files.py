"""Where the general study's jobs read and write; rules, tests and re-evaluation use the same lists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from engram.config import GeneralSettings, Settings
from engram.core.errors import ConfigurationError
from engram.core.paths import GENERAL_CROP, Layout
from engram.data.shard_jobs import stored_files
from engram.studies.general.methods import Student
from engram.studies.general.settings import general_settings

__all__ = ["GeneralFiles"]


@dataclass(frozen=True)
class GeneralFiles:
    """The study's files, by what they hold. Names may be wildcards such as ``{dataset}``."""

    settings: Settings
    layout: Layout

    @classmethod
    def from_settings(cls, settings: Settings) -> GeneralFiles:
        """Return the files of a configuration's results."""
        return cls(settings, Layout.from_settings(settings))

    @property
    def general(self) -> GeneralSettings:
        """The study's settings."""
        return general_settings(self.settings)

    def faces(self, dataset: str, crop: str = GENERAL_CROP) -> list[Path]:
        """Return the files of a data set's stored faces, the study's or those cut out for some encoders."""
        return stored_files(self.settings, self.layout, dataset, crop)

    def split(self, dataset: str) -> Path:
        """Return a data set's split."""
        return self.layout.split(dataset)

    def training_dataset(self, encoder: str) -> str:
        """Return the data set that an encoder is trained on."""
        dataset = self.general.encoders[encoder].dataset
        if dataset is None:
            raise ConfigurationError(f"encoder '{encoder}': it is imported, and no data set is named for it.")
        return dataset

    def encoders(self, names: Iterable[str]) -> list[Path]:
        """Return the weights of source encoders: the models trained here, and the imported files.

        An imported file that is not there is left out, so that a run can be planned without it;
        `missing_encoders` stops one that would need it.
        """
        found = []
        for name in names:
            imported = self.general.encoders[name].imported
            if imported is None:
                found.append(self.layout.encoder(name) / "model.safetensors")
            elif imported.path.is_file():
                found.append(imported.path)
        return found

    def missing_encoders(self, names: Iterable[str]) -> list[str]:
        """Return what to tell of each imported encoder whose file is not there; nothing if all are."""
        chosen = {name: self.general.encoders[name].imported for name in names}
        return [
            f"general.encoders.{name}: the encoder's file {imported.path} does not exist. Put it there, or "
            "correct 'imported.file'; an environment variable in it must be set."
            for name, imported in chosen.items()
            if imported is not None and not imported.path.is_file()
        ]

    def encoder_records(self, names: Iterable[str]) -> list[Path]:
        """Return the records of source encoders; that of an imported one says that it was checked."""
        return [self.layout.encoder(name) / "record.json" for name in names]

    def shards(self, dataset: str, encoder: str) -> list[Path]:
        """Return an encoder's stored embeddings of a data set, in the order of the shards."""
        folder = self.layout.embeddings(dataset, encoder)
        return [folder / f"shard-{shard}.npy" for shard in range(self.settings.datasets[dataset].shards)]

    def embeddings(self, dataset: str, encoders: Iterable[str] | None = None) -> list[Path]:
        """Return all encoders' embeddings of a data set, or those of some, encoder after encoder."""
        names = self.general.encoders if encoders is None else encoders
        return [path for name in names for path in self.shards(dataset, name)]

    def operators(self, names: Iterable[str], seeds: Iterable[object], file: str) -> list[Path]:
        """Return a file of each operator and seed: ``model.safetensors``, ``record.json``, ..."""
        return [self.layout.fusion(name, seed) / file for name, seed in product(names, seeds)]

    def students(self, students: Iterable[Student], seeds: Iterable[object], file: str) -> list[Path]:
        """Return a file of each student and seed: ``model.safetensors``, ``record.json``, ..."""
        return [self.layout.student(student.kind, seed) / file for student, seed in product(students, seeds)]

    def representation(self, dataset: str, name: str) -> Path:
        """Return one representation of a data set's faces, (seeds, rows, D) float32."""
        return self.layout.representations(dataset) / f"{name}.npy"

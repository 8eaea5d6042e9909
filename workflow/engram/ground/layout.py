"""Where results lie: the one place that spells the paths below the results folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engram.ground.settings import Settings

__all__ = ["Layout"]


@dataclass(frozen=True)
class Layout:
    """Paths below ``root``. Rules pass wildcards such as ``{dataset}`` for names."""

    root: Path = Path("results")

    @classmethod
    def of(cls, settings: Settings) -> Layout:
        """Return the layout of a configuration's results."""
        return cls(Path(settings.results))

    def drawn(self, dataset: str) -> Path:
        """Folder of a drawn data set's raw images."""
        return self.root / "drawn" / dataset

    def data(self, dataset: str) -> Path:
        """Folder of what preprocessing makes of a data set."""
        return self.root / "data" / dataset

    def manifest(self, dataset: str) -> Path:
        """Its manifest."""
        return self.data(dataset) / "manifest.parquet"

    def faces(self, dataset: str) -> Path:
        """Folder of its stored faces."""
        return self.data(dataset) / "faces"

    def faces_record(self, dataset: str) -> Path:
        """Record of its detection."""
        return self.data(dataset) / "record.json"

    def split(self, dataset: str) -> Path:
        """Its subsets."""
        return self.data(dataset) / "split.csv"

    def model_folder(self, lineage: object, seed: object) -> Path:
        """Folder of a trained model; inside it lie those of its children."""
        return self.root / "models" / f"seed{seed}" / str(lineage)

    def model(self, lineage: object, seed: object) -> Path:
        """A model's weights and settings."""
        return self.model_folder(lineage, seed) / "model.safetensors"

    def model_record(self, lineage: object, seed: object) -> Path:
        """Record of its training."""
        return self.model_folder(lineage, seed) / "record.json"

    def scratch(self, lineage: object, seed: object) -> Path:
        """Folder of a training job's checkpoint and caches, removed when it is done."""
        return self.root / "scratch" / f"seed{seed}" / str(lineage).replace("/", "__")

    def evaluation(self, dataset: str) -> Path:
        """Folder of all models' predictions on a data set."""
        return self.root / "evaluations" / dataset

    def predictions(self, dataset: str) -> Path:
        """All models' predictions on its test subset."""
        return self.evaluation(dataset) / "predictions.parquet"

    def evaluation_record(self, dataset: str) -> Path:
        """Record of that evaluation."""
        return self.evaluation(dataset) / "record.json"

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

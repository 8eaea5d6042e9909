"""One class a cause. Each message says what is wrong, where, and what to do."""

from __future__ import annotations

__all__ = [
    "CheckpointError",
    "ConfigurationError",
    "DamageError",
    "DataMissingError",
    "DiskError",
    "EmbeddingError",
    "EncoderError",
    "EngramError",
    "EstimateError",
    "ImageError",
    "InterruptionError",
    "ManifestError",
    "PredictionsError",
    "ProcessError",
    "PublishingError",
    "RecordError",
    "ReportError",
    "SplitError",
    "StoreError",
    "TextError",
    "TrainingError",
    "UnsolvableError",
]


class EngramError(Exception):
    """Base of every error that Engram raises on purpose."""


class ConfigurationError(EngramError):
    """A key, a type or a combination of settings is wrong."""


class DataMissingError(EngramError):
    """The folder or file of a data set is not there."""


class ManifestError(EngramError):
    """A data set's listing is wrong: column, class, subject or duplicate."""


class ImageError(EngramError):
    """An image cannot be decoded."""


class DamageError(EngramError):
    """A file of the results is not what the job wrote: missing, cut short or with other bytes."""


class DiskError(EngramError):
    """A file cannot be written: the disk is full, read-only or refuses access."""


class StoreError(EngramError):
    """The stored faces do not fit their index."""


class TextError(EngramError):
    """A text, its tags or its documents are not what a reader expects; names the file and line."""


class SplitError(EngramError):
    """A split cannot be made, or mixes subjects."""


class EncoderError(EngramError):
    """An imported encoder's file, size or layer is not what the configuration says."""


class EmbeddingError(EngramError):
    """Embeddings are missing, damaged or not finite."""


class CheckpointError(EngramError):
    """A model file or checkpoint does not fit the network, or is damaged."""


class TrainingError(EngramError):
    """A training run cannot start or its loss is not finite."""


class UnsolvableError(TrainingError):
    """A task cannot be solved with the faces, labels and subsets that are there."""


class InterruptionError(EngramError):
    """A training run was asked to stop and has written its checkpoint."""


class ProcessError(EngramError):
    """The processes of a job ended, or do not see the same."""


class PredictionsError(EngramError):
    """Saved predictions are incomplete or contradict their index."""


class RecordError(EngramError):
    """A job's record is missing, damaged or of another version."""


class ReportError(EngramError):
    """The page that gathers a run's tables and figures cannot be written."""


class PublishingError(EngramError):
    """A tracking store, a remote or published results cannot be reached or are incomplete."""


class EstimateError(EngramError):
    """The estimate of a run cannot be made: its jobs cannot be listed, or a pilot fails."""

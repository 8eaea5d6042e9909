"""What the jobs of publishing depend on. Torch-free: rules import it to plan."""

from __future__ import annotations

from typing import Any

from engram.config import EstimateSettings, PublishingSettings, Settings
from engram.config.base import JobParams

__all__ = ["BundleParams", "PublishParams", "TrackParams"]


class BundleParams(JobParams):
    """What is published besides files: the configuration, as far as results depend on it."""

    configuration: Settings

    @classmethod
    def from_settings(cls, settings: Settings) -> BundleParams:
        """Leave out `publishing` and `estimate`, which no result depends on: addresses may hold passwords."""
        public = settings.model_copy(
            update={"publishing": PublishingSettings(), "estimate": EstimateSettings()}
        )
        return cls(results=settings.results, configuration=public)

    def published(self) -> dict[str, Any]:
        """Return the configuration as it is published, its keys in the order of the settings."""
        return self.configuration.model_dump(mode="json", exclude={"publishing", "estimate"})


class PublishParams(BundleParams):
    """The same, and where it goes."""

    remote: str
    """Where to push if the repository has no default remote."""

    @classmethod
    def from_settings(cls, settings: Settings) -> PublishParams:
        """Add the folder or URL to what a bundle depends on."""
        public = BundleParams.from_settings(settings).configuration
        return cls(results=settings.results, configuration=public, remote=settings.publishing.dvc_remote)


class TrackParams(JobParams):
    """Where runs are tracked."""

    mlflow_uri: str
    experiment: str

    @classmethod
    def from_settings(cls, settings: Settings) -> TrackParams:
        """Pick the fields."""
        return cls(
            results=settings.results, **settings.publishing.model_dump(include={"mlflow_uri", "experiment"})
        )

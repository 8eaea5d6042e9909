"""The general study's part of the settings."""

from __future__ import annotations

from engram.config import GeneralSettings, Settings
from engram.core.errors import ConfigurationError

__all__ = ["general_settings"]


def general_settings(settings: Settings) -> GeneralSettings:
    """Return the settings of the general study.

    Raises
    ------
    ConfigurationError
        If the configuration leaves the study out.
    """
    if settings.general is None:
        raise ConfigurationError("'general' is missing: the configuration leaves the general study out.")
    return settings.general

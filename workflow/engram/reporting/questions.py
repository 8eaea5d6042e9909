"""A study's research questions: which claims, figures and tables answer each of them."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from engram.config.base import Strict
from engram.reporting.study_files import read_study_file

__all__ = ["Question", "Questions", "read_questions"]


class Question(Strict):
    """One question that a study asks, and where its answer lies."""

    text: str
    claims: list[str] = Field(default=[])
    """Identifiers of the claims that answer it, as in the study's ``claims.yaml``."""
    figures: list[str] = Field(default=[])
    """Names of figures; ``confusion`` stands for that figure of every transfer."""
    tables: list[str] = Field(default=[])
    """Names of tables."""


class Questions(Strict):
    """What a study asks: its ``questions.yaml``."""

    title: str
    """The study's question in one sentence."""
    about: str
    """What the study does, in one sentence."""
    questions: list[Question] = Field(min_length=1)


def read_questions(path: Path) -> Questions:
    """Return a study's questions from a YAML file.

    Raises
    ------
    ConfigurationError
        If the file is not as `Questions` says.
    """
    return read_study_file(path, Questions, "questions")

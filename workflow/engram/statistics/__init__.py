"""Estimates, intervals and tests of what models reach."""

from engram.statistics.crossed import Estimate
from engram.statistics.table import difference

__all__ = ["Estimate", "difference"]

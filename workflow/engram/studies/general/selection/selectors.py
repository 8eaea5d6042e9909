"""Every selector by its name, in the order of tables; torch-free."""

from __future__ import annotations

from engram.studies.general.selection.brute_force import BruteForce
from engram.studies.general.selection.h_score import HScore
from engram.studies.general.selection.kernel_ridge import KernelRidge, KernelThenNetworks
from engram.studies.general.selection.logme import LogME
from engram.studies.general.selection.selector import Selector

__all__ = ["BRUTE_FORCE", "HEADINGS", "SELECTORS"]

SELECTORS: dict[str, Selector] = {
    selector.name: selector
    for selector in (BruteForce(), KernelRidge(), KernelThenNetworks(), LogME(), HScore())
}
#: The selector that the others are held against, and that finds BT and BCT.
BRUTE_FORCE = BruteForce.name
#: The name of every selector in tables.
HEADINGS = {name: selector.heading for name, selector in SELECTORS.items()}

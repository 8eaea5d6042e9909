"""What is interrupted, when and how: drawn from a seed."""

from __future__ import annotations

import random
import signal
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Strike", "plan_strikes", "table"]

#: Who gets the signal: the job's process, Snakemake's, or all of Snakemake's group as from a terminal.
VICTIMS = ("job", "snakemake", "all")
_SIGNALS = [signal.SIGKILL] * 4 + [signal.SIGTERM] * 2 + [signal.SIGINT]


@dataclass
class Strike:
    """One interruption."""

    script: str
    """The kind of job that must be running."""
    victim: str
    signal: signal.Signals
    share: float
    """When: as a share of what such a job takes without interruptions."""
    after: float | None = None
    """When it came, in seconds after the job's start."""

    def __str__(self) -> str:
        return f"{self.signal.name} to {self.victim} during {self.script}"


def plan_strikes(scripts: Sequence[str], seed: int) -> list[Strike]:
    """Return the interruptions: of each kind of job its process once, and once a whole run with it.

    Every signal meets every victim at least once.
    """
    rng = random.Random(seed)
    strikes = []
    for script in scripts:
        for victim in ("job", rng.choice(VICTIMS[1:])):
            strikes.append(Strike(script, victim, rng.choice(_SIGNALS), rng.uniform(0.05, 0.85)))
    for pair in [(victim, number) for victim in VICTIMS for number in set(_SIGNALS)]:
        _force(strikes, *pair, rng)
    return strikes


def _force(strikes: list[Strike], victim: str, number: signal.Signals, rng: random.Random) -> None:
    """Change a strike, if need be, so that ``victim`` gets this signal once."""
    counts = Counter((strike.victim, strike.signal) for strike in strikes)
    if not counts[victim, number]:
        spare = [one for one in strikes if one.victim == victim and counts[victim, one.signal] > 1]
        rng.choice(spare).signal = number


def table(strikes: Sequence[Strike], begun: Mapping[str, int], needed: Mapping[str, int]) -> str:
    """Return how often each kind of job was hit, by victim and signal, and how many were begun.

    Parameters
    ----------
    begun, needed
        Kind of job -> jobs begun in all, and in an uninterrupted run.
    """
    numbers = list(dict.fromkeys(_SIGNALS))
    columns = [(victim, number) for victim in VICTIMS for number in numbers]
    lines = [
        f"{'':<20}" + "".join(f"{f'to {victim}':<24}" for victim in VICTIMS) + "jobs",
        f"{'while at':<20}" + "".join(f"{number.name:<8}" for _, number in columns) + "needed  begun",
    ]
    kinds = list(dict.fromkeys(one.script for one in strikes))
    for name, scripts in [*((kind, [kind]) for kind in kinds), ("others", []), ("all", kinds)]:
        hit = Counter((one.victim, one.signal) for one in strikes if one.script in scripts)
        counted = scripts if len(scripts) == 1 else [kind for kind in needed if scripts or kind not in kinds]
        jobs = (sum(each[kind] for kind in counted) for each in (needed, begun))
        lines.append(
            f"{name:<20}"
            + "".join(f"{hit[column] or '.':<8}" for column in columns)
            + "{:<8}{}".format(*jobs)
        )
    return "\n".join(lines)

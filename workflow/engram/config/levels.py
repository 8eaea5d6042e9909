"""Settings of chains of levels: one target, reached over none, one or several levels before it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from pydantic import Field, model_validator

from engram.config.base import Name, Strict
from engram.core.lineage import Lineage

__all__ = ["LEVELS_BEFORE", "ChainName", "LevelsSettings", "check_levels"]

ChainName = Literal["none", "near", "far", "two", "exchanged", "three"]
#: Chain -> how many levels come before the target.
LEVELS_BEFORE: dict[ChainName, int] = {"none": 0, "near": 1, "far": 1, "two": 2, "exchanged": 2, "three": 3}


class LevelsSettings(Strict):
    """Chains of stages that end on one target: what do levels before it give, and what is kept of them?"""

    target: Name
    """The data set that every chain ends on; its whole training subset is used."""
    chains: dict[ChainName, list[str] | None] = Field(min_length=1)
    """Stages of each chain, oldest first, each `data.recipe`. `none` has the target alone; `near` and `far`
    have one level before it, one related to the target and one that is not; `two` has both, the far one
    first; in `exchanged` the near one comes first; `three` has one more. Those that are null or left out are
    not compared."""

    @model_validator(mode="after")
    def _chains_have_their_levels(self) -> LevelsSettings:
        for name, stages in self.chains.items():
            if stages is None:
                continue
            before = LEVELS_BEFORE[name]
            if len(stages) != before + 1:
                raise ValueError(
                    f"chains.{name}: it has {before} levels before the target, so {before + 1} stages, "
                    f"but {len(stages)} are given"
                )
            if stages[-1].partition(".")[0] != self.target:
                raise ValueError(f"chains.{name}: the last stage trains on '{self.target}', the target")
        return self

    @property
    def lineages(self) -> dict[ChainName, Lineage]:
        """The model of each chain, in the order of `LEVELS_BEFORE`."""
        found = ((name, self.chains.get(name)) for name in LEVELS_BEFORE)
        return {name: Lineage.parse("/".join(stages)) for name, stages in found if stages}


def check_levels(
    levels: LevelsSettings | None, datasets: Collection[str], recipes: Collection[str], where: str
) -> None:
    """Refuse chains that name unknown data sets or recipes.

    Raises
    ------
    ValueError
        Naming the setting, what is wrong, and what is allowed.
    """
    for name, lineage in levels.lineages.items() if levels else ():
        for stage in lineage.stages:
            for known, kind, used in (
                (datasets, "data set", stage.datasets),
                (recipes, "recipe", [stage.recipe]),
            ):
                unknown = [one for one in used if one not in known]
                if unknown:
                    raise ValueError(
                        f"{where}.chains.{name}: unknown {kind} '{unknown[0]}'. "
                        f"Known: {', '.join(sorted(known))}"
                    )

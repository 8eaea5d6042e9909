"""The plan of the job that looks for what sources, D_unsup and targets have in common; torch-free."""

from __future__ import annotations

from engram.config import Settings
from engram.config.base import JobParams
from engram.runtime.job_spec import JobSpec
from engram.studies.general.jobs.files import GeneralFiles
from engram.studies.general.plan import general_datasets, learnt_datasets, overlap_targets
from engram.studies.general.settings import general_settings

__all__ = ["OverlapParams", "overlap_job"]

#: Readers whose subjects are named by the user or by this project, so that equal names are equal subjects;
#: LFW's are names of people.
_NAMING_READERS = ("manifest", "drawn", "lfw")


class OverlapParams(JobParams):
    """What the search depends on."""

    datasets: dict[str, bool]
    """Data set -> whether its subjects' own names are compared, sorted."""
    learnt: list[str]
    """Those that encoders, fusion, students or verification learn from."""
    tested: list[str]
    """Those whose test subsets are looked for in them."""

    @classmethod
    def from_settings(cls, settings: Settings) -> OverlapParams:
        """Pick the data sets of the study."""
        general = general_settings(settings)
        return cls(
            results=settings.results,
            datasets={
                name: settings.datasets[name].reader in _NAMING_READERS for name in general_datasets(settings)
            },
            learnt=learnt_datasets(general),
            tested=overlap_targets(general),
        )


def overlap_job(settings: Settings) -> JobSpec:
    """Return the search for faces and subjects that are both learnt from and tested on."""
    files, names = GeneralFiles.from_settings(settings), general_datasets(settings)
    return JobSpec(
        name="general_overlap",
        inputs={
            "stores": [path for name in names for path in files.faces(name)],
            "splits": [files.split(name) for name in names],
        },
        outputs={"overlap": files.layout.general_overlap},
        log=files.layout.logs / "general_overlap.log",
        params=OverlapParams.from_settings(settings),
    )

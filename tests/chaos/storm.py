"""A run that is interrupted again and again, and started again as a user does it."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.chaos.strikes import Strike
from tests.workflow.interrupting import Job, Run, unlock

__all__ = ["AGAIN", "Storm"]

#: An output of each kind of job, below the results. Without it the job runs again.
AGAIN = {
    "draw_faces": "drawn/*/manifest.csv",
    "prepare_faces": "data/*/faces*/record.json",
    "train_stage": "models/**/record.json",
    "train_encoder": "general/encoders/*/record.json",
    "extract_embeddings": "general/embeddings/**/shard-0.json",
    "fit_operators": "general/fusion/**/record.json",
    "train_student": "general/students/**/record.json",
    "represent_faces": "general/representations/*/record.json",
    "solve_task": "general/transfer/**/record.json",
    "evaluate_models": "evaluations/*/record.json",
    "memory_tables": "tables/memory_integrity.csv",
    "general_tables": "tables/general_transfer.csv",
    "export_student": "export/check.json",
    "write_report": "report.html",
    "track": "tracked.json",
    "publish": "published.json",
}


class Storm:
    """Interruptions of the run in ``folder``.

    Parameters
    ----------
    results
        Folder of the results.
    arguments
        Of Snakemake.
    typical
        Seconds that a job of each kind takes without interruptions.
    log
        Is told what happens, a line each.
    """

    def __init__(
        self,
        folder: Path,
        results: Path,
        arguments: Sequence[str],
        typical: Mapping[str, float],
        log: Callable[[str], None],
    ) -> None:
        self._folder, self._results, self._arguments = folder, folder / results, arguments
        self._typical, self._log = typical, log
        self.started: Counter[str] = Counter()
        """Jobs that were started, by kind."""
        self.runs = 0

    def rage(self, strikes: Sequence[Strike]) -> None:
        """Interrupt until every strike has hit a job that was running."""
        left = list(strikes)
        while left:
            with Run(self._folder, *self._arguments) as run:
                self.runs += 1
                struck = self._strike_at(run, left)
                self.started.update(job.script for job in run.jobs.values())
                said = run.said()
            if not struck:
                assert run.process.returncode == 0, said
                self._make_again(left)
            elif struck[-1].victim != "job":
                if struck[-1].signal is signal.SIGKILL:
                    unlock(self._folder, *self._arguments)
            elif run.process.returncode == 0:
                # The job was done when the signal came.
                left += struck

    def _strike_at(self, run: Run, left: list[Strike]) -> list[Strike]:
        """Interrupt one run until it ends; return what hit it."""
        struck: list[Strike] = []
        spared = set()
        while True:
            wanted = {strike.script for strike in left}
            job = run.await_job(lambda job: job.script in wanted and job.process not in spared)  # noqa: B023
            if job is None:
                return struck
            spared.add(job.process)
            strike = next(strike for strike in left if strike.script == job.script)
            if not self._wait(run, job, strike):
                continue
            self._hit(run, job, strike)
            left.remove(strike)
            struck.append(strike)
            self._log(f"{len(left):>3} to come; {strike}, after {strike.after:.1f} s")

    def _wait(self, run: Run, job: Job, strike: Strike) -> bool:
        """Wait for the moment to strike; tell whether the job still runs then."""
        moment = job.began + strike.share * self._typical[job.script]
        while job.process.is_running() and time.monotonic() < moment:
            run.look()
            time.sleep(0.02)
        if job.process.is_running():
            return True
        # It was faster than others of its kind. The next one is met earlier.
        strike.share /= 2
        return False

    def _hit(self, run: Run, job: Job, strike: Strike) -> None:
        strike.after = time.monotonic() - job.began
        if strike.victim == "job":
            job.process.send(strike.signal)
        else:
            run.interrupt(strike.signal, children=strike.victim == "all")
            run.finish()

    def _make_again(self, left: Sequence[Strike]) -> None:
        """Take away an output of what is still to be interrupted, where all is done."""
        for script in {strike.script for strike in left}:
            sorted(self._results.glob(AGAIN[script]))[0].unlink()

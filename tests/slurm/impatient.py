"""Start snakemake as its command does, for jobs of seconds: it looks at them every few seconds, always.

SLURM's executor waits ten seconds longer each time that no job has ended, up to three minutes. That suits
jobs of hours; here it would be most of what the tests take.
"""

import asyncio

from snakemake.cli import main
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

#: Seconds between two looks at the jobs.
_SECONDS = 2


async def _sleep(executor: RemoteExecutor) -> None:
    await asyncio.sleep(_SECONDS)


assert callable(RemoteExecutor.sleep)
RemoteExecutor.sleep = _sleep
main()

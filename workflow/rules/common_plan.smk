# Snakemake's own graph of all jobs as plain data, for `snakemake plan`. Makes no files.

from concurrent.futures import ThreadPoolExecutor

from snakemake.dag import DAG

from engram.estimate.jobs import Job


def list_jobs():
    """Return all jobs of `all` as plain data, each after those it needs, whatever has been done.

    They come from Snakemake's own graph, built a second time beside the one that is run: in a thread,
    because the job that asks runs inside the event loop of its own.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(build_jobs).result()


def build_jobs():
    """Build the graph of all jobs and describe each."""
    graph = DAG(workflow, workflow.rules, targetfiles=set(), targetrules=[], ignore_incomplete=True)
    workflow.async_run(graph.update([workflow.async_run(graph.rule2job(rules.all.rule))]))
    places, listed = {}, []
    for level in graph.toposorted():
        for job in sorted(level, key=str):
            places[job] = len(places)
            listed.append(describe_job(job, sorted(places[each] for each in graph.dependencies[job])))
    return listed


def describe_job(job, needs):
    """Return one of Snakemake's jobs as plain data."""
    return Job(
        job.rule.name,
        kind_of_job(job.rule),
        tuple(needs),
        wildcards=dict(job.wildcards_dict),
        params=dict(job.params.items()) | dict(job.params.get("job") or {}),
        priority=job.rule.priority,
        timing=Path(job.benchmark) if job.benchmark else None,
    )


def kind_of_job(planned):
    """Return the name of a rule's script, which rules of several seeds share, or its own."""
    return Path(planned.script).stem if planned.script else planned.name

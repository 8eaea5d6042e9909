"""A plan as people read it: a page of tables that a terminal shows well, and the same by rule as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from engram.core.files import write_text
from engram.estimate.counts import count_encoder
from engram.estimate.plan import Plan
from engram.estimate.tables import SHORT, advice, by_gpus, by_rule, data_table
from engram.estimate.throughput import Device

__all__ = ["plan_page", "write_plan"]


def write_plan(plan: Plan, folder: Path) -> str:
    """Write ``plan.csv`` (a row a rule) and ``plan.md`` into ``folder``, and return the page."""
    page, frame = plan_page(plan), by_rule(plan)
    write_text(folder / "plan.csv", frame.to_csv(index=False, float_format="%.6g", lineterminator="\n"))
    write_text(folder / "plan.md", page)
    return page


def plan_page(plan: Plan) -> str:
    """Return the plan as Markdown."""
    frame, hours = by_rule(plan), by_gpus(plan)
    parts = [
        f"# Plan of {plan.settings.results}",
        _summary(plan, frame, hours),
        "## What each rule takes",
        _totals(frame),
        "## How long a job lasts",
        _durations(frame),
        _short(plan, frame),
        "## How long the whole takes",
        _table(["GPUs", "hours"], [[str(row.gpus), _number(row.hours)] for row in hours.itertuples()]),
        "## Data sets",
        _table(
            list(data_table(plan).columns),
            [[_word(value) for value in row] for row in data_table(plan).itertuples(index=False)],
            words=(0, 5),
        ),
        "## What is assumed",
        "\n".join(f"- {line}" for line in _assumptions(plan)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _summary(plan: Plan, frame: pd.DataFrame, hours: pd.DataFrame) -> str:
    chosen = plan.settings.plan
    wall = float(hours.loc[hours["gpus"] == chosen.gpus, "hours"].iloc[0])
    on = f"{chosen.gpus} GPUs ({_kind(plan)}) and " if chosen.gpus else ""
    on += f"{chosen.cores} cores"
    busy = frame["gpu_hours"].sum()
    disk, most = frame["disk_gib"].sum(), frame["memory_gib"].max()
    lines = [
        f"{frame['jobs'].sum():,} jobs, {_number(busy)} GPU-hours and "
        f"{_number(frame['core_hours'].sum())} core-hours: **{_number(wall)} hours on {on}**, by list "
        "scheduling over the jobs' order. The longest chain of jobs takes "
        f"{_number(plan.chain_hours)} hours: more machines do not shorten that.",
        f"The largest job holds {_number(most)} GiB of memory"
        + (f" and {_number(frame['gpu_memory_gib'].max())} GiB of a GPU's" if chosen.gpus else "")
        + f". The results take {_number(disk)} GiB of disk, a running job up to "
        f"{_number(frame['scratch_gib'].max())} GiB besides.",
    ]
    return "\n".join(lines)


def _kind(plan: Plan) -> str:
    return "measured" if plan.throughput.gpu else "assumed, not measured"


def _totals(frame: pd.DataFrame) -> str:
    header = ["rule", "jobs", "GPU-hours", "core-hours", "memory GiB", "GPU GiB", "disk GiB", "scratch GiB"]
    columns = ["gpu_hours", "core_hours", "memory_gib", "gpu_memory_gib", "disk_gib", "scratch_gib"]
    rows = [
        [row["rule"], f"{row['jobs']:,}", *(_number(row[name]) for name in columns)]
        for _, row in frame.iterrows()
    ]
    summed = ("gpu_hours", "core_hours", "disk_gib")
    sums = [frame[name].sum() if name in summed else frame[name].max() for name in columns]
    return _table(header, [*rows, ["all", f"{frame['jobs'].sum():,}", *map(_number, sums)]])


def _durations(frame: pd.DataFrame) -> str:
    header = ["rule", "jobs", "shortest s", "median s", "longest s", f"below {SHORT:g} s"]
    ran = frame["measured"].notna().any()
    rows = [
        [
            *(row["rule"], f"{row['jobs']:,}"),
            *(_number(row[name]) for name in ("shortest", "median", "longest")),
            f"{row['short']:,}",
            *([_number(row["measured"]), _number(row["measured_over_planned"])] if ran else []),
        ]
        for _, row in frame.iterrows()
    ]
    return _table([*header, *(["took s", "took / planned"] if ran else [])], rows)


def _short(plan: Plan, frame: pd.DataFrame) -> str:
    """Name the rules with short jobs, and what batches these."""
    found = frame[frame["short"] > 0]
    if found.empty:
        return f"No job is shorter than {SHORT:g} seconds."
    rows = [
        [row["rule"], f"{row['short']:,} of {row['jobs']:,}", advice(plan, row["rule"])]
        for _, row in found.iterrows()
    ]
    total = f"{found['short'].sum():,} of {frame['jobs'].sum():,} jobs are shorter than {SHORT:g} seconds:"
    return f"{total}\n\n{_table(['rule', 'jobs', 'what batches them'], rows, words=(0, 2))}"


def _assumptions(plan: Plan) -> list[str]:
    chosen, throughput = plan.settings.plan, plan.throughput
    host = throughput.host
    lines = [
        "All jobs are counted as if none had been done. Training takes all its epochs: patience, which may "
        "end it earlier, saves nothing here.",
        "A step takes a least time and its multiply-adds (counted from the networks, a training step three "
        "forward passes) at a rate that depends on the kind of network.",
        f"Jobs without a network: one core of {host.name}, measured.",
    ]
    if chosen.gpus:
        lines += [
            _gpu_line(plan),
            "While a GPU computes, its job's core prepares the next batch: the slower counts.",
        ]
    else:
        lines.append(f"Networks: {_device(throughput.cpu)}, measured.")
    lines += [
        f"A cluster adds {chosen.job_seconds:g} seconds to each job (plan.job_seconds), a job that uses a "
        "GPU has a core of its own besides, and nobody else's jobs wait in the same queue.",
        f"A raw image of unknown size has {chosen.image_side} x {chosen.image_side} pixels "
        "(plan.image_side).",
        "Memory is what a job holds itself; pages of face files that are mapped count for nothing, since "
        "they can be dropped at any time.",
    ]
    return [*lines, *_shared(plan), *_unknown_parts(plan)]


def _shared(plan: Plan) -> list[str]:
    """Tell what is assumed of jobs of several processes, if there are any."""
    if plan.slots == 1:
        return []
    kinds = dict.fromkeys(job.kind for job, cost in zip(plan.jobs, plan.costs, strict=True) if cost.slots > 1)
    each = "GPUs" if plan.settings.plan.gpus else "cores"
    return [
        f"Each job of {', '.join(kinds)} holds {plan.slots} {each}, one a process (compute.processes, "
        "compute.nodes). These are assumed to share its faces perfectly, and to take no time for what they "
        "tell each other; each takes every training step. Its memory is that of one node: all processes "
        "there, and 0.5 GB of torchrun."
    ]


def _gpu_line(plan: Plan) -> str:
    gpu = plan.throughput.planned_gpu
    if plan.throughput.gpu:
        return f"GPU: {_device(gpu)}, measured."
    assumed = plan.throughput.assumed_gpu
    reached = ", ".join(f"{family} {share:.0%}" for family, share in assumed.utilisation.items())
    least = ", ".join(f"{family} {seconds * 1000:g} ms" for family, seconds in assumed.step_seconds.items())
    return (
        f"GPU: **assumed, not measured**: {assumed.name} with {assumed.peak_flops / 1e12:g} TFLOP/s by its "
        f"data sheet, of which networks reach {reached}; a training step takes at least {least}; "
        f"a job starts in {assumed.start_seconds:g} s. `python -m benchmarks throughput_plan` on your GPU, "
        "and `plan.throughput`, put measured numbers here."
    )


def _device(device: Device) -> str:
    rates = ", ".join(
        f"{family} {2 * rate.adds_per_second / 1e9:,.0f} GFLOP/s" for family, rate in device.training.items()
    )
    return f"{device.name}, {device.precision}; training at {rates}"


def _unknown_parts(plan: Plan) -> list[str]:
    general, lines = plan.settings.general, []
    if general is not None:
        assumed = [name for name, encoder in general.encoders.items() if count_encoder(encoder)[1]]
        if assumed:
            lines.append(
                f"Encoders {', '.join(assumed)}: a ResNet-50 on as many pixels, since only their files "
                "say what they compute."
            )
        if any(target.task == "attributes" for target in general.targets.values()):
            lines.append("A head on attributes has 40 outputs, as on CelebA.")
    if plan.unknown:
        lines.append(f"Nothing is known of {', '.join(plan.unknown)}: each job is taken to last its start.")
    return lines


def _word(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _number(value: float | None) -> str:
    """Return a number with the digits that a plan deserves: two that matter."""
    if value is None or pd.isna(value):
        return ""
    if value == 0:
        return "0"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], words: Sequence[int] = (0,)) -> str:
    """Return a Markdown table whose columns are aligned in plain text too: words left, numbers right."""
    widths = [max(len(row[n]) for row in [header, *rows]) for n in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        set_ = [
            cell.ljust(width) if n in words else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(set_)} |"

    rule = ["-" * width if n in words else "-" * (width - 1) + ":" for n, width in enumerate(widths)]
    return "\n".join([line(header), line(rule), *map(line, rows)])

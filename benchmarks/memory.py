"""Peak memory of a training job on a data set and on one ten times as large."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

__all__ = ["run"]

_FACES = 20_000

# Anonymous memory is what a job needs; mapped pages of the face file can be dropped at any time.
_JOB = """
import sys, threading, time
from pathlib import Path
import numpy as np, torch
from engram.config import AugmentSettings
from engram.training.batches import ImageBatches
from engram.training.device import Device
from engram.training.classification import ClassificationTask
from engram.training.optimiser import AdamW
from engram.training.labelled_faces import Part, Subset
from engram.models.vgg import VGG

torch.set_num_threads(1)
faces = np.load(sys.argv[1], mmap_mode="r")
rows = np.arange(len(faces))
batches = ImageBatches(Subset([Part(faces, rows, rows % 7)]), 64, AugmentSettings(), 1)
device = Device(torch.device("cpu"), "fp32")
task = ClassificationTask(device.place(VGG({"expression": 7}, width=0.0625)), "expression")
optimiser = AdamW(task.network.parameters(), 0.0)
peak = 0
for step, (images, labels) in enumerate(batches.epoch(1)):
    task(images, labels)["loss"].backward()
    optimiser.step(1e-4)
    if step % 10 == 0:
        status = Path("/proc/self/status").read_text()
        peak = max(peak, int(status.split("RssAnon:")[1].split()[0]))
    if step == 200:
        break
print(peak)
"""


def run() -> dict[str, float]:
    """Return the peak anonymous memory in MiB at both sizes, and their ratio."""
    peaks = {}
    with tempfile.TemporaryDirectory() as name:
        for factor in (1, 10):
            path = Path(name) / f"{factor}.npy"
            shape = (_FACES * factor, 48, 48, 1)
            array = np.lib.format.open_memmap(path, "w+", np.uint8, shape)
            array[:: max(1, factor)] = 128
            array.flush()
            output = subprocess.run(
                [sys.executable, "-c", _JOB, str(path)], capture_output=True, text=True, check=True
            )
            peaks[factor] = json.loads(output.stdout) / 1024
    return {
        "mebibytes": peaks[1],
        "mebibytes_at_ten_times": peaks[10],
        "ten_times_over_one": peaks[10] / peaks[1],
    }

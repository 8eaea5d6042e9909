"""The student in every format that others load, and a check that all give the same embedding.

- safetensors: weights and how to build the network; for Engram and for training it further.
- TorchScript: the whole network, for Python and C++ from old releases of torch to new ones, and
  for bindings of other languages. A `torch.export` file would open in Python alone, with a torch
  at least as new as the one that wrote it, and would load the compiler there.
- ONNX: the whole network, for runtimes without torch. Written by torch's own tracing exporter,
  because its successor needs onnxscript and writes the same operators for this network.

The last two take normalised images (N, C, size, size) float32, for any N, to (N, D) of length 1.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the usual name
from torch import Tensor, nn

from engram.core.errors import CheckpointError
from engram.core.files import atomic_path
from engram.export.preprocessing import STUDENT
from engram.models.backbone_files import Backbone, load_backbone

__all__ = ["FORMS", "TOLERANCE", "UnitLength", "compare_forms", "load_student", "write_forms"]

#: Files of the student, one a format.
FORMS = (STUDENT, "student.pt", "student.onnx")
#: Largest difference of a value of an embedding, whose length is 1, between two forms.
TOLERANCE = 1e-4

_OPSET = 17


class UnitLength(nn.Module):
    """A student whose embeddings have length 1: the cosine is their inner product."""

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, images: Tensor) -> Tensor:
        """Turn images (N, C, H, W) into embeddings (N, D)."""
        return F.normalize(self.backbone(images), dim=1)


def load_student(path: Path) -> tuple[UnitLength, Backbone]:
    """Read a student from its safetensors file, in evaluation mode.

    Raises
    ------
    CheckpointError
        If it is damaged or missing.
    """
    backbone = load_backbone(path)
    return UnitLength(backbone.network.backbone).eval(), backbone


def write_forms(folder: Path, source: Path) -> Backbone:
    """Write the student of the file ``source`` to ``folder`` in every format of `FORMS`."""
    student, backbone = load_student(source)
    example = torch.zeros(2, backbone.inputs.channels, backbone.inputs.size, backbone.inputs.size)
    for name, content in zip(
        FORMS,
        (source.read_bytes(), _torchscript(student, example), _onnx(student, example)),
        strict=True,
    ):
        with atomic_path(folder / name) as temporary:
            temporary.write_bytes(content)
    return backbone


def compare_forms(folder: Path, source: Path, images: Tensor, threads: int) -> dict[str, float]:
    """Return the largest difference of each form's embeddings from those of the student ``source``.

    Parameters
    ----------
    images
        Normalised, (N, C, size, size) with N > 2: one goes alone, the others together, so that a
        form that works for one batch size only fails here.

    Raises
    ------
    CheckpointError
        If a form differs by more than `TOLERANCE`, or cannot be loaded.
    """
    wanted = _in_two_batches(_run_safetensors(source), images)
    differences = {}
    for name, run in zip(FORMS, (_run_safetensors, _run_torchscript, _run_onnx(threads)), strict=True):
        found = _in_two_batches(run(folder / name), images)
        differences[name] = float(np.abs(found - wanted).max())
        if not differences[name] <= TOLERANCE:
            raise CheckpointError(
                f"{name}: its embeddings differ from the student's by {differences[name]:.2g}, more than "
                f"{TOLERANCE:g}. It is not exported; check the versions of torch and onnxruntime."
            )
    return differences


def _in_two_batches(run: Callable[[Tensor], np.ndarray], images: Tensor) -> np.ndarray:
    return np.concatenate([run(images[:1]), run(images[1:])])


def _torchscript(student: nn.Module, example: Tensor) -> bytes:
    written = io.BytesIO()
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        torch.jit.save(torch.jit.trace(student, example), written)
    return _without_paths(written)


def _without_paths(archive: io.BytesIO) -> bytes:
    """Leave out the notes for debuggers: they name this machine's folders, and nothing needs them."""
    lean = io.BytesIO()
    with zipfile.ZipFile(archive) as whole, zipfile.ZipFile(lean, "w") as part:
        for entry in whole.infolist():
            if not entry.filename.endswith(".debug_pkl"):
                part.writestr(zipfile.ZipInfo(entry.filename), whole.read(entry))
    return lean.getvalue()


def _onnx(student: nn.Module, example: Tensor) -> bytes:
    written = io.BytesIO()
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        torch.onnx.export(
            student,
            (example,),
            written,  # type: ignore[arg-type]  # without dynamo it takes an open file as well
            dynamo=False,
            opset_version=_OPSET,
            input_names=["images"],
            output_names=["embeddings"],
            dynamic_axes={"images": {0: "batch"}, "embeddings": {0: "batch"}},
        )
    return written.getvalue()


def _run_safetensors(path: Path) -> Callable[[Tensor], np.ndarray]:
    student, _ = load_student(path)
    return lambda images: _numpy(student, images)


def _run_torchscript(path: Path) -> Callable[[Tensor], np.ndarray]:
    # Read by torch's own C++ reader of archives, not by Python's pickle.
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        student = torch.jit.load(path, map_location="cpu")
    return lambda images: _numpy(student, images)


def _run_onnx(threads: int) -> Callable[[Path], Callable[[Tensor], np.ndarray]]:
    def open_session(path: Path) -> Callable[[Tensor], np.ndarray]:
        try:
            import onnxruntime
        except ImportError:
            raise CheckpointError(
                f"{path.name}: comparing it needs the package onnxruntime. Install it: "
                "pip install 'engram[onnx]'"
            ) from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return lambda images: session.run(None, {"images": images.numpy()})[0]

    return open_session


def _numpy(student: nn.Module, images: Tensor) -> np.ndarray:
    with torch.inference_mode():
        return student(images).numpy()

"""Encoders as ONNX files, run by onnxruntime on the CPU."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from engram.core.errors import EncoderError
from engram.core.reading import last_line

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ["load_onnx"]


class _Onnx(nn.Module):
    """One output of an ONNX network, for whole batches."""

    def __init__(self, session: InferenceSession, output: str) -> None:
        super().__init__()
        self._session, self._output = session, output
        given = session.get_inputs()[0]
        self._input = given.name
        # Many files were saved for batches of one size; the others name it or leave it out.
        first = given.shape[0] if given.shape else None
        self._batch = first if isinstance(first, int) and first > 0 else None

    def forward(self, images: Tensor) -> Tensor:
        inputs = images.float().cpu().contiguous().numpy()
        if self._batch is None:
            return self._run(inputs).to(images.device)
        missing = -len(inputs) % self._batch
        inputs = np.concatenate([inputs, np.repeat(inputs[-1:], missing, axis=0)])
        parts = [self._run(inputs[at : at + self._batch]) for at in range(0, len(inputs), self._batch)]
        return torch.cat(parts)[: len(images)].to(images.device)

    def _run(self, inputs: np.ndarray) -> Tensor:
        return torch.from_numpy(self._session.run([self._output], {self._input: inputs})[0])


def load_onnx(path: Path, data: bytes, layer: str | None) -> nn.Module:
    """Return the network that ``data``, the bytes of the file ``path``, holds, up to an output.

    Parameters
    ----------
    layer
        Name of the output that is the embedding; by default the last.

    Raises
    ------
    EncoderError
        If onnxruntime is missing, the file is no network of one input, or has no such output.
    """
    try:
        import onnxruntime
    except ImportError:
        raise EncoderError(
            f"{path}: format 'onnx' needs the package onnxruntime. Install it: pip install 'engram[onnx]'"
        ) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has a class of its own for each cause
        raise EncoderError(
            f"{path}: onnxruntime cannot load it ({last_line(error)}). "
            "Save it again, as one file with its weights inside."
        ) from None
    outputs = [output.name for output in session.get_outputs()]
    if len(session.get_inputs()) != 1:
        names = ", ".join(given.name for given in session.get_inputs())
        raise EncoderError(f"{path}: it has several inputs ({names}). An encoder takes images alone.")
    if layer is not None and layer not in outputs:
        raise EncoderError(
            f"{path}: it has no output '{layer}'. Its outputs are: {', '.join(outputs[-10:])}."
        )
    return _Onnx(session, layer or outputs[-1])

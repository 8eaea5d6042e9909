"""Encoders as ONNX files, run by onnxruntime: where the images are, if it can, else on the CPU."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from engram.core.errors import EncoderError
from engram.core.reading import last_line
from engram.models.imported.parameters import encode_field, onnx_tensors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ["load_onnx", "outputs_of", "providers"]

_CUDA, _CPU = "CUDAExecutionProvider", "CPUExecutionProvider"

#: Fields of ONNX messages, by their numbers in onnx.proto.
_MODEL_GRAPH, _GRAPH_OUTPUT, _VALUE_NAME = 7, 12, 1


class _Onnx(nn.Module):
    """One output of an ONNX network, for whole batches."""

    def __init__(
        self, session: InferenceSession, output: str, make: Callable[[list[Any]], InferenceSession]
    ) -> None:
        super().__init__()
        self._sessions, self._output, self._make = {"cpu": session}, output, make
        given = session.get_inputs()[0]
        self._input = given.name
        # Many files were saved for batches of one size; the others name it or leave it out.
        first = given.shape[0] if given.shape else None
        self._batch = first if isinstance(first, int) and first > 0 else None
        found = [f"'{given.name}' {list(given.shape)}" for given in session.get_outputs()]
        #: The file's outputs in words, where there are several.
        self.outputs = f"It has the outputs {', '.join(found)}." if len(found) > 1 else ""

    def forward(self, images: Tensor) -> Tensor:
        inputs, session = images.float().cpu().contiguous().numpy(), self._session(images.device)
        if self._batch is None:
            return self._run(session, inputs).to(images.device)
        missing = -len(inputs) % self._batch
        inputs = np.concatenate([inputs, np.repeat(inputs[-1:], missing, axis=0)])
        parts = [
            self._run(session, inputs[at : at + self._batch]) for at in range(0, len(inputs), self._batch)
        ]
        return torch.cat(parts)[: len(images)].to(images.device)

    def _session(self, device: torch.device) -> InferenceSession:
        """Return the session of a device, which is made when images on it come first."""
        if str(device) not in self._sessions:
            import onnxruntime

            chosen = providers(device, onnxruntime.get_available_providers())
            self._sessions[str(device)] = self._make(chosen) if len(chosen) > 1 else self._sessions["cpu"]
        return self._sessions[str(device)]

    def _run(self, session: InferenceSession, inputs: np.ndarray) -> Tensor:
        return torch.from_numpy(session.run([self._output], {self._input: inputs})[0])


def providers(device: torch.device, available: Sequence[str]) -> list[Any]:
    """Return what onnxruntime shall run a network by, for images on a device.

    On a GPU in full precision, and by algorithms that are not chosen by their time, so that the same images
    give the same embeddings.

    Parameters
    ----------
    available
        What onnxruntime has: its CUDA provider comes with the package ``onnxruntime-gpu``.
    """
    if device.type != "cuda" or _CUDA not in available:
        return [_CPU]
    options = {"device_id": device.index or 0, "use_tf32": 0, "cudnn_conv_algo_search": "HEURISTIC"}
    return [(_CUDA, options), _CPU]


def load_onnx(path: Path, data: bytes, layer: str | None, blank: Tensor) -> nn.Module:
    """Return the network that ``data``, the bytes of the file ``path``, holds, up to one of its tensors.

    Parameters
    ----------
    layer
        Name of the output that is the embedding, or of any tensor inside; by default the last output.
    blank
        Blank images (N, C, H, W), which its input must fit.

    Raises
    ------
    EncoderError
        If onnxruntime is missing, the file is no network of one input, has no such tensor, or wants images
        of another size.
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
    if layer is not None:
        data = _with_output(path, data, layer)

    def make(chosen: list[Any]) -> InferenceSession:
        return onnxruntime.InferenceSession(data, options, providers=chosen)

    try:
        session = make([_CPU])
    except Exception as error:  # onnxruntime has a class of its own for each cause
        raise EncoderError(
            f"{path}: onnxruntime cannot load it ({last_line(error)}). "
            "Save it again, as one file with its weights inside."
        ) from None
    outputs = [output.name for output in session.get_outputs()]
    if len(session.get_inputs()) != 1:
        names = ", ".join(given.name for given in session.get_inputs())
        raise EncoderError(f"{path}: it has several inputs ({names}). An encoder takes images alone.")
    _check_input(path, session.get_inputs()[0].shape, blank)
    return _Onnx(session, layer or outputs[-1], make)


def outputs_of(network: nn.Module) -> str:
    """Return an ONNX network's outputs with their sizes, in words; nothing for others, or for one output."""
    if not isinstance(network, _Onnx):
        return ""
    return network.outputs


def _with_output(path: Path, data: bytes, layer: str) -> bytes:
    """Return a file's bytes, with one of its inner tensors made an output.

    A protocol buffer may hold a message in pieces, which are merged: so an output can be appended.
    """
    inner, outputs = onnx_tensors(data)
    if layer in outputs:
        return data
    if layer not in inner:
        close = difflib.get_close_matches(layer, list(dict.fromkeys([*outputs, *inner])), 5)
        found = f"Did you mean: {', '.join(close)}" if close else f"Its last are: {', '.join(inner[-10:])}"
        raise EncoderError(
            f"{path}: it has no tensor '{layer}'. Its outputs are: {', '.join(outputs[-10:])}. {found}."
        )
    output = encode_field(_GRAPH_OUTPUT, encode_field(_VALUE_NAME, layer.encode()))
    return data + encode_field(_MODEL_GRAPH, output)


def _check_input(path: Path, expected: list, blank: Tensor) -> None:
    """Refuse images that do not fit the input, as far as the file says its shape."""
    given = list(blank.shape[1:])
    wanted = expected[1:]
    fits = len(wanted) == len(given) and all(
        not isinstance(one, int) or one < 1 or one == other for one, other in zip(wanted, given, strict=True)
    )
    if fits or not expected:
        return
    shape = " x ".join(map(str, wanted))
    advice = "Correct 'size' and 'colour'"
    if len(wanted) == 3 and wanted[2] in (1, 3):
        advice = "It has its channels last: save it with the channels first"
    elif len(wanted) == 3 and isinstance(wanted[1], int) and wanted[1] == wanted[2]:
        advice = f"Set 'size' to {wanted[1]}"
        if wanted[0] != given[0]:
            advice += f", and 'colour' to {'grey' if wanted[0] == 1 else 'rgb or bgr'}"
    raise EncoderError(
        f"{path}: its input is {shape}, but 'size' and 'colour' give faces of "
        f"{' x '.join(map(str, given))}. {advice}."
    )

"""Encoders of torchvision and timm: an architecture by name, and a safetensors file of weights."""

from __future__ import annotations

import difflib
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn

from engram.core.errors import EncoderError
from engram.core.reading import first_line

__all__ = ["load_architecture"]

#: Names that a message lists.
_SHOWN = 5


class _ReachedError(Exception):
    """Carries the output of the layer that was asked for out of the network."""

    def __init__(self, output: Tensor) -> None:
        self.output = output


class _Cut(nn.Module):
    """A network up to one of its layers; what comes after it is not computed."""

    def __init__(self, network: nn.Module, layer: str | None) -> None:
        super().__init__()
        self.network, self.layer = network, layer
        if layer is not None:
            network.get_submodule(layer).register_forward_hook(_stop)

    def forward(self, images: Tensor) -> Tensor:
        try:
            output = self.network(images)
        except _ReachedError as reached:
            return reached.output
        if self.layer is not None:
            raise EncoderError(f"does not use its layer '{self.layer}'")
        return output


def _stop(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
    raise _ReachedError(output)


def load_architecture(
    path: Path, data: bytes, library: str, architecture: str, layer: str | None, blank: Tensor
) -> nn.Module:
    """Return the network up to ``layer``, with the weights that ``data``, the file's bytes, hold.

    Weights behind the layer may be missing or of another shape: a head for other classes is
    of no use here.

    Parameters
    ----------
    library
        ``torchvision`` or ``timm``.
    blank
        Blank images (N, C, H, W), to find what the layer depends on.

    Raises
    ------
    EncoderError
        If library, architecture, layer and weights do not fit together.
    """
    build = {"torchvision": _build_torchvision, "timm": _build_timm}[library]
    network = build(path, architecture, blank.shape[1]).eval()
    names = [name for name, _ in network.named_modules() if name]
    if layer is not None and layer not in names:
        raise EncoderError(
            f"{path}: {architecture} has no layer '{layer}'. "
            f"{_alike(layer, names, 'Its last are: ' + ', '.join(names[-_SHOWN:]))}."
        )
    cut = _Cut(network, layer)
    _fill(path, architecture, _read(path, data), cut, blank)
    return cut


def _build_torchvision(path: Path, architecture: str, channels: int) -> nn.Module:
    import torchvision.models

    known = torchvision.models.list_models(module=torchvision.models)
    _check_known(path, "torchvision", architecture, known)
    return torchvision.models.get_model(architecture, weights=None)


def _build_timm(path: Path, architecture: str, channels: int) -> nn.Module:
    try:
        import timm
    except ImportError:
        raise EncoderError(
            f"{path}: format 'timm' needs the package timm. Install it: pip install 'engram[timm]'"
        ) from None
    if not timm.is_model(architecture):
        _check_known(path, "timm", architecture, timm.list_models())
    return timm.create_model(architecture, pretrained=False, in_chans=channels)


def _check_known(path: Path, library: str, architecture: str, known: list[str]) -> None:
    if architecture not in known:
        alike = _alike(architecture, known, "Its documentation lists them")
        raise EncoderError(f"{path}: {library} has no architecture '{architecture}'. {alike}.")


def _alike(name: str, known: list[str], otherwise: str) -> str:
    found = difflib.get_close_matches(name, known, _SHOWN)
    return f"Did you mean: {', '.join(found)}" if found else otherwise


def _read(path: Path, data: bytes) -> dict[str, Tensor]:
    try:
        return safetensors.torch.load(data)
    except Exception as error:  # whatever safetensors makes of damaged bytes
        raise EncoderError(
            f"{path}: this is no safetensors file ({first_line(error)}). Convert the weights with "
            "safetensors.torch.save_file."
        ) from None


def _fill(path: Path, architecture: str, tensors: dict[str, Tensor], cut: _Cut, blank: Tensor) -> None:
    state = cut.network.state_dict()
    expected = [name for name in state if not name.endswith("num_batches_tracked")]
    fitting = {name for name in expected if name in tensors and tensors[name].shape == state[name].shape}
    odd = set(expected) - fitting
    if odd:
        odd &= _used(path, cut, blank)
    lacking, foreign = (
        [name for name in expected if name in odd],
        [name for name in tensors if name not in state],
    )
    for problem, names in (("it lacks, or has in another shape,", lacking), ("it has besides", foreign)):
        if names:
            more = ", ..." if len(names) > _SHOWN else ""
            raise EncoderError(
                f"{path}: its weights do not fit {architecture}: {problem} {', '.join(names[:_SHOWN])}"
                f"{more}. Correct 'architecture', rename the weights, or name a 'layer' before those."
            )
    try:
        cut.network.load_state_dict({name: tensors[name] for name in fitting}, strict=False)
    except Exception as error:  # numbers of a kind that no weight has
        raise EncoderError(f"{path}: its weights cannot be used ({first_line(error)}).") from None


def _used(path: Path, cut: _Cut, blank: Tensor) -> set[str]:
    """Return the names of all parameters and buffers that the embedding depends on.

    Parameters by their gradients; a buffer counts if its module has a parameter that does, or none.
    """
    parameters = dict(cut.network.named_parameters())
    try:
        total = cut(blank).sum()
        gradients = torch.autograd.grad(total, list(parameters.values()), allow_unused=True)
    except Exception as error:  # whatever the network may raise
        raise EncoderError(
            f"{path}: it gives no embedding of faces of {' x '.join(map(str, blank.shape[1:]))} ({error}). "
            "Correct 'size', 'colour' or 'layer'."
        ) from None
    used = {name for name, found in zip(parameters, gradients, strict=True) if found is not None}
    for place, module in cut.network.named_modules():
        prefix = f"{place}." if place else ""
        own = {prefix + name for name, _ in module.named_parameters(recurse=False)}
        if not own or own & used:
            used |= {prefix + name for name, _ in module.named_buffers(recurse=False)}
    return used

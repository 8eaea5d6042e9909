"""Models on disk: safetensors, with the settings of the network in its header. Never a pickle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from engram.core.errors import CheckpointError, EngramError
from engram.core.files import atomic_path
from engram.core.labels import CLASSES
from engram.core.reading import AGAIN, first_line
from engram.models.vgg import VGG

__all__ = ["load_model", "read_tensors", "rebuilding", "save_model", "write_tensors"]


def write_tensors(path: Path, tensors: dict[str, Tensor], header: dict[str, Any]) -> None:
    """Write named tensors and a JSON header as one safetensors file, atomically."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    # Not `save_file`: it writes to its own temporary file, which would stay behind after a kill.
    values = save(plain, {"engram": json.dumps(header, sort_keys=True)})
    with atomic_path(path) as temporary:
        temporary.write_bytes(values)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read what :func:`write_tensors` wrote.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged, or was not written by this project.
    """
    try:
        with safe_open(path, "pt") as file:
            text = (file.metadata() or {}).get("engram")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
            header = None if text is None else json.loads(text)
    except Exception as error:  # whatever safetensors makes of damaged bytes
        raise CheckpointError(
            f"{path}: this model file is damaged or missing ({first_line(error)}). {AGAIN}"
        ) from None
    if not isinstance(header, dict):
        raise CheckpointError(f"{path}: this safetensors file was not written by Engram.")
    return tensors, header


@contextmanager
def rebuilding(path: Path, what: str) -> Iterator[None]:
    """Turn any failure of the block into one error: the file does not hold the ``what`` of its header.

    Raises
    ------
    CheckpointError
        In place of the various errors that torch raises for damaged settings and for other weights.
    """
    try:
        yield
    except EngramError:
        raise
    except Exception as error:
        raise CheckpointError(
            f"{path}: its weights do not fit the {what} of its header, or were written by another version "
            f"({first_line(error)}). {AGAIN}"
        ) from None


def save_model(path: Path, network: VGG) -> None:
    """Write a network: its weights, its settings, and the classes of every head."""
    heads = {task: list(CLASSES[task]) for task in network.tasks}
    write_tensors(path, network.state_dict(), {"network": network.settings, "heads": heads})


def load_model(path: Path, expected: dict[str, Any] | None = None) -> VGG:
    """Read a network back.

    Parameters
    ----------
    expected
        Settings that the network must have, such as ``{"width": 0.25}``.

    Raises
    ------
    CheckpointError
        If the file is damaged, holds another network than expected, or its classes are not
        today's in today's order.
    """
    tensors, header = read_tensors(path)
    if set(header) != {"network", "heads"}:
        raise CheckpointError(f"{path}: this file holds no network of Engram.")
    with rebuilding(path, "network"):
        return _rebuild(path, tensors, header, expected or {})


def _rebuild(path: Path, tensors: dict[str, Tensor], header: dict[str, Any], expected: dict[str, Any]) -> VGG:
    found = header["network"]
    for name, value in expected.items():
        if found.get(name) != value:
            raise CheckpointError(
                f"{path}: a network with {name} {found.get(name)}, but the configuration asks for {value}. "
                "Delete the file, or set the configuration back."
            )
    for task, classes in header["heads"].items():
        if list(CLASSES.get(task, ())) != classes:
            raise CheckpointError(
                f"{path}: its head '{task}' has the classes {classes}, not today's. Train it again."
            )
    network = VGG({task: len(classes) for task, classes in header["heads"].items()}, **found)
    network.load_state_dict(tensors)
    return network

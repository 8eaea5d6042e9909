"""The drawn faces and the drawn text whose bytes `data.dvc` names: those of `config/default.yaml`.

``python -m engram.data.synthetic.pinned data`` draws them into ``data/``; `make data` then has DVC
write `data.dvc`. A run needs neither: it draws into its own results.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import yaml

from engram.config import Settings, load_settings
from engram.data.synthetic.faces import DrawnSpec, draw_dataset
from engram.data.synthetic.text.dataset import draw_text

__all__ = ["default_settings", "directory_hash", "draw_pinned"]

_DEFAULT = Path(__file__).parents[4] / "config/default.yaml"


def default_settings() -> Settings:
    """Return the settings of the default configuration."""
    return load_settings(yaml.safe_load(_DEFAULT.read_text(encoding="utf-8")))


def draw_pinned(folder: Path, progress: bool = False) -> None:
    """Draw every drawn data set and text of the default configuration into a folder of its own."""
    settings = default_settings()
    for name, dataset in settings.datasets.items():
        if dataset.drawn is not None:
            draw_dataset(DrawnSpec(**dataset.drawn.model_dump()), folder / name, progress)
    for name, text in settings.texts.items():
        if text.drawn is not None:
            draw_text(text.drawn, folder / name)


def directory_hash(folder: Path) -> str:
    """Return the hash by which DVC names a folder: the MD5 of the sorted list of its files' MD5s."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    listing = [
        {"md5": hashlib.md5(path.read_bytes()).hexdigest(), "relpath": path.relative_to(folder).as_posix()}
        for path in files
    ]
    listing.sort(key=lambda entry: entry["relpath"])
    return hashlib.md5(json.dumps(listing, sort_keys=True).encode()).hexdigest() + ".dir"


if __name__ == "__main__":
    draw_pinned(Path(sys.argv[1]), progress=True)

"""A BERT that somebody else trained, from safetensors; with recurrent layers on top if it stays fixed.

The folder holds ``config.json``, ``vocab.txt`` and ``model.safetensors``, as such models are published. What
is trusted is the SHA-256 of the weights, which the user wrote down; no program is run from the folder and
nothing is fetched. The architecture is built by the package transformers, an extra: `pip install -e
".[transformers]"`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor, nn

from engram.core.errors import EncoderError
from engram.core.reading import first_line
from engram.models.text.batch import Sentences
from engram.models.text.recurrent import BothDirections
from engram.models.text.vocabulary import Vocabulary
from engram.models.text.word_pieces import WordPieces

__all__ = ["ImportedBert", "ImportedFiles", "build", "import_bert", "read_bert"]

#: Parts of published files that no encoded word depends on.
_UNUSED = ("cls.", "classifier.", "pooler.", "embeddings.position_ids")


class ImportedBert(nn.Module):
    """Sentences to the vector of each word's first piece (Devlin et al. 2019, section 5.3), (B, L, H).

    With ``pooled`` the vectors go through a GRU in both directions, and the mean and the largest value of
    its states over the sentence stand beside each word's state: with ``frozen`` this is our reading of the
    pooled GRU over a fixed sentence encoder of Al-Smadi et al. (2020), whose details and whose encoder
    could not be had.

    Parameters
    ----------
    config, pieces, lower
        The network's published configuration, its pieces of words, and whether it reads lower case.
    frozen
        Whether the imported weights stay as they are in every stage.
    pooled
        Units of the recurrent layer's direction; 0 for none.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        config: Mapping[str, Any],
        pieces: Iterable[str],
        lower: bool,
        frozen: bool = False,
        pooled: int = 0,
    ) -> None:
        super().__init__()
        pieces = list(pieces)
        self.settings: dict[str, Any] = {
            **{"config": dict(config), "pieces": pieces, "lower": lower},
            **{"frozen": frozen, "pooled": pooled},
        }
        self.vocabulary = vocabulary
        self.pieces = WordPieces(pieces, lower=lower)
        self.bert = _architecture(config)
        self.longest = int(config["max_position_embeddings"])
        self.gru = BothDirections(int(config["hidden_size"]), pooled, kind="gru") if pooled else None
        self.size = 3 * self.gru.size if self.gru else int(config["hidden_size"])
        if frozen:
            self.bert.requires_grad_(False)

    def extend(self, words: Iterable[str], vectors: Mapping[str, np.ndarray] | None = None) -> int:
        """Return 0: it reads pieces of words, which are all known."""
        return 0

    def train(self, mode: bool = True) -> ImportedBert:
        """Switch to training or evaluation; fixed weights stay in evaluation."""
        super().train(mode)
        if self.settings["frozen"]:
            self.bert.eval()
        return self

    def forward(self, sentences: Sentences) -> Tensor:
        """Return the encoded words (B, L, H)."""
        vectors = self._words(sentences)
        if self.gru is None:
            return vectors
        states = self.gru(vectors, sentences.lengths)
        inside = sentences.mask[..., None]
        mean = states.masked_fill(~inside, 0).sum(1) / sentences.lengths[:, None]
        largest = states.masked_fill(~inside, -torch.inf).amax(1)
        whole = torch.cat([mean, largest], 1)[:, None].expand(-1, states.shape[1], -1)
        return torch.cat([states, whole], 2)

    def _words(self, sentences: Sentences) -> Tensor:
        forms = [self.pieces.ids(_decoded(row)) for row in sentences.characters.cpu().numpy()]
        texts: list[list[int]] = []
        places: list[tuple[int, int, int, int]] = []
        rows = zip(sentences.forms.tolist(), sentences.lengths.tolist(), strict=True)
        for sentence, (row, length) in enumerate(rows):
            texts.append([])
            for word, form in enumerate(row[:length]):
                # A word that would not fit begins another text: the network has so many places, no more.
                found = forms[form][: self.longest - 2]
                if len(texts[-1]) + len(found) > self.longest - 2:
                    texts.append([])
                places.append((sentence, word, len(texts) - 1, len(texts[-1]) + 1))
                texts[-1] += found
        read = self._read(texts, sentences.words.device)
        at = torch.tensor(places, device=read.device).T
        vectors = read.new_zeros(*sentences.words.shape, read.shape[2])
        return vectors.index_put((at[0], at[1]), read[at[2], at[3]])

    def _read(self, texts: list[list[int]], device: torch.device) -> Tensor:
        first, last, padding = self.pieces.first, self.pieces.last, self.pieces.padding
        width = max(map(len, texts)) + 2
        ids = torch.tensor([[first, *text, last, *[padding] * (width - 2 - len(text))] for text in texts])
        ids = ids.to(device)
        return self.bert(input_ids=ids, attention_mask=(ids != padding).long()).last_hidden_state


@dataclass(frozen=True)
class ImportedFiles:
    """What a folder holds."""

    settings: dict[str, Any]
    """``config``, ``pieces`` and ``lower`` of `ImportedBert`."""
    weights: dict[str, Tensor]
    """The weights by their names in the architecture."""


def read_bert(folder: Path, sha256: str) -> ImportedFiles:
    """Read a published BERT.

    Raises
    ------
    EncoderError
        If a file is missing or unreadable, the weights have another SHA-256, or it is no BERT.
    """
    data = _bytes(folder / "model.safetensors")
    found = hashlib.sha256(data).hexdigest()
    if found != sha256.lower():
        raise EncoderError(
            f"{folder / 'model.safetensors'}: its SHA-256 is {found}, but the configuration says {sha256}. "
            "Compare it with the place that the file is from, and correct the setting."
        )
    config = _json(folder / "config.json")
    if config.get("model_type") != "bert":
        raise EncoderError(
            f"{folder / 'config.json'}: the model_type is {config.get('model_type')}; only 'bert' is read."
        )
    pieces = _bytes(folder / "vocab.txt").decode("utf-8", "replace").splitlines()
    missing = [name for name in ("[UNK]", "[CLS]", "[SEP]", "[PAD]") if name not in pieces]
    if missing:
        raise EncoderError(f"{folder / 'vocab.txt'}: {missing[0]} is missing. Take the network's own file.")
    own = folder / "tokenizer_config.json"
    lower = bool(_json(own).get("do_lower_case", True)) if own.exists() else True
    try:
        weights = safetensors.torch.load(data)
    except Exception as error:  # whatever safetensors makes of damaged bytes
        raise EncoderError(
            f"{folder / 'model.safetensors'}: not a safetensors file ({first_line(error)})."
        ) from None
    return ImportedFiles({"config": config, "pieces": pieces, "lower": lower}, _renamed(weights))


def import_bert(folder: Path, sha256: str, *, frozen: bool = False, pooled: int = 0) -> ImportedBert:
    """Return the encoder with the weights of a folder; only recurrent layers are random.

    Raises
    ------
    EncoderError
        As `read_bert`, or if the weights do not fit the configuration, or transformers is not installed.
    """
    files = read_bert(folder, sha256)
    encoder = ImportedBert(Vocabulary(), **files.settings, frozen=frozen, pooled=pooled)
    try:
        encoder.bert.load_state_dict(files.weights)
    except RuntimeError as error:
        raise EncoderError(
            f"{folder / 'model.safetensors'}: its weights do not fit config.json ({first_line(error)}). "
            "Take both files from the same model."
        ) from None
    return encoder


def _architecture(config: Mapping[str, Any]) -> nn.Module:
    try:
        from transformers import BertConfig, BertModel
    except ImportError:
        raise EncoderError(
            "An imported BERT needs the package transformers, which is not installed. "
            "Install it with: pip install -e '.[transformers]'"
        ) from None
    return BertModel(BertConfig(**config), add_pooling_layer=False)


def _renamed(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights without the names of the whole they were stored in, and by today's names."""
    found = {}
    for name, value in weights.items():
        own = name.removeprefix("bert.").replace(".gamma", ".weight").replace(".beta", ".bias")
        if not own.startswith(_UNUSED):
            found[own] = value
    return found


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EncoderError(
            f"{path}: cannot be read ({error.strerror}). The folder of an imported BERT holds config.json, "
            "vocab.txt and model.safetensors."
        ) from None


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(_bytes(path))
    except ValueError as error:
        raise EncoderError(f"{path}: not JSON ({error}).") from None
    if not isinstance(found, dict):
        raise EncoderError(f"{path}: not a JSON object.")
    return found


def _decoded(row: np.ndarray) -> str:
    return bytes((row[row > 0] - 1).astype(np.uint8)).decode("utf-8", "replace")


def build(settings: Mapping[str, Any], vocabulary: Vocabulary) -> ImportedBert:
    """Return the encoder with random weights, to be filled from a model file."""
    return ImportedBert(vocabulary, **settings)

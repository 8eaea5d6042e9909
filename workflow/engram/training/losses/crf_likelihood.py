"""The likelihood of tags under a conditional random field, given wholly or in part."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor

from engram.data.text.tags import OUTSIDE, TagSet, type_of
from engram.models.text.crf import Crf

__all__ = ["admitted_tags", "crf_loss", "partial_crf_loss"]


def crf_loss(head: Crf, emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
    """Return the negative log-likelihood of each sentence's tags, (B,).

    ``emissions`` are (B, L, I), ``tags`` (B, L) int64; equation 2 of Lample et al. (2016), negative.
    """
    return head.log_partition(emissions, lengths) - head.score(emissions, tags, lengths)


def partial_crf_loss(head: Crf, emissions: Tensor, admitted: Tensor, lengths: Tensor) -> Tensor:
    """Return the negative log-likelihood that the tags are among those ``admitted`` (B, L, T) bool, (B,).

    For data sets that do not annotate all types of the head (Tsuboi et al. 2008, equation 4, negative).
    """
    return head.log_partition(emissions, lengths) - head.masked_partition(emissions, admitted, lengths)


def admitted_tags(tags: TagSet, annotated: Collection[str]) -> Tensor:
    """Return the tags (column) that a token may have whose written tag (row) is known, (T, T) bool.

    In a data set that annotates only the types ``annotated``, an entity's tag is certain, but ``O`` may hide
    any tag of the other types. Index its rows with the tags (B, L) for `partial_crf_loss`.
    """
    table = torch.eye(len(tags), dtype=torch.bool)
    hidden = [tag != OUTSIDE and type_of(tag) not in annotated for tag in tags.names]
    table[tags.index[OUTSIDE]] |= torch.tensor(hidden)
    return table

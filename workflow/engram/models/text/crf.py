"""Linear-chain conditional random fields: the heads of taggers (Lafferty et al. 2001, Lample et al. 2016).

Inside, entities are tagged in IOBES (`engram.models.text.tag_chain`): emissions have a value for each of its
I tags. Outside they are ids of the tag set, which is IOB2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows
from torch import Tensor, nn

from engram.data.text.tags import TagSet
from engram.models.text.tag_chain import TagChain

__all__ = ["Crf", "Marginals"]

#: The score of what cannot be: finite, so that no gradient is undefined; its probability is exactly 0.
IMPOSSIBLE = -1e9


class Marginals(NamedTuple):
    """What a field expects of a batch of B sentences of up to L words with I inner tags."""

    tags: Tensor
    """The probability of each tag at each word, (B, L, I); 0 behind a sentence's end."""
    pairs: Tensor
    """How often each tag is expected to follow each, summed over the words, (B, I, I)."""
    first: Tensor
    """The probability of each tag at the first word, (B, I)."""
    last: Tensor
    """The same at the last word, (B, I)."""


class Crf(nn.Module):
    """Emissions by a linear layer, and a score for each pair of neighbouring tags.

    What the tag set forbids has probability 0 and is not learnt; a tag set of token classes forbids nothing.
    All methods take emissions (B, L, I) and lengths (B,), compute in float32 or more, and work on all
    sentences at once.

    Parameters
    ----------
    features
        Values of a word's encoding.
    tags
        The tags, T in number; I inner tags.
    """

    def __init__(self, features: int, tags: TagSet) -> None:
        super().__init__()
        self.tags = tags
        chain = TagChain.from_tags(tags)
        inner = len(chain.outer)
        self.emission = nn.Linear(features, inner)
        self.transitions = nn.Parameter(torch.zeros(inner, inner))
        self.start = nn.Parameter(torch.zeros(inner))
        self.end = nn.Parameter(torch.zeros(inner))
        fixed = {"forbidden": ~chain.allowed, "no_start": ~chain.starts, "no_end": ~chain.ends}
        fixed |= {"outer": chain.outer, "inner": chain.inner, "continues": chain.continues}
        for name, values in fixed.items():
            self.register_buffer(f"_{name}", torch.from_numpy(values), persistent=False)

    if TYPE_CHECKING:
        _forbidden: Tensor
        _no_start: Tensor
        _no_end: Tensor
        _outer: Tensor
        _inner: Tensor
        _continues: Tensor

    def forward(self, encoded: Tensor) -> Tensor:
        """Return the emissions (B, L, I) of encoded words (B, L, H)."""
        return self.emission(encoded)

    def scores(self, temperature: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
        """Return the scores of inner pairs (I, I), first tags (I,) and last tags (I,), divided."""
        return (
            (self.transitions / temperature).masked_fill(self._forbidden, IMPOSSIBLE),
            (self.start / temperature).masked_fill(self._no_start, IMPOSSIBLE),
            (self.end / temperature).masked_fill(self._no_end, IMPOSSIBLE),
        )

    def log_partition(self, emissions: Tensor, lengths: Tensor, temperature: float = 1.0) -> Tensor:
        """Return the log of the sum over all tag sequences, (B,), of scores divided; differentiable once."""
        return _LogPartition.apply(_precise(emissions) / temperature, *self.scores(temperature), lengths)

    def masked_partition(self, emissions: Tensor, allowed: Tensor, lengths: Tensor) -> Tensor:
        """Return the log of the sum over the tag sequences that ``allowed`` (B, L, T) bool admits, (B,).

        For partial annotation: less `log_partition`, it is the log-probability that the unknown tags are
        among those admitted (Tsuboi et al. 2008). Where nothing is admitted it is about -1e9.
        """
        hidden = ~allowed[..., self._outer]
        return self.log_partition(_precise(emissions).masked_fill(hidden, IMPOSSIBLE), lengths)

    def score(self, emissions: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        """Return the score of tag sequences (B, L) int64, (B,); what stands behind the end is not read."""
        pairs, start, end = self.scores()
        mask = _mask(emissions, lengths)
        tags = self._inside(tags.masked_fill(~mask, 0), mask)
        words = _precise(emissions).gather(2, tags[..., None])[..., 0].masked_fill(~mask, 0).sum(1)
        followed = pairs[tags[:, :-1], tags[:, 1:]].masked_fill(~mask[:, 1:], 0).sum(1)
        last = tags.gather(1, lengths[:, None] - 1)[:, 0]
        return start[tags[:, 0]] + words + followed + end[last]

    def _inside(self, tags: Tensor, mask: Tensor) -> Tensor:
        """Return the inner tags of tags (B, L), which are 0 behind a sentence's end."""
        following = self._continues[tags[:, 1:]] & mask[:, 1:]
        return self._inner[tags, F.pad(following, (0, 1)).long()]

    def _outside(self, tags: list[Tensor], mask: Tensor) -> Tensor:
        """Return the tags (B, L) of inner tags, (B,) a word; 0 behind a sentence's end."""
        return self._outer[torch.stack(tags, 1)].masked_fill(~mask, 0)

    def expected_score(self, emissions: Tensor, expected: Marginals, temperature: float = 1.0) -> Tensor:
        """Return the mean divided score (B,) of tag sequences of another field with these marginals."""
        pairs, start, end = self.scores(temperature)
        # 0 times IMPOSSIBLE is 0: the other field forbids the same.
        words = (_precise(emissions) / temperature * expected.tags).sum((1, 2))
        followed = (expected.pairs * pairs).sum((1, 2))
        return words + followed + expected.first @ start + expected.last @ end

    @torch.no_grad()
    def marginals(self, emissions: Tensor, lengths: Tensor, temperature: float = 1.0) -> Marginals:
        """Return the probabilities of tags and the expected numbers of pairs, of scores divided."""
        return _marginals(_precise(emissions) / temperature, *self.scores(temperature), lengths)

    @torch.no_grad()
    def decode(self, emissions: Tensor, lengths: Tensor) -> Tensor:
        """Return the best tag sequence of each sentence (Viterbi), (B, L) int64, 0 behind its end."""
        pairs, start, end = self.scores()
        best = _backward_messages(_precise(emissions), pairs, end, lengths, largest=True)
        tags = [(start + best[:, 0]).argmax(1)]
        for place in range(1, best.shape[1]):
            tags.append((pairs[tags[-1]] + best[:, place]).argmax(1))
        return self._outside(tags, _mask(emissions, lengths))

    @torch.no_grad()
    def sample(self, emissions: Tensor, lengths: Tensor, generator: torch.Generator) -> Tensor:
        """Return a tag sequence of each sentence, drawn by its probability, (B, L) int64, 0 behind its end.

        ``generator`` is one of the CPU.
        """
        pairs, start, end = self.scores()
        messages = _backward_messages(_precise(emissions), pairs, end, lengths)
        tags = [_draw(start + messages[:, 0], generator)]
        for place in range(1, messages.shape[1]):
            tags.append(_draw(pairs[tags[-1]] + messages[:, place], generator))
        return self._outside(tags, _mask(emissions, lengths))


class _LogPartition(torch.autograd.Function):
    """The log partition; its gradient is the marginals, from one loop over the words for both directions.

    Autograd through the loop would keep and replay some ten small operations a word.
    """

    @staticmethod
    def forward(
        ctx: Any, emissions: Tensor, pairs: Tensor, start: Tensor, end: Tensor, lengths: Tensor
    ) -> Tensor:
        if not any(ctx.needs_input_grad):
            return _partition(emissions, pairs, start, end, lengths)
        forward, backward, total = _messages(emissions, pairs, start, end, lengths)
        ctx.save_for_backward(emissions, pairs, start, end, lengths, forward, backward, total)
        return total

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        emissions, pairs, _, _, lengths, forward, backward, total = ctx.saved_tensors
        found = _from_messages(emissions, pairs, lengths, forward, backward, total)
        return (
            found.tags * gradient[:, None, None],
            torch.einsum("b,bij->ij", gradient, found.pairs),
            gradient @ found.first,
            gradient @ found.last,
            None,
        )


def _marginals(emissions: Tensor, pairs: Tensor, start: Tensor, end: Tensor, lengths: Tensor) -> Marginals:
    forward, backward, total = _messages(emissions, pairs, start, end, lengths)
    return _from_messages(emissions, pairs, lengths, forward, backward, total)


def _messages(
    emissions: Tensor, pairs: Tensor, start: Tensor, end: Tensor, lengths: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the messages from the left and from the right, (B, L, I) each, and the log partition (B,).

    Both have the word's own emission. What stands behind a sentence's end is without meaning, but finite.
    """
    turned = _reversal(emissions, lengths)
    both = torch.stack([emissions, emissions.gather(1, turned)])
    sums = _run(both, torch.stack([pairs, pairs.T]), torch.stack([start, end]))
    forward, backward = sums[0], sums[1].gather(1, turned)
    total = (start + backward[:, 0]).logsumexp(1)
    return forward, backward, total


def _from_messages(
    emissions: Tensor, pairs: Tensor, lengths: Tensor, forward: Tensor, backward: Tensor, total: Tensor
) -> Marginals:
    mask = _mask(emissions, lengths)
    tags = (forward + backward - emissions - total[:, None, None]).exp()
    tags = tags.masked_fill(~mask[..., None], 0)
    after = (backward[:, 1:] - total[:, None, None]).masked_fill(~mask[:, 1:, None], IMPOSSIBLE)
    both = forward[:, :-1, :, None] + pairs + after[:, :, None]
    last = tags.gather(1, _last(lengths, tags.shape[2]))[:, 0]
    return Marginals(tags, both.exp().sum(1), tags[:, 0], last)


def _partition(emissions: Tensor, pairs: Tensor, start: Tensor, end: Tensor, lengths: Tensor) -> Tensor:
    sums = _run(emissions[None], pairs[None], start[None])[0]
    return (sums.gather(1, _last(lengths, sums.shape[2]))[:, 0] + end).logsumexp(1)


def _backward_messages(
    emissions: Tensor, pairs: Tensor, end: Tensor, lengths: Tensor, *, largest: bool = False
) -> Tensor:
    turned = _reversal(emissions, lengths)
    sums = _run(emissions.gather(1, turned)[None], pairs.T[None], end[None], largest=largest)
    return sums[0].gather(1, turned)


def _run(emissions: Tensor, pairs: Tensor, start: Tensor, *, largest: bool = False) -> Tensor:
    """Return the messages of D chains at once: (D, B, L, I), (D, I, I), (D, I) to (D, B, L, I)."""
    pairs = pairs[:, None]
    state = start[:, None] + emissions[:, :, 0]
    found = [state]
    for emission in emissions.unbind(2)[1:]:
        through = state[..., None] + pairs
        state = (through.amax(-2) if largest else through.logsumexp(-2)) + emission
        found.append(state)
    return torch.stack(found, 2)


def _reversal(emissions: Tensor, lengths: Tensor) -> Tensor:
    """Return the places (B, L, I) that turn each sentence around and leave it at the left."""
    places = torch.arange(emissions.shape[1], device=emissions.device)
    turned = (lengths[:, None] - 1 - places).clamp_min(0)
    return turned[..., None].expand(emissions.shape)


def _last(lengths: Tensor, tags: int) -> Tensor:
    return (lengths - 1)[:, None, None].expand(-1, 1, tags)


def _mask(emissions: Tensor, lengths: Tensor) -> Tensor:
    return torch.arange(emissions.shape[1], device=emissions.device) < lengths[:, None]


def _draw(logits: Tensor, generator: torch.Generator) -> Tensor:
    drawn = torch.multinomial(logits.softmax(1).cpu(), 1, generator=generator)[:, 0]
    return drawn.to(logits.device)


def _precise(emissions: Tensor) -> Tensor:
    return emissions if emissions.dtype == torch.float64 else emissions.float()

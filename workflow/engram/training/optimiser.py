"""AdamW (Loshchilov and Hutter 2019) by torch's own fused kernel, with its state in plain view."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import cast

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_
from torch.optim.adamw import adamw
from torch.optim.swa_utils import get_ema_multi_avg_fn

__all__ = ["AdamW"]


class AdamW:
    """Adam with decoupled weight decay; without decay it is Adam.

    The class of ``torch.optim`` imports torch's compiler when it is made, which takes longer
    (2.4 s) than many of our stages train; its function does not. The fused kernel makes a
    step five to eight times as fast as the default one.

    Parameters
    ----------
    scales
        What the learning rate of each parameter is multiplied by; by default 1.
    clip
        Largest norm of a step's whole gradient (Pascanu et al. 2013); a longer one is shortened to it.
    averaging
        Decay of the moving average of the parameters over steps (Polyak and Juditsky 1992); 0 for none.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        weight_decay: float,
        scales: Sequence[float] | None = None,
        *,
        clip: float | None = None,
        averaging: float = 0.0,
    ) -> None:
        self._parameters = list(parameters)
        self._clip, self._averaging = clip, averaging
        self._scales = [1.0] * len(self._parameters) if scales is None else list(scales)
        self._weight_decay = weight_decay
        self._mean = [torch.zeros_like(parameter) for parameter in self._parameters]
        self._square = [torch.zeros_like(parameter) for parameter in self._parameters]
        self._steps = [torch.zeros((), device=parameter.device) for parameter in self._parameters]
        self._average = [each.detach().clone() for each in self._parameters] if averaging else []
        self._averaged_steps = torch.zeros(())

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Change the parameters by their gradients, then forget these.

        A parameter without a gradient, as of a head that the loss does not use, stays.
        """
        used = [number for number, parameter in enumerate(self._parameters) if parameter.grad is not None]
        if self._clip is not None:
            clip_grad_norm_([self._parameters[number] for number in used], self._clip)
        for scale in sorted({self._scales[number] for number in used}):
            self._step([number for number in used if self._scales[number] == scale], scale * learning_rate)
        for parameter in self._parameters:
            parameter.grad = None
        if self._average:
            self._take_in()

    def _take_in(self) -> None:
        self._averaged_steps += 1
        steps = float(self._averaged_steps)
        # Early on a mean of fewer steps: random weights would stay in it for hundreds of them.
        decay = min(self._averaging, (1 + steps) / (10 + steps))
        get_ema_multi_avg_fn(decay)(self._average, self._parameters, steps)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """The parameters hold their averages inside of it; without averaging they stay as they are."""
        if not self._average:
            yield
            return
        own = [parameter.detach().clone() for parameter in self._parameters]
        self._assign(self._average)
        try:
            yield
        finally:
            self._assign(own)

    @torch.no_grad()
    def _assign(self, values: Sequence[Tensor]) -> None:
        for parameter, value in zip(self._parameters, values, strict=True):
            parameter.copy_(value)

    def _step(self, numbers: Sequence[int], learning_rate: float) -> None:
        adamw(
            [self._parameters[number] for number in numbers],
            [cast(Tensor, self._parameters[number].grad) for number in numbers],
            [self._mean[number] for number in numbers],
            [self._square[number] for number in numbers],
            [],
            [self._steps[number] for number in numbers],
            fused=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=learning_rate,
            weight_decay=self._weight_decay,
            eps=1e-8,
            maximize=False,
        )

    def state(self) -> dict[str, Tensor]:
        """Return the state by name, for a checkpoint."""
        kinds = {"mean": self._mean, "square": self._square, "steps": self._steps, "average": self._average}
        if self._average:
            kinds["averaged_steps"] = [self._averaged_steps]
        return {f"{kind}/{n}": value for kind, values in kinds.items() for n, value in enumerate(values)}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Take over a state that :meth:`state` returned."""
        for name, value in self.state().items():
            value.copy_(state[name])

"""AdamW against torch's own class."""

import pytest
import torch
from torch.nn.utils import clip_grad_norm_
from torch.optim.swa_utils import AveragedModel

from engram.training.optimiser import AdamW


def run(step, parameters, count=5):
    for number in range(count):
        loss = sum(((p - number) ** 2).sum() for p in parameters[:-1])
        loss.backward()
        step()


def assert_moves_as_torch(decay, clip=None):
    """Five steps of three parameters, the last of which has no gradient."""
    torch.manual_seed(0)
    mine = [torch.randn(3, 4, requires_grad=True) for _ in range(3)]
    other = [p.detach().clone().requires_grad_() for p in mine]
    ours, theirs = AdamW(mine, decay, clip=clip), torch.optim.AdamW(other, lr=0.01, weight_decay=decay)

    def step_other():
        if clip is not None:
            assert clip_grad_norm_(other, clip) > clip
        theirs.step()
        theirs.zero_grad()

    run(lambda: ours.step(0.01), mine)
    run(step_other, other)
    for a, b in zip(mine, other, strict=True):
        torch.testing.assert_close(a, b)


def test_it_moves_as_torchs_class_does():
    """The same steps as torch.optim.AdamW; a parameter without a gradient stays."""
    assert_moves_as_torch(0.1)


@pytest.mark.parametrize("settings", [{}, {"clip": 1.0, "averaging": 0.9}])
def test_a_restored_state_goes_on_the_same(settings):
    """Five steps, a restart and five more are ten steps, to the bit; so are the averages."""
    whole = [torch.ones(4, requires_grad=True), torch.ones(2, requires_grad=True)]
    parts = [p.detach().clone().requires_grad_() for p in whole]
    optimiser = AdamW(whole, 0.0, **settings)
    run(lambda: optimiser.step(0.1), whole, 5)
    run(lambda: optimiser.step(0.1), whole, 5)
    first = AdamW(parts, 0.0, **settings)
    run(lambda: first.step(0.1), parts, 5)
    second = AdamW(parts, 0.0, **settings)
    second.restore({name: value.clone() for name, value in first.state().items()})
    run(lambda: second.step(0.1), parts, 5)
    assert all(torch.equal(a, b) for a, b in zip(whole, parts, strict=True))
    with optimiser.averaged(), second.averaged():
        assert all(torch.equal(a, b) for a, b in zip(whole, parts, strict=True))


def test_a_long_gradient_is_shortened_as_torch_does():
    """The norm is that of all parameters together; one without a gradient does not count."""
    assert_moves_as_torch(0.0, clip=0.5)


def test_averages_are_those_of_torch_with_a_short_memory_at_first():
    """Step n weighs at least 9 / (10 + n); the parameters go on from where they were."""
    model = torch.nn.Linear(3, 2)
    count = iter(range(1, 100))

    def average(averages, current, _):
        step = next(count)
        decay = min(0.6, (1 + step) / (10 + step))
        for old, new in zip(averages, current, strict=True):
            old.copy_(decay * old + (1 - decay) * new)

    theirs = AveragedModel(model, multi_avg_fn=average)
    # Its first update copies; ours begins with the weights before the first step, as this one then does.
    theirs.n_averaged += 1
    ours = AdamW(model.parameters(), 0.0, averaging=0.6)
    for _ in range(20):
        model(torch.ones(4, 3)).square().sum().backward()
        ours.step(0.1)
        theirs.update_parameters(model)
    last = [p.detach().clone() for p in model.parameters()]
    with ours.averaged():
        for a, b in zip(model.parameters(), theirs.module.parameters(), strict=True):
            torch.testing.assert_close(a, b)
        assert not torch.equal(model.weight, last[0])
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), last, strict=True))


def test_without_averaging_the_parameters_are_their_own_averages():
    """Nothing is kept for it, and nothing changes."""
    parameters = [torch.ones(4, requires_grad=True)]
    optimiser = AdamW(parameters, 0.0)
    run(lambda: optimiser.step(0.1), [*parameters, torch.ones(1)], 2)
    before = parameters[0].detach().clone()
    with optimiser.averaged():
        assert torch.equal(parameters[0], before)
    assert not any(name.startswith("average") for name in optimiser.state())


def test_each_parameter_has_a_rate_of_its_own():
    """Two parameters with factors move as torch's class moves them with two groups."""
    torch.manual_seed(0)
    mine = [torch.randn(3, 4, requires_grad=True) for _ in range(3)]
    other = [p.detach().clone().requires_grad_() for p in mine]
    groups = [{"params": [other[0]], "lr": 0.001}, {"params": other[1:], "lr": 0.01}]
    ours, theirs = AdamW(mine, 0.1, [0.1, 1.0, 1.0]), torch.optim.AdamW(groups, weight_decay=0.1)

    def step_other():
        theirs.step()
        theirs.zero_grad()

    run(lambda: ours.step(0.01), mine)
    run(step_other, other)
    for a, b in zip(mine, other, strict=True):
        torch.testing.assert_close(a, b)

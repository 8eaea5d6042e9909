"""AdamW against torch's own class."""

import torch

from engram.training.optimiser import AdamW


def run(step, parameters, count=5):
    for number in range(count):
        loss = sum(((p - number) ** 2).sum() for p in parameters[:-1])
        loss.backward()
        step()


def test_it_moves_as_torchs_class_does():
    """The same steps as torch.optim.AdamW; a parameter without a gradient stays."""
    torch.manual_seed(0)
    mine = [torch.randn(3, 4, requires_grad=True) for _ in range(3)]
    other = [p.detach().clone().requires_grad_() for p in mine]
    ours, theirs = AdamW(mine, 0.1), torch.optim.AdamW(other, lr=0.01, weight_decay=0.1)

    def step_other():
        theirs.step()
        theirs.zero_grad()

    run(lambda: ours.step(0.01), mine)
    run(step_other, other)
    for a, b in zip(mine, other, strict=True):
        torch.testing.assert_close(a, b)


def test_a_restored_state_goes_on_the_same():
    """Five steps, a restart and five more are ten steps, to the bit."""
    whole = [torch.ones(4, requires_grad=True), torch.ones(2, requires_grad=True)]
    parts = [p.detach().clone().requires_grad_() for p in whole]
    optimiser = AdamW(whole, 0.0)
    run(lambda: optimiser.step(0.1), whole, 5)
    run(lambda: optimiser.step(0.1), whole, 5)
    first = AdamW(parts, 0.0)
    run(lambda: first.step(0.1), parts, 5)
    second = AdamW(parts, 0.0)
    second.restore({name: value.clone() for name, value in first.state().items()})
    run(lambda: second.step(0.1), parts, 5)
    assert all(torch.equal(a, b) for a, b in zip(whole, parts, strict=True))


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

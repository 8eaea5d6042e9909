"""The fusing networks: their sizes, and what each does with noise and chance."""

import math

import pytest
import torch

from engram.models.autoencoders import (
    Autoencoder,
    DenoisingAutoencoder,
    Identity,
    Projection,
    VariationalAutoencoder,
    fully_connected,
)

PUBLISHED = (5488, 3136, 1792, 1024)
SMALL = (12, 8, 6, 3)


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def inputs(rows=5):
    return torch.randn(rows, SMALL[0], generator=torch.Generator().manual_seed(1))


def test_the_published_sizes_have_the_published_parameters():
    """G has 24,671,040 parameters, with its mirror 49,346,544; a variational one a second head more."""
    network = Autoencoder(PUBLISHED)
    assert count(network.encoder) == 24_671_040
    assert count(network) == 49_346_544
    head = 1792 * 1024 + 1024
    assert count(fully_connected([*PUBLISHED[:-1], 2048])) == 24_671_040 + head


@pytest.mark.parametrize(
    "network", [Autoencoder(SMALL), DenoisingAutoencoder(SMALL, 0.5), VariationalAutoencoder(SMALL)]
)
def test_every_autoencoder_maps_to_the_code_and_back(network):
    """Codes have the last size, reconstructions the first, and evaluation is encode then decode."""
    network.eval()
    codes = network.encode(inputs())
    reconstruction, divergence = network(inputs())
    assert codes.shape == (5, 3)
    assert divergence.shape == (5,)
    assert torch.equal(reconstruction, network.decode(codes))


def test_neither_the_code_nor_the_reconstruction_is_rectified():
    """The last layer of each half is linear: its outputs take both signs."""
    layers = fully_connected(SMALL)
    assert isinstance(layers[-1], torch.nn.Linear)
    assert [type(layer).__name__ for layer in layers].count("LeakyReLU") == len(SMALL) - 2


def test_orthogonal_weights_keep_lengths():
    """After the start every layer's rows, or columns where there are fewer, are orthonormal."""
    network = Autoencoder(SMALL)
    network.start()
    for layer in (*network.encoder, *network.decoder):
        if isinstance(layer, torch.nn.Linear):
            wide = layer.weight if layer.in_features >= layer.out_features else layer.weight.T
            assert torch.allclose(wide @ wide.T, torch.eye(len(wide)), atol=1e-5)
            assert not layer.bias.any()


def test_noise_is_there_while_it_trains_and_not_after():
    """A denoising autoencoder's inputs are noisy, by the set amount, in training alone."""
    network = DenoisingAutoencoder(SMALL, 0.5)
    network.encoder = network.decoder = torch.nn.Identity()
    clean = torch.zeros(20_000, SMALL[0])
    torch.manual_seed(1)
    assert network(clean)[0].std().item() == pytest.approx(0.5, rel=0.01)
    assert not network.eval()(clean)[0].any()


def test_the_divergence_is_that_of_torch():
    """The Kullback-Leibler term agrees with torch's own, averaged over the code's values."""
    network = VariationalAutoencoder(SMALL).eval()
    mean, spread = network.encoder(inputs()).chunk(2, dim=1)
    normal = torch.distributions.Normal
    expected = torch.distributions.kl_divergence(normal(mean, (spread / 2).exp()), normal(0.0, 1.0))
    assert torch.allclose(network(inputs())[1], expected.mean(1), atol=1e-6)


def test_codes_are_drawn_with_the_head_s_variance():
    """In training the code is Gaussian around the mean; here mean 2 and log variance log 0.25."""
    network = VariationalAutoencoder([1, 1])
    with torch.no_grad():
        network.encoder[0].weight.zero_()
        network.encoder[0].bias.copy_(torch.tensor([2.0, math.log(0.25)]))
    network.decoder = torch.nn.Identity()
    torch.manual_seed(1)
    codes = network(torch.zeros(50_000, 1))[0].detach()
    assert codes.mean().item() == pytest.approx(2.0, abs=0.01)
    assert codes.std().item() == pytest.approx(0.5, rel=0.01)


def test_variational_embeddings_start_nearly_certain():
    """Before training every log variance is -4, whatever the inputs, and the means are not."""
    network = VariationalAutoencoder(SMALL)
    network.start()
    mean, spread = network.encoder(inputs()).chunk(2, dim=1)
    assert (spread == -4.0).all()
    assert mean.std() > 0.1


def test_a_projection_gives_back_what_lies_in_its_plane():
    """Points around the centre in the directions' span come back; what is orthogonal is lost."""
    network = Projection(torch.tensor([1.0, 2.0, 3.0]), torch.eye(3)[:2])
    points = torch.tensor([[5.0, 6.0, 3.0], [5.0, 6.0, 9.0]])
    assert torch.equal(network.encode(points), torch.tensor([[4.0, 4.0], [4.0, 4.0]]))
    assert torch.equal(network.decode(network.encode(points)), torch.tensor([[5.0, 6.0, 3.0]]).repeat(2, 1))


def test_concatenation_changes_nothing():
    """Encoding and decoding give the very values back."""
    assert torch.equal(Identity().decode(Identity().encode(inputs())), inputs())

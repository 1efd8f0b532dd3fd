"""One VAE for every KL weight: each of its layers depends on log beta, and at one beta it is an ordinary VAE."""

import copy
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn

from models import symmetry
from models.likelihood import PIXEL_STDDEV, Likelihood
from models.objective import Terms, path_terms
from models.recipe import Recipe
from models.symmetry import Symmetry
from models.vae import LATENTS, VAE

BETAS = (0.01, 30.0)
"""The least and the greatest KL weight that a dial is trained for."""

BASIS_SIZE = 24
"""The number of basis functions of log beta, whose linear combinations scale and shift each unit."""

BASIS_WIDTH = 0.1
"""The standard deviation of a basis function, where the range of log beta has the length 2: a factor of 1.5 in beta."""


def named_weight(name: str) -> tuple[str, float | None]:
    """A model's name and the KL weight that follows it: ("mnist-dial", 0.37) for "mnist-dial@0.37".

    The weight is None where none follows, or none of BETAS.
    """
    found = re.fullmatch(r"(.*)@([0-9]{1,2}(?:\.[0-9]{1,10})?)", name, re.ASCII)
    beta = float(found[2]) if found else -1.0
    return (found[1], beta) if found and BETAS[0] <= beta <= BETAS[1] else (name, None)


class DialError(ValueError):
    """A KL weight that the model was not trained for; the message says which ones it was."""


def radial_basis(betas: Tensor) -> Tensor:
    """The basis functions of log beta, [..., BASIS_SIZE], at the KL weights ``betas`` [...], all > 0.

        exp(-(t - c_k)^2 / (2 * width^2)),   t = -1 at the least of BETAS and 1 at the greatest, linear in log beta,

    with the centres c_k evenly from -1 to 1.
    """
    low, high = map(math.log, BETAS)
    position = (2 * betas.log() - low - high) / (high - low)
    centres = torch.linspace(-1, 1, BASIS_SIZE, device=betas.device)
    return (-0.5 * ((position[..., None] - centres) / BASIS_WIDTH).square()).exp()


def draw_betas(count: int, generator: torch.Generator) -> Tensor:
    """KL weights for a batch, [count], ascending: one from each of ``count`` equal parts of BETAS on a log scale.

    Each is log-uniform in its part, so that every batch covers the whole range. The images of a batch are in random
    order, so that each image meets all KL weights over the epochs.
    """
    low, high = map(math.log, BETAS)
    share = (torch.arange(count) + torch.rand(count, generator=generator)) / count
    return (low + (high - low) * share).exp()


class Film(nn.Module):
    """Scales and shifts each output of a layer by functions of log beta: y = (1 + a(beta)) (W x + b) + c(beta).

    a and c are linear combinations of ``radial_basis``; both are 0 at first. At one beta, y is a linear layer again,
    with the weights (1 + a) W and (1 + a) b + c.

    Source: Perez et al., 2018, FiLM: Visual Reasoning with a General Conditioning Layer, section 2.1,
    https://arxiv.org/abs/1709.07871
    """

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.zeros(BASIS_SIZE, outputs))
        self.shift = nn.Parameter(torch.zeros(BASIS_SIZE, outputs))

    def forward(self, outputs: Tensor, basis: Tensor) -> Tensor:
        """y [..., B, outputs], where ``outputs`` is W x + b of B images and ``basis`` is radial_basis [B, BASIS_SIZE]
        at their KL weights."""
        return outputs * (1 + basis @ self.scale) + basis @ self.shift

    def fold_into(self, layer: nn.Linear, basis: Tensor) -> None:
        """Change the weights of ``layer``, in place, so that it computes y at the one beta of ``basis``
        [BASIS_SIZE]."""
        scale = 1 + basis @ self.scale
        layer.weight.mul_(scale[:, None])
        layer.bias.mul_(scale).add_(basis @ self.shift)


class Dial(nn.Module):
    """A VAE conditioned on the KL weight: one set of weights for every beta in BETAS.

        l(beta) = E_q[-log p(x|z; beta)] + beta * KL(q(z|x; beta) || p(z)),   log beta uniform over BETAS

    ``vae`` has the layers of models.vae.VAE, and ``films`` has one Film for each of them. At first the films change
    nothing, and the model is the same at every beta.

    Source: Bae et al., 2023, Multi-Rate VAE: Train Once, Get the Full Rate-Distortion Curve, figure 2,
    https://arxiv.org/abs/2212.03905, which scales each output of a layer by one activation of log beta.
    """

    def __init__(
        self,
        hidden: Sequence[int],
        generator: torch.Generator | None = None,
        likelihood: str = "bernoulli",
        pixel_stddev: float | None = PIXEL_STDDEV,
    ) -> None:
        super().__init__()
        self.vae = VAE(hidden, generator, likelihood, pixel_stddev=pixel_stddev)
        self.films = nn.ModuleList(Film(layer.out_features) for layer in _layers(self.vae))

    @property
    def likelihood(self) -> Likelihood:
        """The distribution of a pixel, given z; the same at every beta."""
        return self.vae.likelihood

    @torch.no_grad()
    def at(self, beta: float) -> VAE:
        """The model at one KL weight: a VAE with its own copy of the weights, and no Film. Raises DialError."""
        if not BETAS[0] <= beta <= BETAS[1]:  # NaN fails every comparison
            raise DialError(
                f"The dial was trained for a KL weight from {BETAS[0]:g} to {BETAS[1]:g}; choose one of them."
            )
        vae = copy.deepcopy(self.vae)
        basis = radial_basis(torch.tensor(float(beta), device=next(self.parameters()).device))
        for layer, film in self._filmed_layers(vae):
            film.fold_into(layer, basis)
        return vae

    @contextmanager
    def at_each(self, betas: Tensor) -> Iterator[VAE]:
        """The model that processes image i of a batch at the KL weight betas[i], [B]. Gradients reach all weights.

        It is ``vae`` itself, whose layers have the films until the block ends. Blocks must not be nested.
        """
        basis = radial_basis(betas)
        hooks = [
            layer.register_forward_hook(partial(_apply_film, film, basis))
            for layer, film in self._filmed_layers(self.vae)
        ]
        try:
            yield self.vae
        finally:
            for hook in hooks:
                hook.remove()

    def _filmed_layers(self, vae: VAE) -> Iterator[tuple[nn.Linear, Film]]:
        """The layers of ``vae``, which is that of this dial or a copy of it, each with its film."""
        return zip(_layers(vae), cast(Sequence[Film], self.films), strict=True)


def _layers(vae: nn.Module) -> list[nn.Linear]:
    return [layer for layer in vae.modules() if isinstance(layer, nn.Linear)]


def _apply_film(film: Film, basis: Tensor, layer: nn.Module, inputs: tuple[Tensor], outputs: Tensor) -> Tensor:
    return film(outputs, basis)


def dial_terms(dial: Dial, x: Tensor, generator: torch.Generator) -> Terms:
    """The terms of images x [B, 784], each at its own KL weight, by which its KL term is already multiplied."""
    betas = draw_betas(len(x), generator).to(x.device)
    noise = torch.randn(1, len(x), LATENTS, generator=generator).to(x.device)
    with dial.at_each(betas) as vae:
        found = path_terms(vae, x, noise)
    return Terms(found.reconstruction, betas * found.kl)


Network = VAE | Dial
"""The model that a run trains: one VAE, or a dial."""


def network(recipe: Recipe, generator: torch.Generator | None = None) -> Network:
    """The model that ``recipe`` trains, its weights drawn from ``generator``, or unset without one."""
    if recipe.is_dial:
        return Dial(recipe.hidden, generator, recipe.likelihood, recipe.pixel_stddev)
    return VAE.of(recipe, generator)


def model_of(trained: Network, beta: float | None = None) -> VAE:
    """The VAE in ``trained``: of a dial, that at ``beta``, by default 1, else ``trained`` itself. Raises DialError."""
    if isinstance(trained, Dial):
        return trained.at(1.0 if beta is None else beta)
    if beta is not None:
        raise DialError("This model was trained for one KL weight and has no dial: leave beta out.")
    return trained


@torch.no_grad()
def align(trained: Network, transform: Symmetry) -> None:
    """Transform the latent space by ``transform``, in place, of a dial at every beta; see models.symmetry.align."""
    if not isinstance(trained, Dial):
        symmetry.align(trained, transform)
        return
    symmetry.align(trained.vae, transform)
    order, signs = list(transform[0]), torch.tensor(transform[1])
    film = cast(Film, trained.films[len(_layers(cast(nn.Module, trained.vae.encoder))) - 1])  # of the encoder's outputs
    rows = [*order, *(LATENTS + unit for unit in order)]
    film.scale.copy_(film.scale[:, rows])
    film.shift.copy_(film.shift[:, rows] * torch.cat([signs, torch.ones(LATENTS)]))

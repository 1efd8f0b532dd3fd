"""One VAE for every KL weight: each of its layers depends on log beta, and at one beta it is an ordinary VAE."""

import copy
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn

from models.objective import Terms, path_terms
from models.recipe import PIXEL_STDDEV, Recipe
from models.symmetry import Symmetry
from models.symmetry import fold as fold_vae
from models.vae import LATENTS, VAE

BETAS = (0.01, 30.0)
"""The least and the greatest KL weight that a dial is trained for."""

BUMPS = 24
"""How many functions of log beta are mixed to scale and shift a unit."""

_WIDTH = 0.1
"""A bump's standard deviation, where the whole range of log beta has the length 2: a factor of 1.5 in beta."""


class DialError(ValueError):
    """A KL weight that a dial was not trained for; the message says which ones it was."""


def bumps(betas: Tensor) -> Tensor:
    """The functions of log beta that a film mixes, [..., BUMPS] at the KL weights ``betas`` [...], all > 0.

        exp(-(t - c_k)^2 / (2 * width^2)),   t = -1 at the least of BETAS and 1 at the greatest, linear in log beta,

    with the centres c_k evenly from -1 to 1.
    """
    low, high = map(math.log, BETAS)
    place = (2 * betas.log() - low - high) / (high - low)
    centres = torch.linspace(-1, 1, BUMPS, device=betas.device)
    return (-0.5 * ((place[..., None] - centres) / _WIDTH).square()).exp()


def draw_betas(count: int, generator: torch.Generator) -> Tensor:
    """KL weights for a batch in random order, [count]: one from each of ``count`` equal parts of BETAS on a log scale.

    Each is log-uniform over its part, so that every batch sees the whole range.
    """
    low, high = map(math.log, BETAS)
    share = (torch.arange(count) + torch.rand(count, generator=generator)) / count
    return (low + (high - low) * share).exp()


class Film(nn.Module):
    """Scales and shifts each output of a layer by functions of log beta: y = (1 + a(beta)) (W x + b) + c(beta).

    a and c are mixed from ``bumps``; both are 0 at first. At one beta y is a layer again, whose weights are
    (1 + a) W and (1 + a) b + c.

    Source: Perez et al., 2018, FiLM: Visual Reasoning with a General Conditioning Layer, section 2.1,
    https://arxiv.org/abs/1709.07871
    """

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.zeros(BUMPS, outputs))
        self.shift = nn.Parameter(torch.zeros(BUMPS, outputs))

    def forward(self, outputs: Tensor, mixed: Tensor) -> Tensor:
        """y [..., B, outputs] of W x + b, the ``outputs`` of B images, each at the beta whose bumps [B, BUMPS] are."""
        return outputs * (1 + mixed @ self.scale) + mixed @ self.shift

    def fold_into(self, layer: nn.Linear, mixed: Tensor) -> None:
        """Make ``layer``, in place, give y itself at the one beta whose bumps [BUMPS] are given."""
        scale = 1 + mixed @ self.scale
        layer.weight.mul_(scale[:, None])
        layer.bias.mul_(scale).add_(mixed @ self.shift)


class Dial(nn.Module):
    """A VAE conditioned on the KL weight: one set of weights for every beta in BETAS.

        l(beta) = E_q[-log p(x|z; beta)] + beta * KL(q(z|x; beta) || p(z)),   log beta uniform over BETAS

    ``vae`` has the layers of models.vae.VAE, and each of them a film. At first the films do nothing, and every beta has
    the same model.

    Source: Bae et al., 2023, Multi-Rate VAE: Train Once, Get the Full Rate-Distortion Curve, figure 2,
    https://arxiv.org/abs/2212.03905, which scales the outputs of each layer by one activation of log beta each.
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

    @torch.no_grad()
    def at(self, beta: float) -> VAE:
        """The model at one KL weight, with weights of its own and no film. Raises DialError."""
        if not BETAS[0] <= beta <= BETAS[1]:  # NaN fails every comparison
            raise DialError(
                f"The dial was trained for a KL weight from {BETAS[0]:g} to {BETAS[1]:g}; choose one of them."
            )
        vae, mixed = copy.deepcopy(self.vae), bumps(torch.tensor(float(beta), device=self._device))
        for layer, film in zip(_layers(vae), self.films, strict=True):
            film.fold_into(layer, mixed)
        return vae

    @contextmanager
    def at_each(self, betas: Tensor) -> Iterator[VAE]:
        """The model that takes image i of a batch at the KL weight betas[i], [B], and trains all weights of the dial.

        Only inside the block, and at one place at a time: until its end ``vae`` itself has the films.
        """
        mixed = bumps(betas)
        layers = zip(_layers(self.vae), self.films, strict=True)
        hooks = [layer.register_forward_hook(partial(_filmed, film, mixed)) for layer, film in layers]
        try:
            yield self.vae
        finally:
            for hook in hooks:
                hook.remove()

    @property
    def _device(self) -> torch.device:
        return self.films[0].scale.device


def _layers(vae: nn.Module) -> list[nn.Linear]:
    return [layer for layer in vae.modules() if isinstance(layer, nn.Linear)]


def _filmed(film: Film, mixed: Tensor, layer: nn.Linear, inputs: tuple[Tensor], outputs: Tensor) -> Tensor:
    return film(outputs, mixed)


def dial_terms(dial: Dial, x: Tensor, generator: torch.Generator) -> Terms:
    """The terms of images x [B, 784], each at a KL weight of its own that multiplies its KL already."""
    betas = draw_betas(len(x), generator).to(x.device)
    noise = torch.randn(1, len(x), LATENTS, generator=generator).to(x.device)
    with dial.at_each(betas) as vae:
        found = path_terms(vae, x, noise)
    return Terms(found.reconstruction, betas * found.kl)


Network = VAE | Dial
"""What a run trains: a model, or one for every KL weight."""


def network(recipe: Recipe, generator: torch.Generator | None = None) -> Network:
    """What ``recipe`` trains, its weights drawn from ``generator``, or unset without one."""
    if recipe.objective == "dial":
        return Dial(recipe.hidden, generator, recipe.likelihood, recipe.pixel_stddev)
    return VAE.of(recipe, generator)


def model_of(trained: Network, beta: float | None = None) -> VAE:
    """The VAE in ``trained``: of a dial the one at ``beta``, by default 1, and else itself. Raises DialError."""
    if isinstance(trained, Dial):
        return trained.at(1.0 if beta is None else beta)
    if beta is not None:
        raise DialError("This model was trained for one KL weight and has no dial: leave beta out.")
    return trained


@torch.no_grad()
def fold(trained: Network, symmetry: Symmetry) -> None:
    """Move the codes by ``symmetry``, in place, of a dial at every beta alike; see models.symmetry."""
    vae = trained.vae if isinstance(trained, Dial) else trained
    fold_vae(vae, symmetry)
    if isinstance(trained, Dial):
        order, signs = list(symmetry[0]), torch.tensor(symmetry[1])
        film = trained.films[len(_layers(vae.encoder)) - 1]
        rows = [*order, *(LATENTS + unit for unit in order)]
        film.scale.copy_(film.scale[:, rows])
        film.shift.copy_(film.shift[:, rows] * torch.cat([signs, torch.ones(LATENTS)]))

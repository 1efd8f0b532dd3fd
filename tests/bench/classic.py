"""How fast a recipe reaches a loss: python -m tests.bench.classic classic|app TARGET; one line of JSON.

The classic recipe is 784-400-2-400-784 with ReLU units, Adam at 1e-3 and batches of 128, the rate constant. Only
training counts: once a second the test images are evaluated with the clock stopped.
"""

import json
import sys
import time
from collections.abc import Iterator

import torch
from torch import nn

from explorer.pages.train.recipe_form import first_recipe
from models import data
from models.data import Dataset, binarise
from models.evaluation import encode_dataset, summarise
from models.objective import terms
from models.training import train
from models.vae import LATENTS, VAE

RECIPE_OF_THE_FORM = first_recipe("mnist")
EPOCHS = 60
EVERY_S = 1.0


def classic(dataset: Dataset, generator: torch.Generator) -> tuple[VAE, Iterator[int]]:
    """The model, and its training step by step."""
    vae = VAE((400,), generator)
    for network in (vae.encoder, vae.decoder):
        network[1] = nn.ReLU()
    optimiser = torch.optim.Adam(vae.parameters(), lr=1e-3)

    def steps() -> Iterator[int]:
        for epoch in range(EPOCHS):
            for rows in torch.randperm(len(dataset.pixels), generator=generator).split(128):
                x = binarise(dataset.pixels[rows], generator)
                loss = terms(vae, x, torch.randn(1, len(x), LATENTS, generator=generator)).loss().mean()
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                yield epoch

    return vae, steps()


def app(dataset: Dataset, generator: torch.Generator) -> tuple[VAE, Iterator[int]]:
    """The recipe that the form offers."""
    vae = VAE(RECIPE_OF_THE_FORM.hidden, generator)
    return vae, (step.number for step in train(vae, dataset, RECIPE_OF_THE_FORM, generator))


def seconds_to(target: float, vae: VAE, steps: Iterator[int], held_out: Dataset) -> float | None:
    """Seconds of training until -ELBO is ``target`` nats per image or less, or None."""
    spent, start = 0.0, time.perf_counter()
    for _ in steps:
        if time.perf_counter() - start < EVERY_S:
            continue
        spent += time.perf_counter() - start
        if summarise(encode_dataset(vae, held_out, samples=1))["negative_elbo"] <= target:
            return spent
        start = time.perf_counter()
    return None


def main(recipe: str, target: str) -> None:
    """Print what a recipe needs."""
    torch.set_num_threads(1)
    dataset, test = data.load("mnist", "train"), data.load("mnist", "test")
    vae, steps = {"classic": classic, "app": app}[recipe](dataset, torch.Generator().manual_seed(0))
    print(json.dumps({"recipe": recipe, "seconds": seconds_to(float(target), vae, steps, test)}))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Measures are complete, repeat, and are what slow and plain computations give."""

import math
from collections import Counter
from dataclasses import replace
from itertools import product

import pytest
import torch

from models import classifier, gallery, measures, sweep
from models.checkpoint import Checkpoint
from models.evaluation import Codes, summarise
from models.measures import UNITS, measure, neighbour_accuracy, read_shipped
from tests.conftest import global_generators_untouched, seeded

BINARISED = {"reconstruction_sd", "kl_sd", "negative_elbo_sd"}
LATER = BINARISED | {"at_least_sigma"}
"""What the seeds lack until they are next trained, for their weights are not kept."""

SPLIT = {"aggregate_kl", "aggregate_error", "mutual_information"}
JUDGED = {"sure_share", "sure_share_sd", "drawn_classes"}
"""By the classifier, which knows MNIST's digits alone."""


def labelled(count: int, classes: int, place: float = 1e9) -> Codes:
    """Codes on random points, rounded to a multiple of 1 / ``place``."""
    generator = seeded(count)
    mean = (torch.randn(count, 2, generator=generator) * place).round() / place
    label = torch.randint(classes, (count,), generator=generator).to(torch.uint8)
    return Codes(mean, torch.ones(count, 2), mean[:, 0], mean[:, 0], label)


def left_one_out(codes: Codes, k: int) -> float:
    """The definition, one image and one other at a time."""
    places, labels = codes.mean.tolist(), codes.label.tolist()
    right = 0
    for n, place in enumerate(places):
        others = sorted((math.dist(place, other), m) for m, other in enumerate(places) if m != n)
        votes = Counter(labels[m] for _, m in others[:k])
        right += labels[n] == min(votes, key=lambda label: (-votes[label], label))
    return right / len(places)


@pytest.mark.parametrize(("k", "classes"), [(1, 2), (15, 10), (4, 3)])
def test_neighbours_vote_as_a_plain_loop_says(k: int, classes: int) -> None:
    codes = labelled(200, classes)
    assert neighbour_accuracy(codes, k) == pytest.approx(left_one_out(codes, k))


def test_no_image_votes_on_itself_where_many_lie_on_one_point() -> None:
    """Pairs of two classes share each place: the one other there is always of the wrong class."""
    mean = (torch.arange(40) // 2)[:, None] * torch.tensor([1.0, 2.0])
    codes = Codes(mean, torch.ones(40, 2), mean[:, 0], mean[:, 0], (torch.arange(40) % 2).to(torch.uint8))
    assert neighbour_accuracy(codes, k=1) == 0


def test_fewer_images_than_neighbours_all_vote() -> None:
    codes = labelled(10, 2)
    assert neighbour_accuracy(codes, 15) == pytest.approx(left_one_out(codes, 9))


def test_every_measure_is_finite_and_repeats(tiny_checkpoint: Checkpoint) -> None:
    with global_generators_untouched():
        first, again = measure(tiny_checkpoint), measure(tiny_checkpoint)
    assert first == again
    assert list(first) == [name for name in UNITS if name not in JUDGED | BINARISED]
    assert all(math.isfinite(value) for value in first.values())
    assert first.items() >= summarise(tiny_checkpoint.codes).items()


def test_measures_of_codes_that_no_grid_holds_lack_the_split(tiny_checkpoint: Checkpoint) -> None:
    far = replace(tiny_checkpoint.codes, mean=tiny_checkpoint.codes.mean * 1e30)
    lacking = UNITS.keys() - measure(replace(tiny_checkpoint, codes=far)).keys()
    assert lacking == JUDGED | SPLIT | BINARISED


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mnist-beta-30", gallery.REFERENCE])
def test_a_shipped_model_measured_again_gives_what_is_shipped(name: str) -> None:
    found, shipped = measure(gallery.read(name)), dict(read_shipped()["models"][name])
    # Another processor rounds otherwise, and a draw may stand on either side of the line.
    assert found.pop("sure_share") == pytest.approx(shipped.pop("sure_share"), abs=1e-3)
    assert found.pop("aggregate_error") < 1e-3 > shipped.pop("aggregate_error")
    assert found == pytest.approx(shipped, rel=1e-4)


def test_every_shipped_model_has_every_measure() -> None:
    shipped = read_shipped()["models"]
    assert shipped.keys() == gallery.recipes().keys()
    # Grey pixels are not binarised, and the exact q(z|x) is no Gaussian.
    lacking = {gallery.GAUSSIAN: BINARISED, gallery.EXACT: BINARISED | SPLIT}
    for name, found in shipped.items():
        assert list(found) == [measure for measure in UNITS if measure not in lacking.get(name, set())]
        metrics = gallery.read(name).metrics
        assert {measure: found[measure] for measure in metrics} == pytest.approx(metrics, rel=1e-9)


def test_shipped_measures_are_of_the_shipped_files() -> None:
    assert read_shipped()["fingerprints"] == {name: gallery.read(name).fingerprint for name in gallery.recipes()}


def test_the_error_of_a_share_is_that_of_as_many_coins(tiny_checkpoint: Checkpoint) -> None:
    for found, draws in ((read_shipped()["models"][gallery.REFERENCE], classifier.DRAWS),
                         (read_shipped()["seeds"][0]["measures"], 1000)):  # fmt: skip
        share = found["sure_share"]
        assert found["sure_share_sd"] == pytest.approx(math.sqrt(share * (1 - share) / draws))
        assert share * draws == pytest.approx(round(share * draws))
    vae, judge = tiny_checkpoint.vae(), classifier.read()
    scores = [classifier.score_samples(vae, judge, draws=500, threshold=0.2, seed=seed) for seed in range(30)]
    shares = torch.tensor([score.confident for score in scores]).double()
    assert shares.std().item() == pytest.approx(scores[0].error, rel=0.5, abs=1e-9)


def test_every_beta_has_five_seeds_with_every_measure() -> None:
    seeds = read_shipped()["seeds"]
    assert [(each["beta"], each["seed"]) for each in seeds] == list(product(gallery.BETAS, (0, *sweep.SEEDS)))
    assert len(sweep.SEEDS) == 4
    assert all(list(each["measures"]) in ([*UNITS], [name for name in UNITS if name not in LATER]) for each in seeds)


def test_seed_0_is_the_shipped_model() -> None:
    """Its terms are of another binarisation, and its codes the same."""
    for each in [each for each in read_shipped()["seeds"] if each["seed"] == 0]:
        shipped = read_shipped()["models"][f"mnist-beta-{each['beta']:g}"]
        for name in ("spread", "mean_sigma", "active_units", "overlap", "holes", "neighbour_accuracy"):
            assert each["measures"][name] == pytest.approx(shipped[name], rel=1e-4)
        assert each["measures"]["kl"] == pytest.approx(shipped["kl"], abs=0.2)


def test_the_parts_of_kl_add_up_in_all_that_is_shipped() -> None:
    gaussian_q = [found for name, found in read_shipped()["models"].items() if name != gallery.EXACT]
    for each in [*gaussian_q, *(seed["measures"] for seed in read_shipped()["seeds"])]:
        # The split is of the codes, the term of several binarisations.
        room = 4 * each["kl_sd"] if "kl_sd" in each else 1e-4
        assert each["mutual_information"] + each["aggregate_kl"] == pytest.approx(each["kl"], abs=room)
        assert each["aggregate_error"] < 1e-3


def test_shipped_measures_name_their_judge() -> None:
    judge = read_shipped()["classifier"]
    assert judge == {
        "test_accuracy": classifier.read().test_accuracy,
        "sure": classifier.CONFIDENT,
        "draws": classifier.DRAWS,
    }
    assert measures.FILE.stat().st_size < 100_000

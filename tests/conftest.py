"""What several test files share: data, tiny models, and the promise that no global generator moves."""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling

from explorer.runs.manager import Manager
from explorer.runs.store import Store
from models import checkpoint, data, dial_table
from models.__main__ import main
from models.checkpoint import Checkpoint
from models.data import Dataset
from models.evaluation import encode_dataset
from models.recipe import Recipe
from models.vae import VAE

ROOT = Path(__file__).parents[1]
TINY_HIDDEN = (8,)
LONGEST = ("train", "worker", "posterior_agrees", "run_view", "cli", "inference_agrees")
TRAIN = ["train", "--dataset", "digits", "--epochs", "2", "--hidden", "16", "--batch-size", "64"]

PATIENCE_S = 180
"""A busy machine is slow and never wrong: this bounds how long a failure takes, in every test that waits."""

torch.set_num_threads(1)
# Neither must it fail a property for being slow; and a fixture that examples share holds nothing that they change.
settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("patient")


class OneApp(LoadFileScheduling):
    """Gives all tests of the served app to one process, so that one server starts and one browser keeps its pages; they
    are half of the work. The others are given file by file."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "app" if drives_app(file) else file


def drives_app(file: str) -> bool:
    """Whether the tests of a file, named from the repository's root, share the served app."""
    return file.startswith("tests/browser/") and file.split("/")[2] not in ("kit", "train")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> OneApp:
    """In place of the scheduler that --dist names."""
    return OneApp(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the app and then the files that take longest, so that no process is left alone with one at the end."""
    places = {f"test_{name}.py": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: -1 if drives_app(item.nodeid) else places.get(item.path.name, len(places)))


def unavailable(reason: str) -> NoReturn:
    """Skip the test for want of something outside the repository; fail it where CI promises that it is there."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def global_generators_untouched() -> Iterator[None]:
    """Fail if the block draws from, or seeds, a generator of the whole process."""
    before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    yield
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1].tolist(), random.getstate()) == before[1:]


def seeded(seed: int = 0) -> torch.Generator:
    """A generator of the test's own."""
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="session")
def mnist_folder() -> Path:
    """The folder with the four original MNIST files."""
    folder = os.environ.get(data.FOLDER_VARIABLE)
    if not folder:
        unavailable(f"{data.FOLDER_VARIABLE} names no folder with the MNIST files.")
    if data.load_local("mnist", "train") is None or data.load_local("mnist", "test") is None:
        unavailable(f"The folder that {data.FOLDER_VARIABLE} names lacks the MNIST files.")
    return Path(folder)


@pytest.fixture(scope="session")
def mnist_test(mnist_folder: Path) -> Dataset:
    """The 10,000 held-out images."""
    return data.load("mnist", "test")


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """The 1,437 training images that need no file."""
    return data.load("digits", "train")


@pytest.fixture(scope="session")
def tiny_dataset() -> Dataset:
    """20 images of noise, two a label."""
    pixels = torch.randint(0, 256, (20, 28, 28), generator=seeded(), dtype=torch.uint8)
    return Dataset("digits", pixels, torch.arange(20, dtype=torch.uint8) % 10)


@pytest.fixture
def tiny_vae() -> VAE:
    """An untrained model, drawn anew for each test."""
    return VAE(TINY_HIDDEN, seeded())


@pytest.fixture(scope="session")
def tiny_checkpoint(tiny_dataset: Dataset) -> Checkpoint:
    """A valid checkpoint of an untrained model and the codes of 20 images."""
    recipe = Recipe("digits", epochs=1, hidden=TINY_HIDDEN)
    vae = VAE(TINY_HIDDEN, seeded())
    weights = checkpoint.half_weights(vae)
    vae.load_state_dict(weights)
    codes = encode_dataset(vae, tiny_dataset)
    return Checkpoint(recipe, tiny_dataset.sha256(), checkpoint.dependency_versions(), weights, codes)


@pytest.fixture(scope="session")
def tiny_bytes(tiny_checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of tiny_checkpoint."""
    path = tmp_path_factory.mktemp("tiny") / "tiny.safetensors"
    checkpoint.write(path, tiny_checkpoint)
    return path.read_bytes()


@pytest.fixture(scope="session")
def digits_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the digits."""
    path = tmp_path_factory.mktemp("cli") / "digits.safetensors"
    assert main([*TRAIN, "--out", str(path)]) == 0
    return path


@pytest.fixture(scope="session")
def grey_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the digits' grey levels that has learnt its sigma."""
    path = tmp_path_factory.mktemp("grey") / "grey.safetensors"
    assert main([*TRAIN, "--likelihood", "gaussian", "--pixel-stddev", "learnt", "--out", str(path)]) == 0
    return path


@pytest.fixture(scope="session")
def lattice_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A decoder of the digits, trained on log p(x) itself."""
    path = tmp_path_factory.mktemp("lattice") / "lattice.safetensors"
    assert main([*TRAIN, "--objective", "lattice", "--out", str(path)]) == 0
    return path


@contextmanager
def short_tables() -> Iterator[None]:
    """Give the dials that are trained meanwhile tables of four KL weights instead of 38, which take a minute."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dial_table, "table_betas", lambda: torch.tensor([0.01, 0.3, 1, 30]))
        yield


@pytest.fixture(scope="session")
def dial_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the digits for every KL weight."""
    path = tmp_path_factory.mktemp("dial") / "dial.safetensors"
    with short_tables():
        assert main([*TRAIN, "--beta", "dial", "--out", str(path)]) == 0
    return path


@pytest.fixture
def manage(tmp_path: Path) -> Iterator[Callable[..., Manager]]:
    """Managers as Manager makes them, on folders of the test's own, closed after the test."""
    from tests.runs.running import patched  # which has its patience from here

    made: list[Manager] = []

    def make(**choices: object) -> Manager:
        choices = {"worker": patched()} | choices
        made.append(Manager(Store(tmp_path / "runs", tmp_path / "frames"), **choices))
        return made[-1]

    yield make
    for manager in made:
        manager.close()

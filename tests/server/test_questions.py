"""Whatever a browser asks, it gets an image that the model can see, or a sentence."""

import base64
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from explorer.runs.store import STATE_VARIABLE
from explorer.server import model_store, posteriors, questions
from explorer.server.questions import QuestionError, parse_question
from models import data, gallery
from models.data import DataError, Dataset
from models.evaluation import fixed_images
from models.likelihood import LIKELIHOODS
from tests.runs.running import ANN, BOB

BLACK_AND_WHITE = bytes([0, 255] * 392)
GREY = bytes(range(196)) * 4


def encoded(x: bytes) -> str:
    return base64.b64encode(x).decode()


def question(**changes: object) -> dict:
    """One that can be answered on any machine, with changes."""
    return {"model": gallery.REFERENCE, "image": -1, "pixels": encoded(BLACK_AND_WHITE), "curves": 0, "id": 1} | changes


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    monkeypatch.setattr(model_store, "_check_images", lambda model: None)


def test_a_drawn_image_is_what_the_model_sees() -> None:
    found = parse_question(question(curves=7), ANN)
    assert found == ((gallery.path(gallery.REFERENCE), None), BLACK_AND_WHITE, 7)
    assert questions.decode_pixels(found.x).tolist() == [0.0, 1.0] * 392


def test_the_dial_is_asked_at_one_weight() -> None:
    found = parse_question(question(model="mnist-dial@0.37"), ANN)
    assert found.model == (gallery.path(gallery.DIAL), 0.37)
    for name in ("mnist-dial", "mnist-dial@31", "mnist-dial@nan"):
        with pytest.raises(QuestionError, match="This model is not available"):
            parse_question(question(model=name), ANN)


def test_a_kept_dial_is_asked_at_one_weight_and_another_model_at_none(dial_file: Path, tiny_bytes: bytes) -> None:
    dial, other = (model_store.keep(ANN, raw.hex()[:9], raw) for raw in (dial_file.read_bytes(), tiny_bytes))
    assert parse_question(question(model=f"{dial}@0.37"), ANN).model == (model_store.path(ANN, dial), 0.37)
    for name in (dial, f"{other}@0.37", "mnist-beta-1@0.37"):
        with pytest.raises(QuestionError, match="This model is not available"):
            parse_question(question(model=name), ANN)


def test_a_test_image_is_the_one_that_the_model_was_evaluated_on(tiny_bytes: bytes) -> None:
    name = model_store.keep(ANN, "my own", tiny_bytes)
    images = fixed_images(data.load("digits", "test"))
    assert torch.equal(questions.decode_pixels(parse_question(question(model=name, image=3), ANN).x), images[3])
    with pytest.raises(QuestionError, match="There is no test image 360"):
        parse_question(question(model=name, image=360), ANN)


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "../../etc/passwd"},
        {"model": "kept-0123456789ab"},
        {"model": ["mnist-beta-1"]},
        {"model": None},
        {"image": -2, "pixels": ""},
        {"image": True, "pixels": ""},
        {"image": 1.5, "pixels": ""},
        {"image": 10**30, "pixels": ""},
        {"pixels": ""},
        {"pixels": None},
        {"pixels": "A" * 10_000_000},
        {"pixels": "!" * 1048},
        {"pixels": "é" * 1048},
        {"pixels": encoded(BLACK_AND_WHITE + b"\0")},
        {"pixels": encoded(BLACK_AND_WHITE[1:])},
        {"pixels": encoded(GREY)},
    ],
)
def test_a_bad_question_is_answered_with_a_sentence(changes: dict) -> None:
    answer = posteriors.answer(question(**changes), ANN)
    assert answer["problem"].endswith(".")
    assert answer["complete"]


ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.integers())


@given(st.dictionaries(st.sampled_from(["model", "image", "pixels", "curves", "id"]) | st.text(), ANYTHING) | ANYTHING)
def test_nonsense_is_answered_with_a_sentence(nonsense: object) -> None:
    answer = posteriors.answer(nonsense, ANN)
    assert answer["problem"]
    assert type(answer["id"]) is int
    assert type(answer["image"]) is int


def test_others_models_are_not_to_be_had(tiny_bytes: bytes) -> None:
    name = model_store.keep(ANN, "my own", tiny_bytes)
    assert parse_question(question(model=name), ANN).model.path == model_store.path(ANN, name)
    with pytest.raises(QuestionError, match="another visitor"):
        parse_question(question(model=name), BOB)
    model_store.forget(ANN, name)
    with pytest.raises(QuestionError, match="it was deleted"):
        parse_question(question(model=name), ANN)


def test_a_model_that_has_gone_bad_is_told(tiny_bytes: bytes) -> None:
    name = model_store.keep(ANN, "my own", tiny_bytes)
    model_store.path(ANN, name).write_bytes(b"no checkpoint")
    with pytest.raises(QuestionError, match="cannot be read"):
        parse_question(question(model=name), ANN)


def test_what_is_told_of_files_names_no_folder(
    tiny_bytes: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions._test_images.cache_clear()
    for file in ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"):
        (tmp_path / file).write_bytes(b"not what its name says")
    monkeypatch.setenv(data.FOLDER_VARIABLE, str(tmp_path))
    name = model_store.keep(ANN, "my own", tiny_bytes)
    monkeypatch.setattr(model_store, "labels", lambda visitor: {name: "my own"})
    model_store.path(ANN, name).unlink()
    for changes in ({"image": 0}, {"model": name}):
        with pytest.raises(QuestionError) as caught:
            parse_question(question(**changes), ANN)
        assert str(tmp_path) not in str(caught.value)
    assert f"{name}.safetensors: No such file" in str(caught.value)


def test_grey_is_for_models_of_grey() -> None:
    assert questions._drawn(encoded(GREY), LIKELIHOODS["gaussian"]) == GREY
    with pytest.raises(QuestionError):
        questions._drawn(encoded(GREY), LIKELIHOODS["bernoulli"])


def test_images_that_are_missing_may_still_come(monkeypatch: pytest.MonkeyPatch, tiny_dataset: Dataset) -> None:
    def damaged(name: str, split: str) -> None:
        raise DataError("The file is not the original.")

    questions._test_images.cache_clear()
    monkeypatch.setattr(data, "load_local", lambda name, split: None)
    with pytest.raises(QuestionError, match="MNIST files are not on the server"):
        parse_question(question(image=0), ANN)
    monkeypatch.setattr(data, "load_local", damaged)
    with pytest.raises(QuestionError, match="not the original"):
        parse_question(question(image=0), ANN)
    monkeypatch.setattr(data, "load_local", lambda name, split: tiny_dataset)
    assert torch.equal(questions.decode_pixels(parse_question(question(image=4), ANN).x), fixed_images(tiny_dataset)[4])
    questions._test_images.cache_clear()

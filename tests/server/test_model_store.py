"""A visitor keeps a few sound models under names of their own; nobody else sees them, and nothing hostile gets in."""

import errno
import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from explorer.runs import limits, lock
from explorer.runs.store import STATE_VARIABLE
from explorer.server import assets, catalogue, model_store
from explorer.server.model_store import MAX_KEPT, MAX_LABEL, KeepError, forget, is_kept_name, keep, labels, path
from models import checkpoint, data, gallery
from models.checkpoint import CheckpointError
from models.recipe import Recipe
from models.vae import VAE
from tests.conftest import TINY_HIDDEN, seeded
from tests.forging import with_metadata, with_tensors
from tests.runs.running import ANN, BOB


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of every visitor's models, of the test's own."""
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    return tmp_path / "state" / "kept"


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The checkpoint of an untrained model with the codes of the held-out digits."""
    recipe = Recipe("digits", epochs=1, hidden=TINY_HIDDEN)
    model = checkpoint.from_trained(
        VAE(TINY_HIDDEN, seeded()), recipe, *(data.load("digits", s) for s in ("train", "test"))
    )
    file = tmp_path_factory.mktemp("kept") / "a"
    checkpoint.write(file, model)
    return file.read_bytes()


def another(raw: bytes, number: int) -> bytes:
    """A checkpoint that differs in what nobody reads."""
    return with_metadata(raw, note=str(number))


def contents(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_what_is_kept_is_there_to_the_byte_in_the_order_of_keeping(raw: bytes) -> None:
    names = [keep(ANN, f"model {number}", another(raw, number)) for number in range(3)]
    assert labels(ANN) == {name: f"model {number}" for number, name in enumerate(names)}
    assert list(labels(ANN)) == names
    assert all(map(is_kept_name, names))
    assert [path(ANN, name).read_bytes() for name in names] == [another(raw, number) for number in range(3)]


def test_a_shipped_model_may_be_kept() -> None:
    name = keep(ANN, "the reference", gallery.path(gallery.REFERENCE).read_bytes())
    assert checkpoint.read(path(ANN, name)).recipe == gallery.recipes()[gallery.REFERENCE]


def test_two_visitors_do_not_see_each_others_models(raw: bytes, folder: Path) -> None:
    name = keep(ANN, "mine", raw)
    assert labels(BOB) == {}
    assert keep(BOB, "also mine", raw) == name
    forget(BOB, name)
    assert (labels(ANN), labels(BOB)) == ({name: "mine"}, {})
    assert path(ANN, name).is_file()
    assert not [each for each in folder.rglob("*") if ANN in each.name]


def test_what_is_forgotten_leaves_no_file(raw: bytes, folder: Path) -> None:
    name = keep(ANN, "mine", raw)
    for _ in range(2):
        forget(ANN, name)
        assert (labels(ANN), list(contents(folder))) == ({}, ["labels.json"])
    assert keep(ANN, "mine", raw) == name


def test_the_same_model_under_another_label_is_renamed(raw: bytes) -> None:
    name = keep(ANN, "first", raw)
    assert keep(ANN, "second", raw) == name
    assert labels(ANN) == {name: "second"}


@pytest.mark.parametrize("label", ["", "  ", "x" * (MAX_LABEL + 1), "a\x00b", "a\u202eb", "\ud800", "a\x7f"])
def test_a_bad_label_is_refused(raw: bytes, folder: Path, label: str) -> None:
    with pytest.raises(KeepError, match=r"1 to 40 letters\.$"):
        keep(ANN, label, raw)
    assert not folder.exists()


def test_a_dial_is_kept_with_its_table_and_refused_without_one(dial_file: Path, tmp_path: Path, folder: Path) -> None:
    without = tmp_path / "without"
    checkpoint.write(without, replace(checkpoint.read(dial_file), table=None))
    with pytest.raises(KeepError, match=r"has no table.*\.$"):
        keep(ANN, "mine", without.read_bytes())
    assert not folder.exists()
    name = keep(ANN, "mine", dial_file.read_bytes())
    assert checkpoint.read(path(ANN, name)).table is not None


def test_a_label_is_trimmed_to_single_spaces(raw: bytes) -> None:
    assert list(labels(ANN)) == []
    name = keep(ANN, "  β = 1,\n  then\t0 ", raw)
    assert labels(ANN) == {name: "β = 1, then 0"}


def test_a_label_stands_for_one_model(raw: bytes) -> None:
    name = keep(ANN, "mine", raw)
    with pytest.raises(KeepError, match=r"“mine”. Choose another name\.$"):
        keep(ANN, " mine ", another(raw, 1))
    assert labels(ANN) == {name: "mine"}


def test_one_model_too_many_is_refused_and_an_old_one_may_still_be_renamed(raw: bytes) -> None:
    names = [keep(ANN, str(number), another(raw, number)) for number in range(MAX_KEPT)]
    with pytest.raises(KeepError, match=r"Delete one first\.$"):
        keep(ANN, "more", raw)
    assert keep(ANN, "renamed", another(raw, 0)) == names[0]
    forget(ANN, names[1])
    assert keep(ANN, "more", raw) in labels(ANN)


def test_a_file_that_is_no_sound_checkpoint_is_refused_and_leaves_nothing(
    raw: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which ones are not, test_hostile_checkpoint asks of the one function that is asked here."""
    with pytest.raises(CheckpointError, match="damaged"):
        keep(ANN, "mine", raw[:-1])
    asked = []

    def refuse(file: bytes) -> None:
        asked.append(file)
        raise CheckpointError("It is hostile.")

    monkeypatch.setattr(checkpoint, "parse", refuse)
    with pytest.raises(CheckpointError, match="It is hostile"):
        keep(ANN, "mine", raw)
    assert asked == [raw]
    assert not folder.exists()


def test_codes_of_other_images_are_refused(raw: bytes, tiny_bytes: bytes, folder: Path) -> None:
    mnist = with_metadata(tiny_bytes, recipe=Recipe("mnist", epochs=1, hidden=TINY_HIDDEN).to_json())
    shuffled = with_tensors(raw, codes__label=data.load("digits", "test").labels.flip(0))
    for forged, dataset in ((tiny_bytes, "digits"), (mnist, "mnist"), (shuffled, "digits")):
        with pytest.raises(CheckpointError, match=rf"do not belong to the {dataset} test images in their order.*\.$"):
            keep(ANN, "mine", forged)
    assert not folder.exists()


def test_images_that_are_not_here_are_not_compared(
    tiny_bytes: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(data.FOLDER_VARIABLE, str(tmp_path))
    fashion = with_metadata(tiny_bytes, recipe=Recipe("fashion", epochs=1, hidden=TINY_HIDDEN).to_json())
    assert keep(ANN, "mine", fashion) in labels(ANN)
    for name in data._files("test"):
        (tmp_path / "fashion").mkdir(exist_ok=True)
        (tmp_path / "fashion" / name).write_bytes(b"not what its name says")
    with pytest.raises(KeepError, match=r"is not the original fashion file.*\.$"):
        keep(ANN, "mine too", fashion)


@pytest.mark.parametrize("allowed", [0, 1])
def test_a_disk_that_refuses_leaves_everything_as_it_was(
    raw: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch, allowed: int
) -> None:
    keep(ANN, "mine", raw)
    before, write, writes = contents(folder), model_store.write_atomically, iter(range(2))

    def refuse(*arguments: object) -> None:
        if next(writes) >= allowed:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(*arguments)

    monkeypatch.setattr(model_store, "write_atomically", refuse)
    with pytest.raises(KeepError, match=r"The server's disk is full \(No space left on device\).*Make room.*\.$"):
        keep(ANN, "more", another(raw, 1))
    assert contents(folder) == before


def test_a_folder_that_cannot_be_made_is_named_in_a_sentence(raw: bytes, folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("in the way")
    with pytest.raises(KeepError, match=r"cannot be saved\. .*write its folders.*\.$"):
        keep(ANN, "mine", raw)
    assert labels(ANN) == {}


def published(name: str) -> bool:
    """Whether browsers can fetch a file of a kept model."""
    return any(assets.FOLDER.glob(f"{name}-*"))


def test_forgetting_takes_a_model_from_nobody_else(raw: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "FOLDER", tmp_path / "made")
    name = keep(ANN, "mine", raw)
    assert keep(BOB, "my own", raw) == name
    assets.model_url(name, checkpoint.read(path(ANN, name)))
    forget(BOB, name)
    assert (labels(ANN), labels(BOB), published(name)) == ({name: "mine"}, {}, True)
    forget(ANN, name)
    assert not published(name)


def aged(visitor: str, name: str, days: float) -> None:
    """Let a model have been opened ``days`` ago."""
    then = time.time() - days * 24 * 3600
    os.utime(path(visitor, name), (then, then))


def test_models_that_nobody_opens_make_room_where_there_is_none(
    raw: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "FOLDER", tmp_path / "made")
    files = [another(raw, number) for number in range(5)]
    monkeypatch.setattr(model_store, "MAX_BYTES", sum(map(len, files[:4])))
    names = [keep(visitor, str(number), files[number]) for number, visitor in enumerate((ANN, ANN, BOB, BOB))]
    for days, visitor, name in zip((61, 59, 90, 61), (ANN, ANN, BOB, BOB), names, strict=True):
        aged(visitor, name, days)
    assets.model_url(names[2], checkpoint.read(path(BOB, names[2])))
    new = keep("c" * 32, "new", files[4])
    assert (list(labels(ANN)), list(labels(BOB)), list(labels("c" * 32))) == (names[:2], names[3:], [new])
    assert not published(names[2])


def test_without_models_that_nobody_opens_there_is_no_room(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = another(raw, 0)
    monkeypatch.setattr(model_store, "MAX_BYTES", len(raw))
    name = keep(ANN, "mine", raw)
    aged(ANN, name, 59)
    with pytest.raises(KeepError, match=r"no room for more models.*\.$"):
        keep(BOB, "more", another(raw, 1))
    assert labels(ANN) == {name: "mine"}
    assert keep(ANN, "renamed", raw) == name
    aged(ANN, name, 61)
    assert keep(BOB, "more", another(raw, 1)) in labels(BOB)
    assert labels(ANN) == {}


def test_opening_a_model_counts(raw: bytes) -> None:
    name = keep(ANN, "mine", raw)
    aged(ANN, name, 59)
    catalogue.models_for(BOB)
    assert time.time() - path(ANN, name).stat().st_mtime > 50 * 24 * 3600
    catalogue.models_for(ANN)
    assert time.time() - path(ANN, name).stat().st_mtime < 24 * 3600


@pytest.mark.parametrize("switch", ["1", ""])
def test_an_address_keeps_so_many_bytes_where_addresses_have_limits(
    raw: bytes, monkeypatch: pytest.MonkeyPatch, switch: str
) -> None:
    monkeypatch.setenv(limits.ADDRESS_VARIABLE, switch)
    monkeypatch.setattr(limits, "KEPT_BYTES", 2 * len(another(raw, 0)))
    first, second = "203.0.113.1", "203.0.113.2"
    names = [keep(f"{number}" * 32, "mine", another(raw, number), first) for number in range(2)]

    def more() -> str:
        return keep(ANN, "more", another(raw, 2), first)

    if switch:
        with pytest.raises(KeepError, match=r"from your network address.*delete one first\.$"):
            more()
    else:
        assert more() in labels(ANN)
    keep(BOB, "more", another(raw, 3), second)
    keep(BOB, "and more", another(raw, 4))
    forget("0" * 32, names[0])
    assert more() in labels(ANN)


def test_where_another_server_has_the_folder_nothing_is_kept(
    raw: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "is_ours", lambda state: state != folder.parent)
    with pytest.raises(KeepError, match=r"Another server uses.*LATENT_EXPLORER_STATE.*\.$"):
        keep(ANN, "mine", raw)
    assert not folder.exists()


@pytest.fixture
def damaged(raw: bytes) -> Iterator[Path]:
    """The list of a visitor's labels, about to be damaged."""
    name = keep(ANN, "mine", raw)
    yield path(ANN, name).parent / "labels.json"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary()
    | st.dictionaries(st.text(), st.none() | st.integers() | st.text()).map(lambda d: json.dumps(d).encode())
)
@example(b"[" * 100_000)
@example(b"[]")
@example(b'{"../../../etc/passwd": "x", "kept-0123456789ab": "no such file"}')
def test_a_damaged_list_reads_as_empty(damaged: Path, text: bytes) -> None:
    damaged.write_bytes(text)
    assert labels(ANN) == {}


def test_after_damage_a_model_can_be_kept_again(raw: bytes, damaged: Path) -> None:
    damaged.write_bytes(b"{")
    name = keep(ANN, "again", raw)
    assert labels(ANN) == {name: "again"}


def test_a_model_whose_file_is_gone_is_not_listed(raw: bytes) -> None:
    path(ANN, keep(ANN, "mine", raw)).unlink()
    assert labels(ANN) == {}


@given(st.text() | st.text("0123456789abcdef", min_size=11, max_size=13).map("kept-".__add__))
@example("kept-0123456789ab\n")
@example("kept-٠١٢٣٤٥٦٧٨٩٠١")
def test_a_kept_name_is_twelve_hexadecimal_digits_after_a_prefix(text: str) -> None:
    digits = text.removeprefix("kept-")
    assert is_kept_name(text) == (text != digits and len(digits) == 12 and set(digits) <= set("0123456789abcdef"))


def test_keeping_draws_from_no_global_generator(raw: bytes) -> None:
    before = torch.get_rng_state()
    keep(ANN, "mine", raw)
    assert torch.equal(torch.get_rng_state(), before)

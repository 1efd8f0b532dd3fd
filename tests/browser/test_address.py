"""The address bar is the state: it restores a map, survives a reload, and can be nonsense."""

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import expect

from explorer.server import link
from models import gallery
from tests.browser.opened_map import OpenedMap

NONSENSE = [
    "model=../../../etc/passwd&z=%3Cscript%3Ealert(1)%3C/script%3E&image=99999&digits=abc&scale=log&lattice=yes",
    "model=mnist-beta-1.safetensors&z=nan,nan&image=-1&digits=&scale=prior&view=0,0,0&lattice=",
    "model=&z=Infinity,0&image=1e3&digits=31&scale=FIT&view=0,0&lattice=off",
    "z=1,2,3&image=%D9%A3&digits=%D9%A3&view=0,0,1e9&unknown=1&__proto__=1",
]


def assert_says_the_default(opened: OpenedMap) -> None:
    for name, value in [("model", "mnist-dial@1"), ("z", "0.0000,0.0000"), ("image", ""), ("lattice", "")]:
        expect(opened.root).to_have_attribute(f"data-{name}", value)
    expect(opened.letters).to_have_text(list("0123456789"))
    expect(opened.page.get_by_role("button", name="Follow the codes")).to_have_attribute("aria-pressed", "true")


def test_an_empty_link_shows_the_default(open_map: Callable) -> None:
    assert_says_the_default(open_map(""))


def test_a_reload_keeps_what_was_dragged_and_chosen(open_map: Callable) -> None:
    opened = open_map(anywhere=True)
    opened.choose("mnist-beta-0")
    opened.drag((1.5, -0.5))
    opened.wait_for_z_in_the_address()
    z = opened.z
    opened.page.reload()
    opened.wait_until_ready()
    opened.wait_for_z(z, within=1e-3)
    expect(opened.root).to_have_attribute("data-model", "mnist-beta-0")
    opened.choose(gallery.REFERENCE)


def test_a_link_restores_all_that_it_says(open_map: Callable) -> None:
    opened = open_map("?model=mnist-beta-0.3&z=0.5,-1.25&image=7&digits=013&scale=fit&lattice=on")
    expected = {"model": "mnist-beta-0.3", "z": "0.5000,-1.2500", "image": "7", "lattice": "drawn", "outside": "0"}
    for name, value in expected.items():
        expect(opened.root).to_have_attribute(f"data-{name}", value)
    expect(opened.letters).to_have_text(["0", "1", "3"])
    expect(opened.page.get_by_role("button", name="Fit all codes")).to_have_attribute("aria-pressed", "true")
    expect(opened.page.get_by_test_id("image").locator("h2")).to_contain_text("7")


def test_a_link_restores_the_window(open_map: Callable) -> None:
    opened = open_map("?model=mnist-beta-1&view=1,0.5,2")
    away = gallery.read(gallery.REFERENCE).codes.mean.numpy() - np.array([1, 0.5])
    expect(opened.root).to_have_attribute("data-outside", str((np.abs(away).max(axis=1) > 2).sum()))
    for name in ("Follow the codes", "Stay on the prior", "Fit all codes"):
        expect(opened.page.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "false")


@pytest.mark.slow
@pytest.mark.parametrize("query", NONSENSE)
def test_nonsense_in_a_link_falls_back_to_the_default_and_the_map_works(open_map: Callable, query: str) -> None:
    opened = open_map(f"?{query}")
    assert_says_the_default(opened)
    opened.drag((1, 1))
    opened.page.wait_for_url("**/*z=*")
    opened.wait_for_silence()
    assert opened.query.keys() & link.MAP.keys() == {"z"}


@pytest.mark.slow
@pytest.mark.parametrize("query", ["z=9999999,-9999999&view=0,0,0.0001", "z=1e99,0&view=9999999,0,1"])
def test_wherever_a_link_leads_the_picture_is_of_numbers(open_map: Callable, query: str) -> None:
    opened = open_map(f"?{query}")
    opened.wait_for_axes()
    assert np.isfinite(opened.z).all()
    assert "NaN" not in opened.root.inner_text()
    opened.page.get_by_role("button", name="Follow the codes").click()
    expect(opened.root).to_have_attribute("data-gliding", "false")


@pytest.mark.slow
def test_drags_add_nothing_to_the_history(open_map: Callable) -> None:
    opened = open_map(fresh=True)  # for a browser counts to 50
    before = opened.page.evaluate("history.length")
    for z in [(1, 1), (-1, 1), (0.5, -1)]:
        opened.drag(z)
        opened.page.wait_for_url("**/*z=*")
        opened.wait_for_silence()
    assert opened.page.evaluate("history.length") == before


@pytest.mark.slow
def test_another_page_and_back_restores_the_map_and_its_address(open_map: Callable) -> None:
    opened = open_map("?model=mnist-beta-1&scale=fit")
    opened.choose("mnist-beta-0.3")
    opened.page.get_by_role("button", name="Zoom in").click()
    opened.page.wait_for_url("**/*view=*")
    opened.handle.press("ArrowRight")
    opened.page.wait_for_url("**/*z=*")
    opened.wait_for_silence()
    left, z = opened.query, opened.z
    opened.page.get_by_role("link", name="Train").click()
    expect(opened.root).to_have_count(0)
    opened.page.get_by_role("link", name="Map").click()
    opened.wait_until_ready()
    expect(opened.root).to_have_attribute("data-model", "mnist-beta-0.3")
    opened.wait_for_z(z, within=1e-3)
    opened.page.wait_for_url("**/*view=*")
    assert opened.query == left


@pytest.mark.slow
def test_model_z_and_image_travel_from_page_to_page_and_what_is_of_one_page_stays(open_map: Callable) -> None:
    opened = open_map("?model=mnist-beta-10&image=7&z=0.5,-0.25&scale=fit", fresh=True)
    for name, model in [("Compare", "a"), ("Probability", "model")]:
        opened.page.get_by_role("link", name=name, exact=True).click()
        opened.page.wait_for_url(f"**/{name.lower()}?*{model}=*")
        assert {key: opened.query.get(key) for key in (model, "image", "z", "scale", "b")} == {
            **{model: "mnist-beta-10", "image": "7", "z": "0.5,-0.25"},
            **{"scale": None, "b": None},
        }

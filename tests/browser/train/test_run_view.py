"""A run as it happens: frames arrive, the timeline goes back, and all that shows is of one frame."""

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import expect

from models import gallery
from tests.browser.opened_map import SHARED_HALF, decoded, following_half, lonely_image, says
from tests.browser.opened_run import FRAMES, GAP, OpenedRun
from tests.browser.waiting import wait_until

RECORD_READINGS = """() => {
    const root = document.querySelector("[data-testid=run-view]");
    const read = (name) => root.querySelector(`[data-testid=${name}]`).textContent;
    window.readings = [];
    const record = () => {
        const codes = root.querySelector(".lse-points").toDataURL();
        const words = ["shown", "numbers", "caption"].map(read).join("|");
        window.readings.push({step: root.dataset.step, gliding: root.dataset.gliding, words, codes});
        requestAnimationFrame(record);
    };
    record();
}"""
RECORD_GLIDE = """() => {
    const root = document.querySelector("[data-testid=run-view]");
    window.glided = new Set();
    const record = () => {
        if (root.dataset.gliding === "true") window.glided.add(root.querySelector(".lse-points").toDataURL());
        requestAnimationFrame(record);
    };
    record();
}"""

# Each frame of a playback is there for less time than a busy machine takes to look at it.
NOTE_STEPS = """root => {
    window.steps = [Number(root.dataset.step)];
    const note = () => steps.at(-1) === Number(root.dataset.step) || steps.push(Number(root.dataset.step));
    new MutationObserver(note).observe(root, { attributeFilter: ["data-step"] });
}"""


def assert_shows(opened: OpenedRun, number: int) -> None:
    """Map, picture, numbers and curves are of that frame."""
    opened.wait_for_frame(number)
    # One grey level for the rounding of the picture, one for the four decimals of data-z.
    assert np.abs(opened.picture() - decoded(FRAMES[number], opened.z)).max() <= 2
    opened.assert_numbers(FRAMES[number])
    expect(opened.page.get_by_test_id("shown")).to_contain_text(f"step {GAP * number:,}, epoch {number / 2:.1f}")
    outside = int(gallery.read(FRAMES[number]).codes.mean.abs().amax(dim=1).gt(following_half(FRAMES[number])).sum())
    expect(opened.panes).to_have_attribute("data-outside", str(outside))
    assert opened.cursor_step() == pytest.approx(GAP * number, abs=5)


def radii(opened: OpenedRun) -> list[float]:
    ellipse = opened.page.locator(".lse-ellipse").first
    return [float(ellipse.get_attribute(name) or "nan") for name in ("rx", "ry")]


def test_a_new_frame_glides_in_and_everything_shows_it(open_run: Callable) -> None:
    opened = open_run("?frames=2", reduced_motion="no-preference")
    opened.wait_for_axes()
    assert_shows(opened, 1)
    opened.drag((1.2, 0.8))
    opened.page.evaluate(RECORD_GLIDE)
    between: set[str] = set()
    for number in range(2, len(FRAMES)):
        before = opened.points()
        opened.record_frame()
        assert_shows(opened, number)
        # A busy machine may draw nothing between the start and the end of a glide.
        between |= set(opened.page.evaluate("[...window.glided]")) - {before, opened.points()}
        if between:
            break
        opened.page.evaluate("window.glided.clear()")
    assert between


def test_while_codes_fly_nothing_of_the_next_frame_shows(open_run: Callable) -> None:
    opened = open_run("?frames=4", reduced_motion="no-preference")
    opened.wait_for_axes()
    opened.wait_for_frame(3)
    opened.page.evaluate(RECORD_READINGS)
    opened.record_frame()
    opened.wait_for_frame(4)
    readings = opened.page.evaluate("window.readings")
    words = {step: {each["words"] for each in readings if each["step"] == step} for step in ("600", "800")}
    assert [len(each) for each in words.values()] == [1, 1]
    assert words["600"] != words["800"]
    last = [each["codes"] for each in readings if each["step"] == "800" and each["gliding"] == "false"]
    assert last and opened.points() == last[-1]


@pytest.mark.slow
def test_before_the_first_frame_a_sentence_stands_on_the_axes(open_run: Callable) -> None:
    opened = open_run()
    opened.wait_for_axes()
    expect(opened.page.get_by_test_id("waiting")).to_have_text("The worker is starting.")
    expect(opened.handle).to_be_hidden()
    opened.record_frame()
    expect(opened.page.get_by_test_id("waiting")).to_be_hidden()
    opened.wait_for_frame(0)
    assert np.abs(opened.picture() - decoded(FRAMES[0], (0.0, 0.0))).max() <= 1


def test_the_timeline_goes_back_in_the_browser_alone_and_live_returns(open_run: Callable) -> None:
    opened = open_run("?frames=4&settles_at=705")
    opened.wait_for_axes()
    expect(opened.page.get_by_test_id("shown")).to_contain_text("β = 1 rises to 30 until step 705")
    opened.wait_for_silence()
    sent = len(opened.frames)
    opened.scrub(GAP + 50)
    assert_shows(opened, 1)
    expect(opened.root).to_have_attribute("data-following", "false")
    opened.drag((-1, 1))
    assert_shows(opened, 1)
    opened.slider.press("ArrowLeft")
    assert_shows(opened, 0)
    opened.slider.press("End")
    assert_shows(opened, 3)
    expect(opened.live).to_have_attribute("aria-pressed", "true")
    opened.scrub(0)
    assert_shows(opened, 0)
    assert len(opened.frames) == sent
    opened.record_frame()
    assert_shows(opened, 0)
    opened.live.click()
    assert_shows(opened, 4)


@pytest.mark.slow
def test_frames_are_played_stopped_and_played_again_from_the_first(open_run: Callable) -> None:
    opened = open_run("?frames=3&ended=yes")
    opened.wait_for_axes()
    opened.wait_for_frame(2)
    opened.root.evaluate(NOTE_STEPS)
    opened.play.click()
    wait_until(opened.page, "all => steps.join() === all.join()", [2 * GAP, 0, GAP, 2 * GAP])
    expect(opened.root).to_have_attribute("data-playing", "false")
    assert_shows(opened, 2)
    expect(opened.live).to_have_attribute("aria-pressed", "true")
    opened.slider.press("Space")
    wait_until(opened.page, "steps.length > 4")
    opened.slider.press("Space")
    expect(opened.play).to_have_attribute("aria-label", "Play the frames")
    stopped = int(opened.root.get_attribute("data-step") or 0)
    opened.page.wait_for_timeout(1000)
    assert_shows(opened, stopped // GAP)


@pytest.mark.slow
def test_two_runs_decode_the_same_z_in_the_same_window(open_run: Callable) -> None:
    opened = open_run("?frames=3&runs=2")
    opened.page.locator(".lse-axes .xtick").nth(17).wait_for(state="attached")
    opened.wait_for_frame(2)
    for column, name in enumerate([FRAMES[2], FRAMES[-3]]):
        opened.assert_numbers(name, column)
    handles = opened.page.get_by_test_id("handle")
    for _ in range(10):
        handles.nth(1).press("ArrowRight")
    for pane, name in zip(opened.panes.all(), [FRAMES[2], FRAMES[-3]], strict=True):
        shown = opened.picture(pane.get_by_test_id("decoded"))
        assert np.abs(shown - decoded(name, opened.z)).max() <= 2
    opened.panes.nth(0).get_by_role("button", name="Zoom in").click()
    ranges = opened.page.locator(".lse-axes").evaluate_all("all => all.map(axes => axes._fullLayout.xaxis.range)")
    assert ranges[0] == pytest.approx(ranges[1])
    assert ranges[0][1] - ranges[0][0] == pytest.approx(2 * SHARED_HALF / 1.5)
    legend = opened.panes.nth(1).locator(".lse-legend button").nth(3)
    legend.click()
    expect(opened.letters).to_have_text([*"012456789"] * 2)


@pytest.mark.slow
def test_the_ellipse_of_a_selected_image_lives_through_the_frames(open_run: Callable) -> None:
    opened = open_run("?frames=4")
    opened.wait_for_axes()
    image = lonely_image(FRAMES[3])
    opened.page.mouse.click(*opened.place(gallery.read(FRAMES[3]).codes.mean[image].tolist()))
    expect(opened.root).to_have_attribute("data-image", str(image))
    for number in (3, 4):
        opened.wait_for_frame(number)
        scale = opened.box()["width"] / (2 * following_half(FRAMES[number]))
        codes = gallery.read(FRAMES[number]).codes
        assert radii(opened) == pytest.approx((codes.stddev[image] * scale).tolist(), rel=1e-3)
        opened.wait_for_z(codes.mean[image].tolist(), within=1e-3)
        terms = opened.page.get_by_test_id("image").locator("dd").all_inner_texts()
        assert says(terms[1].split()[0], codes.kl[image].item())
        if number == 3:
            opened.record_frame()


@pytest.mark.slow
def test_a_frame_that_cannot_be_fetched_is_told_and_the_next_one_shows(open_run: Callable) -> None:
    opened = open_run("?frames=3")
    opened.wait_for_axes()
    before = opened.points()
    opened.break_requests(f"/{FRAMES[3]}-")
    opened.record_frame()
    expect(opened.error).to_contain_text(f"The frame of step {3 * GAP} could not be loaded")
    assert_shows(opened, 2)
    assert opened.points() == before
    opened.record_frame()
    assert_shows(opened, 4)
    expect(opened.error).to_be_hidden()


@pytest.mark.slow
def test_a_late_frame_does_not_undo_a_newer_choice(open_run: Callable) -> None:
    opened = open_run("?frames=5")
    opened.wait_for_axes()
    held: list = []
    opened.page.route(f"**/{FRAMES[1]}-*", lambda route: held.append(route))
    opened.scrub(GAP)
    opened.scrub(2 * GAP)
    assert_shows(opened, 2)
    assert held
    for route in held:
        with opened.page.expect_event("requestfinished"):
            route.continue_()
    opened.wait_for_silence()
    assert_shows(opened, 2)


@pytest.mark.slow
def test_on_a_phone_fashion_has_words_and_grey_levels_a_density(open_run: Callable) -> None:
    query = "?frames=2&dataset=fashion&likelihood=gaussian&ended=yes"
    phone = open_run(query, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    phone.wait_for_axes()
    assert phone.page.evaluate("document.scrollingElement.scrollWidth") <= 360
    main = phone.page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    expect(phone.page.locator(".lse-legend button").nth(1)).to_contain_text("Trouser")
    expect(phone.letters.nth(9)).to_have_text("Boot")
    expect(phone.live).to_have_text("End")
    boxes = [each.bounding_box() for each in [phone.slider, *phone.root.locator("button").all()]]
    assert min(box["height"] for box in boxes) >= 40
    assert phone.panes.locator(".lse-meaning").inner_text() == "Brightness = mean of the grey level."
    assert phone.page.get_by_test_id("ink").inner_text() == ""
    units = phone.page.get_by_test_id("numbers").locator("th small").all_inner_texts()
    assert [unit.strip() for unit in units[:4]] == ["nats, density", "nats, density", "nats", "nats, density"]

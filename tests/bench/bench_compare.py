"""How fast two linked maps are, as a person would check it: python -m tests.bench.bench_compare

Hovering and dragging, with two maps of 10,000 and of 70,000 points, take one frame: all that a move asks for is done
between its frame's begin and the next one's. How long the event waits for its frame to begin, anything up to a whole
frame, is not the page's doing but that of the driver that sends it. Opening is a ratio to an empty Streamlit page in
the same run. Needs Linux and Chromium, and a machine that does nothing else.
"""

import os
import shutil
import statistics

from playwright.sync_api import Browser, Page, sync_playwright

from tests.bench.bench_map import (
    BENCH,
    FLAGS,
    OPENINGS,
    READ_FRAMES,
    REPOSITORY,
    WATCH_FRAMES,
    WATCH_HANDLER,
    opening,
    processor_seconds,
    report,
    serve,
    wait_for_axes,
)

MOVES = 300
READY = "[data-testid=side-by-side][data-ready=true]"
FRAME_MS = 16.6
"""A frame of a 60 Hz screen."""


def opened(browser: Browser, address: str) -> Page:
    """The two maps, once everything that follows the first drawing is done."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(address)
    page.locator(READY).wait_for(timeout=120_000)
    wait_for_axes(page)
    return page


def bench_opening(browser: Browser, empty: str, app: str, pid: int) -> None:
    opening(browser, app, READY)  # the first visitor of all warms the server
    empties, pairs, seconds, maps = [], [], [], []
    for _ in range(OPENINGS):  # in turns, so that noise meets both
        empties.append(opening(browser, empty, "text=empty"))
        before = processor_seconds(pid)
        pairs.append(opening(browser, app, READY))
        seconds.append(processor_seconds(pid) - before)
        opening(browser, app.removesuffix("/compare"), "[data-testid=latent-map][data-ready=true]")
        maps.append(processor_seconds(pid) - before - seconds[-1])
    print(f"empty page {statistics.median(empties):.2f} s, compare {statistics.median(pairs):.2f} s")
    report("opening, of an empty page's", statistics.median(pairs) / statistics.median(empties), "times", 3)
    report("server CPU an opening, of the map's", statistics.median(seconds) / statistics.median(maps), "times", 2)


def bench_hand(browser: Browser, address: str, points: str) -> None:
    page = opened(browser, address)
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", sent.append))
    handle = page.get_by_test_id("handle").first.bounding_box()
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 5, y)
    measure_moves(page, x, y, f"{points}: drag")
    page.mouse.up()
    box = page.locator(".lse-plot").first.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 160)
    measure_moves(page, box["x"] + 60, box["y"] + 160, f"{points}: hover")
    bench_pan(page, points)
    page.context.close()


def measure_moves(page: Page, x: float, y: float, name: str) -> None:
    page.evaluate(WATCH_HANDLER)
    for i in range(MOVES):
        page.mouse.move(x + 5 + i % 120, y - i % 90)
    page.wait_for_timeout(300)
    log = page.evaluate("window.bench")
    report(f"{name}, handler, median", statistics.median(log["handler"]), "ms", 4)
    report(f"{name}, begin of a frame to its end, 95 %", statistics.quantiles(log["work"], n=20)[-1], "ms", FRAME_MS)


def bench_pan(page: Page, points: str) -> None:
    box = page.locator(".lse-plot").first.bounding_box()
    x, y = box["x"] + 40, box["y"] + 40
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 10, y)
    page.evaluate(WATCH_FRAMES)
    for i in range(90):
        page.mouse.move(x + 10 + 2 * i, y + i)
    report(f"{points}: pan of both", page.evaluate(READ_FRAMES), "frames/s", 30, at_least=True)
    page.mouse.up()


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
        print(f"Chromium {browser.version}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        with serve(BENCH / "empty_app.py") as (empty, _), serve(REPOSITORY / "app.py") as (app, pid):
            bench_opening(browser, empty, f"{app}/compare", pid)
            bench_hand(browser, f"{app}/compare", "10k")
        with serve(BENCH / "large_pair_app.py") as (large, _):
            bench_hand(browser, large, "70k")
        browser.close()


if __name__ == "__main__":
    main()

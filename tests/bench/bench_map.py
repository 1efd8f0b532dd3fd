"""How fast the map is, as a person would check it: python -m tests.bench.bench_map

Every figure comes with its limit; opening is a ratio to an empty Streamlit page in the same run. Needs Linux and
Chromium, and a machine that does nothing else.
"""

import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

REPOSITORY = Path(__file__).parents[2]
BENCH = Path(__file__).parent
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
OPENINGS = 5
MOVES = 300
RERUNS = 30

WATCH_HANDLER = """() => {
    const log = window.bench = {handler: [], frame: [], work: []};
    let start = 0;
    window.addEventListener("pointermove", () => (start = performance.now()), true);
    window.addEventListener("pointermove", (event) => {
        log.handler.push(performance.now() - start);
        requestAnimationFrame((begin) => {
            const channel = new MessageChannel();
            channel.port1.onmessage = () => {
                const end = performance.now();
                log.frame.push(end - event.timeStamp);
                log.work.push(end - begin);
            };
            channel.port2.postMessage(0);
        });
    });
}"""

WATCH_FRAMES = """() => {
    const times = window.frames_seen = [];
    window.count_frames = true;
    const tick = (now) => { times.push(now); if (window.count_frames) requestAnimationFrame(tick); };
    requestAnimationFrame(tick);
}"""
READ_FRAMES = """() => {
    window.count_frames = false;
    const t = window.frames_seen;
    return 1000 * (t.length - 1) / (t[t.length - 1] - t[0]);
}"""


@contextlib.contextmanager
def serve(script: Path) -> Iterator[tuple[str, int]]:
    """A Streamlit server of ``script``: its address and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-m", "streamlit", "run", str(script), f"--server.port={port}", "--server.headless=true"]
    words += ["--server.address=127.0.0.1", "--server.enableStaticServing=true", "--browser.gatherUsageStats=false"]
    server = subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": "."})
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(100):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
                break
            time.sleep(0.2)
        yield address, server.pid
    finally:
        server.terminate()
        server.wait()


def wait_for_map(page: Page) -> None:
    page.locator("[data-testid=latent-map][data-ready=true]").wait_for(timeout=120_000)


def wait_for_axes(page: Page) -> None:
    page.locator(".lse-axes .xtick").first.wait_for(timeout=120_000)
    page.wait_for_timeout(1500)


def opening(browser: Browser, address: str, ready: str) -> float:
    """Seconds from navigation to ``ready`` in a browser that has cached nothing."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator(ready).first.wait_for(timeout=120_000)
    seconds = time.perf_counter() - start
    context.close()
    return seconds


def count_bytes(session: CDPSession) -> dict[str, int]:
    """A counter of what crosses the wire from now on, HTTP and websocket."""
    counter = {"bytes": 0, "models": 0}
    session.send("Network.enable")

    def http(event: dict) -> None:
        counter["bytes"] += event["encodedDataLength"]

    def frame(event: dict) -> None:
        payload = event["response"]["payloadData"]
        counter["bytes"] += len(payload) * 3 // 4 if event["response"]["opcode"] == 2 else len(payload)

    def request(event: dict) -> None:
        counter["models"] += "made/mnist-" in event["request"]["url"]

    session.on("Network.loadingFinished", http)
    session.on("Network.webSocketFrameReceived", frame)
    session.on("Network.requestWillBeSent", request)
    return counter


def report(name: str, value: float, unit: str, limit: float, at_least: bool = False) -> None:
    met = value >= limit if at_least else value <= limit
    print(f"{name:<52} {value:8.2f} {unit:<8} limit {limit:g}  {'met' if met else 'NOT MET'}", flush=True)


def bench_opening(browser: Browser, empty: str, app: str) -> None:
    mounted = "[data-testid=latent-map][data-ready=true]"
    opening(browser, app, mounted)  # the first visitor of all warms the server
    empties, maps = [], []
    for _ in range(OPENINGS):  # in turns, so that noise meets both
        empties.append(opening(browser, empty, "text=empty"))
        maps.append(opening(browser, app, mounted))
    print(f"empty page {statistics.median(empties):.2f} s, map {statistics.median(maps):.2f} s (medians of {OPENINGS})")
    report("opening, of an empty page's", statistics.median(maps) / statistics.median(empties), "times", 2.5)


def bench_wire(browser: Browser, app: str) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    counter = count_bytes(page.context.new_cdp_session(page))
    page.goto(app)
    wait_for_map(page)
    wait_for_axes(page)
    page.wait_for_timeout(3000)  # for the table of the dial, which comes last
    report("first view over the wire, with the dial", counter["bytes"] / 1e6, "MB", 13)
    counter.update(bytes=0, models=0)
    page.get_by_test_id("kl-switch").click()
    page.locator("[data-model=mnist-beta-0][data-gliding=false]").wait_for()
    report("models loaded by a switch", counter["models"], "", 1)
    page.get_by_test_id("kl-switch").click()
    page.wait_for_timeout(1500)
    counter.update(bytes=0, models=0)
    page.reload()
    wait_for_map(page)
    wait_for_axes(page)
    report("reload over the wire", counter["bytes"] / 1e6, "MB", 0.1)
    page.context.close()


def bench_hand(browser: Browser, address: str, points: str) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(address)
    wait_for_map(page)
    wait_for_axes(page)
    handle = page.get_by_test_id("handle").bounding_box()
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 5, y)
    page.evaluate(WATCH_HANDLER)
    for i in range(MOVES):
        page.mouse.move(x + 5 + i % 120, y - i % 90)
    page.mouse.up()
    page.wait_for_timeout(300)
    log = page.evaluate("window.bench")
    report(f"{points}: handler to pixels, median", statistics.median(log["handler"]), "ms", 1)
    report(f"{points}: event to after the frame, 95 %", statistics.quantiles(log["frame"], n=20)[-1], "ms", 21)

    page.evaluate(WATCH_FRAMES)
    page.get_by_test_id("kl-switch").click()
    page.wait_for_timeout(100)
    page.locator("[data-testid=latent-map][data-gliding=true]").wait_for()
    page.evaluate("window.frames_seen.length = 0")
    page.locator("[data-testid=latent-map][data-gliding=false]").wait_for()
    report(f"{points}: morph", page.evaluate(READ_FRAMES), "frames/s", 55, at_least=True)

    if page.get_by_test_id("dial").count():
        page.locator("[data-mark='1']").click()
        page.locator("[data-testid=latent-map][data-beta='1'][data-gliding=false]").wait_for()
        page.wait_for_timeout(500)
        page.evaluate(WATCH_FRAMES)
        page.locator("[data-mark='30']").click()
        page.locator("[data-testid=latent-map][data-beta='30']").wait_for()
        report(f"{points}: turn of the dial", page.evaluate(READ_FRAMES), "frames/s", 55, at_least=True)

    box = page.locator(".lse-plot").bounding_box()
    x, y = box["x"] + 40, box["y"] + 40
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 10, y)
    page.evaluate(WATCH_FRAMES)
    for i in range(90):
        page.mouse.move(x + 10 + 2 * i, y + i)
    rate = page.evaluate(READ_FRAMES)
    page.mouse.up()
    report(f"{points}: pan", rate, "frames/s", 55, at_least=True)
    page.context.close()


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def bench_rerun(browser: Browser, app: str, pid: int) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(app)
    wait_for_map(page)
    wait_for_axes(page)
    handle = page.get_by_test_id("handle")
    handle.focus()
    start = processor_seconds(pid)
    for _ in range(RERUNS):  # each release of a key is one rerun
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(250)
    report("server CPU a rerun", 1000 * (processor_seconds(pid) - start) / RERUNS, "ms", 20)
    page.context.close()


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
        print(f"Chromium {browser.version}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        with serve(BENCH / "empty_app.py") as (empty, _), serve(REPOSITORY / "app.py") as (app, pid):
            bench_opening(browser, empty, app)
            bench_wire(browser, app)
            bench_hand(browser, app, "10k")
            bench_rerun(browser, app, pid)
        with serve(BENCH / "large_map_app.py") as (large, _):
            bench_hand(browser, large, "70k")
        browser.close()


if __name__ == "__main__":
    main()

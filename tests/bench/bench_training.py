"""What the training page promises about speed, as a person would check it: python -m tests.bench.bench_training

Every figure is a ratio within this run, or a time that a visitor waits, beside its limit. Needs Linux, Chromium, the
MNIST files in LATENT_EXPLORER_DATA, a quarter of an hour and a machine that does nothing else.
"""

import contextlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import sync_playwright

from explorer.pages.train.recipe_form import first_recipe
from explorer.runs.files import Record, Status
from explorer.runs.limits import default_slots
from explorer.runs.manager import Manager
from explorer.runs.store import STATE_VARIABLE, Store
from models.recipe import Recipe
from tests.bench.bench_map import FLAGS, REPOSITORY, report, serve
from tests.bench.raw_visitor import RawVisitor

RECIPE_OF_THE_FORM = first_recipe("mnist")
IMAGES = 60_000
ROUNDS = 3
RERUNS = 60
CROWD = 30
WINDOW_S = 20
BRIEF = Recipe(epochs=2)
ONE_THREAD = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": "."}

MULTIPLY = """
import time, torch
torch.set_num_threads(1)
a, b = torch.randn(256, 784), torch.randn(784, 512)
for _ in range(20): a @ b
start, count = time.perf_counter(), 0
while time.perf_counter() - start < 2:
    a @ b
    count += 1
print(2 * 256 * 784 * 512 * count / (time.perf_counter() - start))
"""


def multiply_rate() -> float:
    """Flops a second of one thread's matrix multiplication, in the shapes of the first layer."""
    return float(
        subprocess.run([sys.executable, "-c", MULTIPLY], capture_output=True, check=True, env=ONE_THREAD).stdout
    )


def cli_rate() -> float:
    """Images a second of the command line, as its progress bar has them at the end."""
    with tempfile.TemporaryDirectory() as folder:
        words = BRIEF.command(f"{folder}/model.safetensors").split()
        found = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, check=True, env=ONE_THREAD)
    steps = float(re.findall(r"([0-9.]+) steps/s", found.stderr)[-1])
    return steps * IMAGES * BRIEF.epochs / (BRIEF.epochs * -(-IMAGES // BRIEF.batch_size))


def worker_rate() -> float:
    """Images a second of the app's worker between its first and last step, frames and curves included."""
    with tempfile.TemporaryDirectory() as folder:
        manager = Manager(Store(Path(folder) / "runs", Path(folder) / "frames"))
        files = manager.store.files(manager.submit("bench", BRIEF))
        first = wait_for(files.status, lambda status: status.step > 0)
        start = time.perf_counter()
        last = wait_for(files.status, lambda status: status.state == "evaluating")
        seconds = time.perf_counter() - start
        manager.close()
    return (last.step - first.step) * (IMAGES / -(-IMAGES // BRIEF.batch_size)) / seconds


def wait_for(path: Path, condition: Callable[[Status], bool]) -> Status:
    """The first status that fulfils ``condition``."""
    while True:
        status = Status.read(path)
        if status and condition(status):
            return status
        if status and status.ended:
            raise RuntimeError(f"The run ended: {status.sentence}")
        time.sleep(0.02)


def bench_rate() -> None:
    """In turns, so that noise meets all."""
    rates = [(multiply_rate(), cli_rate(), worker_rate()) for _ in range(ROUNDS)]
    multiply, cli, worker = map(statistics.median, zip(*rates, strict=True))
    weights = 2 * (784 * 512 + 512 * 512) + 512 * 4 + 2 * 512
    print(
        f"images a second: command line {cli:,.0f}, worker {worker:,.0f}; multiplication {multiply / 1e9:.0f} Gflop/s"
    )
    report("worker's images a second, of the command line's", worker / cli, "", 0.9, at_least=True)
    report("worker's flops, of the multiplication's", 6 * weights * worker / multiply, "", 0.6, at_least=True)


def bench_convergence() -> None:
    """Both recipes at once, a thread each."""

    def run(recipe: str, target: int) -> float:
        words = [sys.executable, "-m", "tests.bench.classic", recipe, str(target)]
        found = subprocess.run(words, capture_output=True, check=True, cwd=REPOSITORY, env=ONE_THREAD)
        return json.loads(found.stdout)["seconds"]

    with ThreadPoolExecutor(3) as pool:
        ours, classic, classic_160 = pool.map(run, ["app", "classic", "classic"], [150, 150, 160])
    print(f"seconds to 150 nats: the form's recipe {ours:.0f}, classic {classic:.0f} (to 160 nats {classic_160:.0f})")
    report("time to 150 nats, of the classic recipe's", ours / classic, "", 1 / 3)


def rerun_ms(address: str) -> float:
    """The median rerun of a visitor on the map, asked for ten times a second."""
    times = []
    with RawVisitor(address, "map") as visitor:
        for _ in range(RERUNS):
            times.append(visitor.rerun())
            time.sleep(0.1)
    return 1000 * statistics.median(times)


def steps_now(store: Store, names: list[str]) -> dict[str, int]:
    """The steps of those runs that are at work."""
    found = {name: Status.read(store.files(name).status) for name in names}
    return {name: status.step for name, status in found.items() if status.state == "running"}


def speeds(store: Store, names: list[str]) -> dict[str, float]:
    """Steps a second, over a while, of each run that is at work at its start and at its end."""
    before, start = steps_now(store, names), time.perf_counter()
    time.sleep(WINDOW_S)
    seconds = time.perf_counter() - start
    return {name: (step - before[name]) / seconds for name, step in steps_now(store, names).items() if name in before}


def run_of(visitor: RawVisitor) -> str:
    return dict(pair.split("=") for pair in visitor.query.split("&") if "=" in pair).get("run", "")


def start_runs(stack: ExitStack, address: str, store: Store, most: int) -> list[str]:
    """So many runs, or as many as work at once here, that visitors have started through the page; past their start."""
    visitors = [stack.enter_context(RawVisitor(address, "train")) for _ in range(min(most, default_slots()))]
    for visitor in visitors:
        visitor.rerun("Start training")
    names = [run_of(visitor) for visitor in visitors]
    for name in names:
        wait_for(store.files(name).status, lambda status: status.step > 150)
    return names


def bench_visitors(address: str, store: Store) -> None:
    idle = rerun_ms(address)
    with ExitStack() as stack:
        count = len(start_runs(stack, address, store, 2))
        busy = rerun_ms(address)
    print(f"another visitor's rerun: idle {idle:.1f} ms, beside {count} at work {busy:.1f} ms (medians of {RERUNS})")
    if count < 2:
        print("This machine lets one run work at a time; what two at once do, it cannot show.")
    report(f"rerun beside {count} at work, of an idle server's", busy / idle, "times", 1.5)


def bench_crowd(address: str, store: Store) -> None:
    """Fill the slots first: a run that only now gets a core would slow the others whatever the crowd does."""
    with ExitStack() as stack:
        names = start_runs(stack, address, store, default_slots())
        before = speeds(store, names)
        crowd = [stack.enter_context(RawVisitor(address, "train")) for _ in range(CROWD)]
        start = time.perf_counter()
        with ThreadPoolExecutor(CROWD) as pool:
            list(pool.map(lambda visitor: visitor.rerun("Start training"), crowd))
        seconds = time.perf_counter() - start
        after = speeds(store, names)
    placed = sum(bool(run_of(visitor)) for visitor in crowd)
    refused = sum(bool(visitor.warnings) for visitor in crowd)
    print(f"{CROWD} visitors press Start: {placed} queued, {refused} refused, all answered in {seconds:.2f} s")
    report("visitors with an answer", placed + refused, "", CROWD, at_least=True)
    shares = [after[name] / speed for name, speed in before.items() if speed and name in after]
    print(f"at work all the while: {len(shares)} of the {len(names)} that work at once here")
    if shares:
        report("slowest run's speed, of its speed before", min(shares), "", 0.9, at_least=True)


def bench_weight(address: str, store: Store) -> None:
    """From the click to the first step with the new weight, by way of browser, page and worker."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{address}/train")
        page.get_by_role("button", name="Start training").click()
        page.wait_for_url("**run=*", timeout=120_000)
        files = store.files(page.url.split("run=")[1])
        wait_for(files.status, lambda status: status.step > 20)
        delays = []
        for weight in ("0", "1", "0", "10", "1"):
            button = page.get_by_role("radio", name=weight, exact=True)
            start = time.perf_counter()
            button.click()
            wait_for(files.status, lambda status, wanted=float(weight): status.weight == wanted)
            delays.append(time.perf_counter() - start)
            time.sleep(1)
        changes = [change["weight"] for change in Record.read(files.record).changes]
        browser.close()
    print(f"delays {', '.join(f'{delay:.2f}' for delay in delays)} s; recorded weights {changes}")
    report("a new KL weight acts within, at worst", max(delays), "s", 1)


@contextlib.contextmanager
def served() -> Iterator[tuple[str, Store]]:
    """The app with an empty state, and where its runs lie."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ[STATE_VARIABLE] = folder
        with serve(REPOSITORY / "app.py") as (address, _):
            with RawVisitor(address, "train"):
                pass  # the first visitor warms the server
            store = Store(Path(folder) / "runs")
            yield address, store
        for run in store.folder.glob("*"):
            shutil.rmtree(store.frames / run.name, ignore_errors=True)


def main() -> None:
    """All of it; each part on a server of its own, whose end ends its runs."""
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {default_slots()} runs at a time; {RECIPE_OF_THE_FORM}"
    )
    for bench in (bench_visitors, bench_crowd, bench_weight):
        with served() as (address, store):
            bench(address, store)
    bench_rate()
    bench_convergence()


if __name__ == "__main__":
    main()

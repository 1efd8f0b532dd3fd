"""A map open in a browser: where things are, what it shows, and what its page has sent and said."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import numpy as np
import torch
from playwright.sync_api import CDPSession, ConsoleMessage, Locator, Page, TimeoutError, expect

from models import gallery
from tests.browser.waiting import wait_until

READY_MS = 180_000
SHARED_HALF = 4  # half the side of the prior's window, in units of z

# By way of a copy: Chromium warns on the console when a page's own canvas is read twice.
READ_PICTURE = """canvas => {
    const copy = new OffscreenCanvas(28, 28).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    return Array.from(copy.getImageData(0, 0, 28, 28).data);
}"""
# Of a canvas of any size; red alone, for the pictures are grey.
READ_GREY = """canvas => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    return Array.from(copy.getImageData(0, 0, canvas.width, canvas.height).data.filter((_, i) => i % 4 === 0));
}"""

TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


class OpenedMap:
    """Records from before the first request on: websocket frames sent, addresses asked for, console complaints."""

    name = "latent-map"
    motion = "reduce"
    """What its visitor prefers, as in reduced_motion of a context: nothing glides where no test is about that."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.get_by_test_id(self.name)
        self.handle = page.get_by_test_id("handle").first
        self.plot = page.locator(".lse-plot").first
        self.error = page.get_by_test_id("error")
        self.switch = page.get_by_test_id("kl-switch")
        self.frames: list[object] = []
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.expected: list[str] = []
        page.on("websocket", lambda socket: socket.on("framesent", self._note_frame))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._note_line)

    def _note_line(self, line: ConsoleMessage) -> None:
        # The second is Streamlit's own way to find out that a page is not the server's root.
        if line.type in ("error", "warning") and "/compare/_stcore/" not in line.location["url"]:
            # Of a file that a server does not have, the address tells which.
            missing = f" {line.location['url']}" if "(Not Found)" in line.text else ""
            self.complaints.append(line.text + missing)

    def _note_frame(self, frame: object) -> None:
        self.frames.append(frame)

    def forget(self) -> None:
        """Leave the page and what is recorded of it, to open another in its place."""
        self.page.unroute_all()
        self.page.mouse.move(0, 0)
        self.page.goto("about:blank")
        self.forget_records()

    def forget_records(self) -> None:
        """As if the page had been opened now."""
        for record in (self.frames, self.requests, self.complaints, self.expected):
            record.clear()

    def wait_until_ready(self) -> None:
        outcome = self.page.locator(f"[data-testid={self.name}][data-ready=true], [data-testid=stException]")
        expect(outcome).to_be_attached(timeout=READY_MS)
        # Not at once: evaluating Plotly takes the page's only thread for a second, or for many on a busy machine.
        expect(self.root).to_have_attribute("data-ready", "true")

    def wait_for_z(self, z: Sequence[float], within: float = 0.02) -> None:
        """Until the handle is there; moves reach the page a frame later."""
        script = """([name, z, within]) => {
            const now = document.querySelector(`[data-testid=${name}]`).dataset.z.split(",").map(Number);
            return now.every((coordinate, i) => Math.abs(coordinate - z[i]) <= within);
        }"""
        wait_until(self.page, script, [self.name, list(z), within])

    def wait_for_z_in_the_address(self) -> None:
        """Until the address says where the handle is."""
        script = """name => {
            const said = (new URLSearchParams(location.search).get("z") ?? "").split(",").map(Number);
            const now = document.querySelector(`[data-testid=${name}]`).dataset.z.split(",").map(Number);
            return said.length === 2 && said.every((coordinate, i) => Math.abs(coordinate - now[i]) <= 1e-3);
        }"""
        wait_until(self.page, script, self.name)

    def said_z(self) -> list[float]:
        """Where the handle is, as the address says."""
        return [float(part) for part in self.query["z"].split(",")]

    def wait_for_axes(self) -> None:
        for axes in self.page.locator(".lse-axes").all():
            expect(axes.locator(".xtick").first).to_be_attached(timeout=READY_MS)

    def wait_for_silence(self) -> None:
        """Until the server has answered all that the page sent, and the page has sent nothing more since."""
        before = -1
        while before != len(self.frames):
            before = len(self.frames)
            expect(self.page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
            self.wait_for_drawing()

    def wait_for_the_last_file(self) -> None:
        """Until the page has fetched all that it fetches of its own accord: axes, and what names decoded pictures."""
        self.wait_for_axes()
        named = self.page.get_by_test_id("decoded").first
        expect(named).to_have_attribute("aria-label", re.compile("like a"), timeout=READY_MS)
        self.wait_for_silence()

    def wait_for_drawing(self) -> None:
        """Until the browser has drawn two frames, the second of which began after now."""
        self.page.evaluate(TWO_FRAMES)

    def press_twice(self, press: Callable[[], None], address: Callable[[str], bool]) -> None:
        """Double clicks until one has led to ``address``: on a busy machine Plotly sees two single clicks."""
        for attempt in range(10):
            press()
            try:
                return self.page.wait_for_url(address, timeout=2000 * (attempt + 1))
            except TimeoutError:
                continue
        raise AssertionError(f"No double click led anywhere but to {self.page.url}.")

    def unfold(self, name: str) -> None:
        """Open a section below the maps by its headline."""
        fold = self.page.locator(f"[data-fold={name}]")
        if fold.get_attribute("open") is None:
            fold.locator("> summary").click()
        expect(fold).to_have_attribute("open", "")

    def break_requests(self, pattern: str) -> None:
        """Let requests fail whose address the regular expression finds, and expect the browser to say so."""
        self.expected.append("Failed to load resource: net::ERR_FAILED")
        self.page.route(re.compile(pattern), lambda route: route.abort())

    def mend_requests(self) -> None:
        self.page.unroute_all()

    @property
    def query(self) -> dict[str, str]:
        """What the address bar says."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.page.url).query).items()}

    @property
    def model_requests(self) -> list[str]:
        """The models' files that were asked for, in order; the dial's come of their own accord."""
        found = (re.search(r"/(mnist-(?!test|dial)[^/]*)-[0-9a-f]{12}\.", url) for url in self.requests)
        return [match[1] for match in found if match]

    @property
    def z(self) -> tuple[float, ...]:
        return tuple(float(text) for text in (self.root.get_attribute("data-z") or "").split(","))

    def model_button(self, name: str) -> Locator:
        return self.page.locator(f"[data-model-name='{name}']")

    @contextmanager
    def in_motion(self) -> Iterator[None]:
        """Meanwhile the visitor does not prefer that nothing glides."""
        self.page.emulate_media(reduced_motion="no-preference")
        yield
        self.page.emulate_media(reduced_motion=self.motion)

    def choose_image(self, image: int) -> None:
        """Select a test image by its number."""
        field = self.page.get_by_test_id("number").locator("input")
        field.fill(str(image))
        field.press("Enter")
        expect(self.root).to_have_attribute("data-image", str(image))

    def choose(self, name: str) -> None:
        """Switch to a model and wait until the points stand still."""
        self.model_button(name).click()
        expect(self.root).to_have_attribute("data-model", name)
        expect(self.root).to_have_attribute("data-gliding", "false")

    @property
    def letters(self) -> Locator:
        """The names of the classes that show, on the map."""
        return self.page.locator(".lse-letter")

    def picture(self, canvas: Locator | None = None) -> np.ndarray:
        """The grey levels uint8 [784] of a 28x28 canvas, by default the picture decoded at the handle."""
        levels = (canvas or self.page.get_by_test_id("decoded")).evaluate(READ_PICTURE)
        red, green, blue, opacity = np.array(levels, dtype=np.uint8).reshape(-1, 4).T
        assert np.array_equal(red, green)
        assert np.array_equal(red, blue)
        assert opacity.min() == 255
        return red

    def points(self) -> str:
        """What the canvas of the points shows, to compare."""
        return self.page.locator(".lse-points").evaluate("canvas => canvas.toDataURL()")

    def box(self, number: int = 0) -> dict[str, float]:
        """Where a map's square plot is on the screen."""
        plot = self.page.locator(".lse-plot").nth(number)
        plot.scroll_into_view_if_needed()
        box = plot.bounding_box()
        assert box is not None
        return dict(box)

    def place(self, z: Sequence[float], number: int = 0) -> tuple[float, float]:
        """Where a point of the latent space stands on the screen, on one of the maps."""
        x, y, half = self.view(number)
        box = self.box(number)
        scale = box["width"] / (2 * half)
        return box["x"] + (z[0] - x + half) * scale, box["y"] + (y + half - z[1]) * scale

    def view(self, number: int = 0) -> list[float]:
        """The centre of a map's window and half its side, in units of z."""
        text = self.page.locator("[data-view]").nth(number).get_attribute("data-view") or ""
        return [float(part) for part in text.split(",")]

    def grab(self) -> None:
        """Press the mouse on the handle."""
        self.handle.hover()
        self.page.mouse.down()

    def touch(self, *path: Sequence[float]) -> CDPSession:
        """Put a finger down at the first point of the latent space and move it by way of the others."""
        session = self.page.context.new_cdp_session(self.page)
        for kind, z in zip(["touchStart", *["touchMove"] * (len(path) - 1)], path, strict=True):
            x, y = self.place(z)
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        return session

    def drag(self, z: Sequence[float]) -> None:
        """Drag the handle by mouse to a point of the window that all models share, and let it go."""
        self.grab()
        self.page.mouse.move(*self.place(z), steps=5)
        self.wait_for_z(z)
        self.page.mouse.up()


def lift(finger: CDPSession) -> None:
    """Take the finger away that OpenedMap.touch has put down."""
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    finger.detach()


def decoded(name: str, z: Sequence[float]) -> np.ndarray:
    """Torch's answer to what OpenedMap.picture shows, not rounded: float [784] in 0..255."""
    with torch.no_grad():
        return 255 * gallery.read(name).vae().decode(torch.tensor(z)).mean.numpy()


def measured(name: str) -> dict[str, float]:
    """The averages of a shipped model, and the loss that it was trained on."""
    model = gallery.read(name)
    return model.metrics | {"loss": model.metrics["reconstruction"] + model.recipe.beta * model.metrics["kl"]}


def says(text: str, value: float) -> bool:
    """Whether a printed number is ``value`` to the last digit printed."""
    printed = Decimal(text)
    half_a_step = Decimal(1).scaleb(printed.as_tuple().exponent) / 2
    return abs(printed - Decimal(value)) <= half_a_step


def following_half(*names: str) -> float:
    """Half the window of a camera that follows the codes of these models: 4, 4 sqrt(2), 8, and so on.

    It is the least of these that leaves at most a hundredth of each model's codes outside.
    """
    farthest = [gallery.read(name).codes.mean.abs().amax(dim=1).numpy() for name in names]
    half = float(SHARED_HALF)
    while any((distance > half).mean() > 0.01 for distance in farthest):
        half *= math.sqrt(2)
    return half


def lonely_image(name: str) -> int:
    """An image whose code no other crowds, well inside the shared window and clear of the handle and the buttons."""
    mean = gallery.read(name).codes.mean
    apart = mean.norm(dim=1).gt(1.2) & mean.abs().amax(dim=1).lt(0.85 * SHARED_HALF)
    rows = torch.where(apart & ~(mean[:, 0].gt(2) & mean[:, 1].lt(-1.5)))[0]
    return int(rows[torch.cdist(mean[rows], mean).kthvalue(2, dim=1).values.argmax()])

"""The receipt of one image adds up, aligns, shows which pixels cost what, and never shows an older bill."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page, expect

from explorer.palette import RECONSTRUCTION
from models import checkpoint
from models.likelihood import LIKELIHOODS
from models.vae import PIXELS, VAE
from tests.browser.blank_page import RECEIPT, address_of, blank_page
from tests.conftest import seeded

OPEN = """async ([addresses, colour]) => {
    document.body.innerHTML = `<div style="--lse-reconstruction: ${colour}"></div>`;
    window.receipt = new Receipt(document.querySelector("div"));
    window.decoders = await Promise.all(addresses.map(async (address) => new Decoder(await fetchTensors(address))));
}"""
BILL = """([title, columns]) => {
    const array = (values) => values && Float32Array.from(values);
    return { title, note: "", columns: columns.map(({ mean, stddev, x, ...rest }, i) => {
        const column = { ...rest, letter: "AB"[i], label: `model ${i}`, decoder: decoders[i] };
        return { ...column, mean: array(mean), stddev: array(stddev), x: array(x) };
    }) };
}"""
MEAN, STDDEV = [0.5, -2.0], [0.1, 0.4]
KL = [0.125, 1.8076, 2.0, 0.4963]
"""Of q = N(MEAN, diag STDDEV^2): mean^2 / 2 and (stddev^2 - 1 - ln stddev^2) / 2 of either dimension."""


@pytest.fixture(scope="module")
def blank(browser: Browser) -> Iterator[Page]:
    """A page that knows the receipt, and two tiny decoders."""
    with blank_page(browser, RECEIPT) as page:
        yield page


@pytest.fixture
def page(blank: Page) -> Page:
    """That page, with a receipt of nothing yet."""
    weights = [checkpoint.half_weights(VAE((8,), seeded(seed))) for seed in range(2)]
    codes = checkpoint.Codes(*torch.zeros(5, 1))
    blank.evaluate(OPEN, [[address_of(checkpoint.decoder_bytes(each, codes)) for each in weights], RECONSTRUCTION])
    return blank


def column(**other: object) -> dict:
    x = torch.rand(PIXELS, generator=seeded()).round().tolist()
    return {
        "mean": MEAN,
        "stddev": STDDEV,
        "x": x,
        "likelihood": LIKELIHOODS["bernoulli"].facts(),
        "pixel_stddev": None,
        "stored": None,
        "exact": False,
    } | other


def show(page: Page, *columns: dict, title: str = "An image") -> list[list]:
    """The rows of the bill of ``columns``."""
    return page.evaluate(
        f"async (given) => {{ await receipt.show(({BILL})(given)); return receipt.rows(); }}", [title, columns]
    )


def totals(page: Page) -> list[float]:
    return [float(total) for total in page.locator("body > div").get_attribute("data-total").split(",")]


def picture(page: Page, number: int) -> np.ndarray:
    """The pixels [28, 28, 3] of the canvas that shows which pixels cost what."""
    canvas = page.locator("table tbody:last-child > tr:first-child > td > canvas").nth(number)
    script = "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, 28, 28).data)"
    return np.array(canvas.evaluate(script)).reshape(28, 28, 4)[..., :3]


def test_the_lines_add_up_in_the_rows_on_the_page_and_in_what_tests_read(page: Page) -> None:
    head, *rows = show(page, column(), column(mean=[0, 0], stddev=[1, 1]))
    assert head == ["term", "A: model 0", "B: model 1", "unit"]
    lines, pixels = rows[:7], np.array([row[1:3] for row in rows[7:]])
    numbers = np.array([line[1:3] for line in lines])
    assert {line[3] for line in rows} == {"nats"}
    assert pixels.shape == (PIXELS, 2)
    assert numbers[2:6, 0] == pytest.approx(KL, abs=1e-4)
    assert numbers[2:6, 1] == pytest.approx(0)
    assert numbers[1] == pytest.approx(numbers[2:6].sum(axis=0))
    assert numbers[0] == pytest.approx(pixels.sum(axis=0))
    assert numbers[6] == pytest.approx(numbers[0] + numbers[1])
    assert totals(page) == pytest.approx(numbers[6], abs=1e-4)
    shown = [
        float(text.replace("−", "-"))
        for text in page.locator("tbody:nth-of-type(1) td:nth-of-type(1)").all_inner_texts()
    ]
    assert shown == pytest.approx(numbers[:, 0], abs=0.05)
    expect(page.locator("caption")).to_contain_text("An image")


def test_small_numbers_keep_their_digits(page: Page) -> None:
    show(page, column(mean=[0.1, 20.0]))
    shown = page.locator("tbody:nth-of-type(1) td").all_inner_texts()
    assert (shown[2], shown[4]) == ("0.005", "200.0")


def test_the_brightest_pixel_is_the_dearest_of_all_columns_and_the_words_say_what_it_costs(page: Page) -> None:
    rows = show(page, column(), column(mean=[3, 3]))
    costs = np.array([row[1:3] for row in rows[8:]])
    pictures = np.stack([picture(page, number).reshape(PIXELS, 3) for number in range(2)], axis=1)
    assert pictures[costs == costs.max()].tolist() == [[255, 255, 255]]
    brightness = pictures.sum(axis=-1)
    order = costs.ravel().argsort()
    assert (np.diff(brightness.ravel()[order]) >= 0).all()
    expect(page.locator("table")).to_contain_text(f"brightest pixel = {costs.max():.1f} nats")


def test_a_density_may_earn_nats_and_then_shows_blue(page: Page) -> None:
    rows = show(page, column(likelihood=LIKELIHOODS["gaussian"].facts(), pixel_stddev=0.2))
    costs = np.array([row[1] for row in rows[8:]])
    assert costs.min() < 0
    red, green, blue = picture(page, 0).reshape(PIXELS, 3)[costs.argmin()]
    assert blue > max(red, green)
    expect(page.locator("table")).to_contain_text("blue")
    assert {row[-1] for row in rows if row[0] == "reconstruction"} == {"nats, density"}
    assert {row[-1] for row in rows if row[0] == "KL"} == {"nats"}


def test_each_likelihood_has_a_scale_of_its_own(page: Page) -> None:
    rows = show(page, column(), column(likelihood=LIKELIHOODS["gaussian"].facts(), pixel_stddev=0.2))
    for number, letter in enumerate("AB"):
        costs = np.array([row[1 + number] for row in rows[8:]])
        farthest = np.abs(costs).argmax()
        assert picture(page, number).reshape(PIXELS, 3)[farthest].max() == 255
        words = f"{letter}: the brightest pixel = {np.abs(costs).max():.1f} nats"
        expect(page.locator("table")).to_contain_text(words)
    expect(page.locator(".lse-bill-key")).to_have_count(2)


def test_terms_of_two_kinds_are_not_to_be_compared(page: Page) -> None:
    show(page, column(), column(likelihood=LIKELIHOODS["gaussian"].facts(), pixel_stddev=0.2))
    expect(page.locator("body")).to_contain_text("do not compare them")
    show(page, column(), column())
    expect(page.locator("body")).not_to_contain_text("do not compare them")


def test_without_the_image_the_given_reconstruction_shows_and_no_picture_of_costs(page: Page) -> None:
    rows = show(page, column(x=None, stored={"reconstruction": 131.4, "kl": 9.0}))
    assert rows[1][1] == pytest.approx(131.4)
    assert totals(page) == pytest.approx([131.4 + sum(KL)], abs=1e-3)
    assert rows[8][1] is None or np.isnan(rows[8][1])
    expect(page.locator("table")).to_contain_text("No picture")
    expect(page.locator("table canvas")).to_have_count(1)


def test_a_newer_bill_takes_the_place_of_one_that_is_not_made_out_yet(page: Page) -> None:
    script = f"""async ([columns]) => {{
        const bill = (title) => ({BILL})([title, columns]);
        const slow = bill("older");
        const decoder = slow.columns[0].decoder;
        slow.columns[0].decoder = {{ logits: (z) => {{ const end = performance.now() + 5;
            while (performance.now() < end); return decoder.logits(z); }}, decode: (z) => decoder.decode(z) }};
        const titles = [];
        new MutationObserver(() => titles.push(document.querySelector("caption").textContent))
            .observe(document.querySelector("div"), {{ childList: true }});
        await Promise.all([receipt.show(slow), receipt.show(bill("newer"))]);
        return titles;
    }}"""
    assert [title.strip() for title in page.evaluate(script, [[column()]])] == ["newer"]
    expect(page.locator("body > div")).to_have_attribute("data-ready", "true")


def test_no_image_is_an_invitation(page: Page) -> None:
    show(page, column())
    page.evaluate("receipt.show(null)")
    expect(page.locator("table")).to_have_count(0)
    expect(page.locator("body")).to_contain_text("draw a digit")
    expect(page.locator("body > div")).to_have_attribute("data-ready", "false")
    assert page.evaluate("receipt.rows()") == [["term", "unit"]]


def test_names_that_visitors_chose_are_words_and_no_markup(page: Page) -> None:
    page.evaluate(f"async (given) => {{ const bill = ({BILL})(given); bill.columns[0].label = '<img src=x>';"
                  " await receipt.show(bill); }", ["<img src=x>", [column()]])  # fmt: skip
    expect(page.locator("img")).to_have_count(0)


def test_of_an_exact_posterior_kl_has_no_parts_and_is_what_is_stored(page: Page) -> None:
    rows = show(page, column(x=None, stored={"reconstruction": 131.4, "kl": 9.0}, exact=True), column())
    lines = {row[0]: row[1] for row in rows[1:8]}
    assert [lines[name] for name in ("reconstruction", "KL", "total, −ELBO")] == pytest.approx([131.4, 9.0, 140.4])
    parts = page.locator(".lse-bill-part td:nth-of-type(1)").all_inner_texts()
    assert parts == ["–"] * 4
    expect(page.locator("table")).to_contain_text("no encoder")

"""The tables say what was measured, of how many images and of which weights, and keep nats of a density apart."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.pages.probability.inference_costs import MAKE, equal_rates, gap_table, parts_table
from models import gallery, inference
from models.__main__ import main
from models.recipe import Recipe

MEASURED = {
    "fingerprint": gallery.read(gallery.REFERENCE).fingerprint,
    "log_evidence": -131.944,
    "log_evidence_error": 0.0002,
    "largest_error": 0.0041,
    "largest_missed": 0.0,
    "elbo": -1135.2,
    "gap": 1003.256,
    "gap_median": 0.61,
    "gap_90": 9.44,
    "subset_log_evidence": -128.3,
    "importance_bound": -128.94,
    "approximation_gap": 0.4,
    "amortisation_gap": -0.004,
    "train": {"log_evidence": -130.0, "elbo": -1032.5, "gap": 902.5, "gap_median": 0.51, "gap_90": 4.8},
}
EXACT = {
    "fingerprint": gallery.read(gallery.EXACT).fingerprint,
    "log_evidence": -100.0,
    "log_evidence_error": 0.0,
    "largest_error": 0.0,
    "largest_missed": 0.0,
    "train": {"log_evidence": -99.0},
}
COUNTS = {"images": 10_000, "subset": 500, "draws": 5000}
BOTH = {gallery.REFERENCE: MEASURED, gallery.EXACT: EXACT}


def cells(html: str, label: str) -> list[str]:
    row = re.search(rf'<th scope="row">{label}</th>(.*?)</tr>', html)[1]
    return re.findall("<td[^>]*>(.*?)</td>", row)


def written(folder: Path, **facts: object) -> Path:
    """A file of averages."""
    file = folder / "evidence.json"
    file.write_text(json.dumps(COUNTS | facts))
    return file


def words(app: AppTest) -> str:
    return "\n".join(each.value for each in app.markdown)


def drawn(file: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The section with this file of averages."""

    def section() -> None:
        from explorer.pages.probability.inference_costs import inference_costs

        inference_costs()

    monkeypatch.setattr(inference, "FILE", file)
    inference.read_shipped.cache_clear()
    app = AppTest.from_function(section, default_timeout=120).run()
    inference.read_shipped.cache_clear()
    assert not app.exception
    return app


def test_each_figure_of_the_test_images_stands_beside_that_of_the_training_images() -> None:
    html = gap_table({"β = 1": MEASURED}, "nats per image", COUNTS)
    test, train = cells(html, "β = 1")[::2], cells(html, "β = 1")[1::2]
    assert test == ["131.94", "1,135.20", "1,003.26", "0.61", "9.44"]
    assert train == ["130.00", "1,032.50", "902.50", "0.51", "4.80"]
    assert "10,000 test images and the first 10,000 training images, nats per image" in html


def test_losses_are_positive_and_gaps_as_they_are() -> None:
    html = parts_table({"β = 1": MEASURED}, "nats per image", COUNTS)
    assert cells(html, "β = 1") == ["128.30", "128.94", "0.40", "0.00"]
    assert "The first 500 test images, nats per image" in html


def test_what_a_decoder_alone_has_not_is_a_dash() -> None:
    assert cells(gap_table({"lattice": EXACT}, "nats", COUNTS), "lattice") == ["100.00", "99.00", *"–" * 8]
    assert "lattice" not in parts_table({"lattice": EXACT}, "nats", COUNTS)


def test_a_label_is_no_markup() -> None:
    for table in (gap_table, parts_table):
        assert "<b>" not in table({"<b>": MEASURED}, "nats", COUNTS)


def test_the_section_tells_errors_and_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = drawn(written(tmp_path, models={gallery.REFERENCE: MEASURED}), monkeypatch)
    assert "about 0.0002 nats in an average and 0.005 nats in any one image" in app.caption[0].value
    assert "of 5,000 draws" in app.markdown[-1].value
    assert "need a fit per image, so they average only the first 500." in app.markdown[-1].value


def test_what_the_mean_gap_hides_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = words(drawn(written(tmp_path, models={gallery.REFERENCE: MEASURED}), monkeypatch))
    assert "mean gap of β = 1 is 1003.3 nats, but half of the images have one of at most 0.6" in said
    assert "more than 9.4" in said
    assert "mean is 902.5: the other 100.8 nats" in said


def test_figures_of_other_weights_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = MEASURED | {"fingerprint": "0123456789abcdef"}
    app = drawn(written(tmp_path, models={gallery.REFERENCE: old, gallery.EXACT: EXACT}), monkeypatch)
    assert not any("131.94" in html.proto.body for html in app.get("html"))
    assert re.search(rf"Not yet measured in full with the weights .*β = 1,.*`{MAKE}`", words(app))


def test_what_is_lost_to_the_gap_and_to_the_bound_adds_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = words(drawn(written(tmp_path, models=BOTH), monkeypatch))
    best, bound, gap, loss = map(float, re.findall(r"\d+\.\d", said[said.index("With the same decoder") :])[:4])
    assert (best, bound) == (100, 1135.2)
    assert gap + loss == pytest.approx(bound - best, abs=0.1)
    assert "another objective and another learning rate (0.0025 for the VAE, 0.01 for exact training)" in said
    assert "With the same learning rate" not in said


def control(name: str, rate: float, log_evidence: float, **changes: object) -> dict:
    """The figures of a shipped model's recipe with another learning rate."""
    recipe = replace(gallery.recipes()[name], learning_rate=rate, folded_onto="", **changes)
    return {"recipe": json.loads(recipe.to_json()), "log_evidence": log_evidence}


def test_the_controls_tell_the_difference_at_equal_learning_rates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    controls = {
        "one": control(gallery.REFERENCE, 1e-2, -109.5),
        "other": control(gallery.EXACT, 2.5e-3, -123.5),
        "neither": control(gallery.REFERENCE, 2e-3, -90.0),
        "of another recipe": control(gallery.EXACT, 2.5e-3, -80.0, epochs=7),
    }
    assert equal_rates(BOTH, controls) == pytest.approx({2.5e-3: 8.444, 1e-2: 9.5})
    said = words(drawn(written(tmp_path, models=BOTH, controls=controls), monkeypatch))
    assert "difference between the decoders is 8.4 nats at 0.0025 and 9.5 nats at 0.01." in said


def test_a_control_of_a_recipe_that_is_none_is_left_out() -> None:
    assert equal_rates(BOTH, {"bad": {"recipe": {"epochs": -1}, "log_evidence": 1.0}}) == {}
    assert Recipe.from_json(gallery.recipes()[gallery.EXACT].to_json()).learning_rate == 1e-2


DAMAGED = ["", "{", "[]", "null", "{}", '{"models": []}', '{"models": {"mnist-beta-1": 3}}']
DAMAGED += [json.dumps({"models": {gallery.REFERENCE: {"fingerprint": MEASURED["fingerprint"], "gap": "x"}}})]
DAMAGED += [json.dumps(COUNTS | {"models": BOTH, "controls": [3]})]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_file_costs_a_sentence(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "evidence.json"
    file.write_text(text)
    app = drawn(file, monkeypatch)
    assert MAKE in words(app)
    assert not app.get("html")


def test_averages_that_are_missing_are_made_by_a_verb_that_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAKE in drawn(tmp_path / "none.json", monkeypatch).markdown[0].value
    with pytest.raises(SystemExit) as end:
        main([*MAKE.removeprefix("python -m models ").split(), "--help"])
    assert end.value.code == 0

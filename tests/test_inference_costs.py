"""The table says what was measured, of how many images, and keeps nats of a density apart."""

import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from explorer.inference_costs import MAKE, table
from models import gallery, inference
from models.__main__ import main

MEASURED = {
    "log_evidence": -131.944,
    "log_evidence_error": 0.0002,
    "largest_error": 0.0041,
    "largest_missed": 0.0,
    "elbo": -1135.2,
    "gap": 1003.256,
    "subset_log_evidence": -128.3,
    "importance_bound": -128.94,
    "approximation_gap": 0.4,
    "amortisation_gap": -0.004,
}
COUNTS = {"images": 10_000, "subset": 500, "draws": 5000}


def cells(html: str, label: str) -> list[str]:
    row = re.search(rf'<th scope="row">{label}</th>(.*?)</tr>', html)[1]
    return re.findall("<td>(.*?)</td>", row)


def drawn(file: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The section with this file of averages."""

    def section() -> None:
        from explorer.inference_costs import inference_costs

        inference_costs()

    monkeypatch.setattr(inference, "FILE", file)
    inference.read_shipped.cache_clear()
    app = AppTest.from_function(section, default_timeout=120).run()
    inference.read_shipped.cache_clear()
    assert not app.exception
    return app


def test_losses_are_positive_and_gaps_as_they_are() -> None:
    html = table({"β = 1": MEASURED}, "nats per image", COUNTS)
    assert cells(html, "β = 1") == ["131.94", "1,135.20", "1,003.26", "128.30", "128.94", "0.40", "0.00"]
    assert "all 10,000, nats per image" in html
    assert "the first 500, nats per image" in html


def test_what_a_decoder_alone_has_not_is_a_dash() -> None:
    alone = {"log_evidence": -126.5, "log_evidence_error": 0.0, "largest_error": 0.0}
    assert cells(table({"lattice": alone}, "nats", COUNTS), "lattice") == ["126.50", *"–" * 6]


def test_a_label_is_no_markup() -> None:
    assert "<b>" not in table({"<b>": MEASURED}, "nats", COUNTS)


def test_the_section_tells_errors_and_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "evidence.json"
    file.write_text(json.dumps(COUNTS | {"models": {gallery.REFERENCE: MEASURED}}))
    app = drawn(file, monkeypatch)
    assert "at most 0.0002 nats in an average and 0.005 nats in any one image" in app.caption[0].value
    assert "of 5,000 draws" in app.markdown[-1].value


def test_what_is_lost_to_the_gap_and_to_the_bound_adds_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "evidence.json"
    exact = {"log_evidence": -100.0, "log_evidence_error": 0.0, "largest_error": 0.0, "largest_missed": 0.0}
    file.write_text(json.dumps(COUNTS | {"models": {gallery.REFERENCE: MEASURED, gallery.EXACT: exact}}))
    words = drawn(file, monkeypatch).markdown[0].value
    best, bound, gap, loss = map(float, re.findall(r"\d+\.\d", words))
    assert (best, bound) == (100, 1135.2)
    assert gap + loss == pytest.approx(bound - best, abs=0.1)


def test_averages_that_are_missing_are_made_by_a_verb_that_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAKE in drawn(tmp_path / "none.json", monkeypatch).markdown[0].value
    with pytest.raises(SystemExit) as end:
        main([*MAKE.removeprefix("python -m models ").split(), "--help"])
    assert end.value.code == 0

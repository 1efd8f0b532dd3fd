"""What each decoder of a z of few values decodes reaches the browser; a file that cannot be read is left out."""

import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from explorer.server import assets, few_values
from models import gallery


def test_the_shipped_files_come_with_their_averages_and_damaged_ones_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "FOLDER", tmp_path / "pretrained")
    monkeypatch.setattr(assets, "FOLDER", tmp_path / "made")
    (tmp_path / "pretrained").mkdir()
    for count in (12, 3):
        tensors = {"z": np.zeros((count, 2), np.float32), "logits": np.zeros((count, 784), np.float16)}
        metadata = {"measures": json.dumps({"log_evidence": -100.0 - count})}
        path = tmp_path / "pretrained" / f"mnist-{count}-values.safetensors"
        path.write_bytes(safetensors.numpy.save(tensors, metadata))
    (tmp_path / "pretrained" / "mnist-9-values.safetensors").write_bytes(b"damaged")
    found = few_values.few_values()
    assert [(each["count"], each["log_evidence"]) for each in found] == [(3, -103.0), (12, -112.0)]
    assert all((tmp_path / "made" / each["url"].rpartition("/")[2]).exists() for each in found)

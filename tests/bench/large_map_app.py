"""The map with 70,000 points: the shipped codes seven times over, each copy moved a little."""

import gzip
from pathlib import Path

import safetensors.torch
import streamlit as st
import torch

from explorer import assets, catalogue, link, palette
from explorer.latent_map import Model, latent_map

COPIES = 7
FOLDER = Path(__file__).parent / "static"


def enlarged(model: Model) -> Model:
    """``model`` with every code COPIES times, published beside this script."""
    raw = (Path(__file__).parents[2] / "static" / model["url"].removeprefix("app/static/")).read_bytes()
    tensors = safetensors.torch.load(gzip.decompress(raw))
    generator = torch.Generator().manual_seed(0)
    for name, tensor in tensors.items():
        if name.startswith("codes."):
            tensors[name] = torch.cat([tensor] * COPIES)
    tensors["codes.mean"] += 0.05 * torch.randn(tensors["codes.mean"].shape, generator=generator)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{model['name']}.gz").write_bytes(gzip.compress(safetensors.torch.save(tensors), 1))
    return model | {"url": f"app/static/{model['name']}.gz", "images": COPIES * model["images"]}


@st.cache_resource
def models() -> list[Model]:
    """The two models of the KL switch, enlarged."""
    plotly = FOLDER / "plotly.gz"
    FOLDER.mkdir(exist_ok=True)
    source = Path(__file__).parents[2] / "static" / assets.plotly_url().removeprefix("app/static/")
    plotly.write_bytes(source.read_bytes())
    return [enlarged(model) for model in catalogue.shipped() if model["name"] in ("mnist-beta-0", "mnist-beta-1")]


latent_map(
    models(),
    link.DEFAULTS,
    link.DEFAULTS,
    class_colours=palette.CLASSES,
    term_colours=palette.TERMS,
    plotly_url="app/static/plotly.gz",
    key="map",
)

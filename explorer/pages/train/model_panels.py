"""The panels of kept models: name, save, download, upload and delete them."""

from pathlib import Path

import streamlit as st

from explorer.server import model_store
from models.checkpoint import MAX_FILE_BYTES, CheckpointError

_FOREIGN = (
    "This file cannot be opened: the app reads only .safetensors files that it made itself, or that python -m models"
    " train made. Files such as .pt can run code, so they are refused."
)


def save_panel(visitor_id: str, file: Path, suggestion: str) -> None:
    """Draw the panel that saves or downloads the checkpoint ``file`` of a run."""
    try:
        raw = file.read_bytes()
    except OSError:
        st.warning("The checkpoint is no longer on the server. Train again to get it.")
        return
    label = st.text_input("Name", suggestion, max_chars=model_store.MAX_LABEL)
    with st.container(horizontal=True):
        wanted = st.button("Save", type="primary")
        st.download_button("Download", raw, f"{_file_name(label)}.safetensors", on_click="ignore")
    # A place of its own, empty or not: what stands below keeps its element, so a press on it is not lost.
    with st.container():
        if wanted:
            _keep(visitor_id, label, raw)


def models_panel(visitor_id: str) -> None:
    """Draw the visitor's kept models, and an upload."""
    file = st.file_uploader(
        "Upload a checkpoint", max_upload_size=MAX_FILE_BYTES >> 20,
        help="A .safetensors file made by this app, or by python -m models train.",
    )  # fmt: skip
    if file is not None and not file.name.endswith(".safetensors"):
        st.warning(_FOREIGN)
    elif file is not None:
        label = st.text_input("Name", _file_name(Path(file.name).stem), max_chars=model_store.MAX_LABEL)
        wanted = st.button("Save the upload")
        with st.container():
            if wanted:
                _keep(visitor_id, label, file.getvalue())
    for name, label in model_store.labels(visitor_id).items():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"[Map](./?model={name})")
            st.text(label, width="stretch")
            st.button("Delete", key=f"forget_{name}", on_click=_forget, args=(visitor_id, name))


def _keep(visitor_id: str, label: str, raw: bytes) -> None:
    try:
        name = model_store.keep(visitor_id, label, raw, st.context.ip_address)
    except (model_store.KeepError, CheckpointError) as error:
        st.warning("The model is not saved.")
        st.text(str(error))  # as text, not Markdown: it contains names from the file
    else:
        # A link and not a page switch, so that the map opens with this model.
        st.success(f"Saved. [See it on the map](./?model={name}), among your models.")


def _forget(visitor_id: str, name: str) -> None:
    try:
        model_store.forget(visitor_id, name)
    except OSError as error:
        st.toast(f"The model could not be deleted ({error.strerror}). Try again.")


def _file_name(label: str) -> str:
    letters = (letter if letter.isalnum() or letter in " ._-=" else "-" for letter in label)
    return "".join(letters)[: model_store.MAX_LABEL]

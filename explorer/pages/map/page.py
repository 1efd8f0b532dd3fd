"""The map: every code at once, a point to drag, and the KL term to switch off."""

import streamlit as st

from explorer import equations, palette, visitor
from explorer.mounted import note_left, start_of, while_mounted
from explorer.pages.map.latent_map import latent_map
from explorer.server import assets, catalogue, link
from explorer.wire import Dial, Model
from models import gallery

_KEY = "map"


def show() -> None:
    """Draw the page."""
    visitor_id = visitor.identify()
    models, dials, start = while_mounted(_KEY, lambda: _prepared(visitor_id))
    left = latent_map(
        models,
        dials,
        start,
        link.DEFAULTS,
        class_colours=palette.CLASSES,
        term_colours=palette.TERMS,
        plotly_url=assets.plotly_url(),
        classifier_url=assets.classifier_url(),
        key=_KEY,
    )
    note_left(_KEY, left)
    st.latex(equations.LOSS)
    st.markdown(
        "The encoder turns an image x into a Gaussian q(z|x). The decoder turns a point z into p(x|z): 784 pixel"
        f" probabilities, or means of grey levels. :color[Reconstruction]{{foreground='{palette.RECONSTRUCTION}'}} is"
        f" small when the codes tell images apart. :color[KL]{{foreground='{palette.KL}'}} grows with the distance of"
        " q(z|x), its mean and its σ, from the prior p(z) = N(0, I). β is the weight of the KL term. At β = 1 the loss"
        " ℓ of an image is its −ELBO."
    )


def _prepared(visitor_id: str) -> tuple[list[Model], list[Dial], dict[str, str]]:
    """The models, the dials, and the link state to start from; other visitors' kept models are not available."""
    models, dials, start = catalogue.models_for(visitor_id), catalogue.dials_for(visitor_id), start_of(_KEY, link.MAP)
    if not catalogue.is_offered(start["model"], models, dials):
        default = link.DEFAULTS["model"]
        start["model"] = default if catalogue.is_offered(default, models, dials) else gallery.REFERENCE
    return models, dials, start

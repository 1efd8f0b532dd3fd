"""The map: every code at once, a point to drag, and the KL term to switch off."""

import streamlit as st

from explorer import assets, catalogue, equations, link, palette, visitor
from explorer.latent_map import Model, latent_map


def show() -> None:
    """The page."""
    who = visitor.identify()
    # Streamlit forgets a component's state when its page is left.
    if "map" not in st.session_state:
        st.session_state["map_models"] = catalogue.offered(who)
        st.session_state["map_start"] = _start(st.session_state["map_models"])
    left = latent_map(
        st.session_state["map_models"],
        st.session_state["map_start"],
        link.DEFAULTS,
        class_colours=palette.CLASSES,
        term_colours=palette.TERMS,
        plotly_url=assets.plotly_url(),
        classifier_url=assets.classifier_url(),
        key="map",
    )
    if left:
        st.session_state["map_left"] = left
    st.latex(equations.LOSS)
    st.markdown(
        "The encoder turns an image x into a Gaussian q(z|x). The decoder turns a point z into p(x|z): 784 pixel"
        f" probabilities, or means of grey levels. :color[Reconstruction]{{foreground='{palette.RECONSTRUCTION}'}} is"
        f" small when the codes tell images apart. :color[KL]{{foreground='{palette.KL}'}} grows with the distance of"
        " q(z|x), its mean and its σ, from the prior p(z) = N(0, I). β is the weight of the KL term. At β = 1 the loss"
        " ℓ of an image is its −ELBO."
    )


def _start(models: list[Model]) -> dict[str, str]:
    """What the address says, or else where the visitor left the map; others' kept models are not to be had."""
    start = link.clean(st.query_params.to_dict() or st.session_state.get("map_left", {}))
    offered = start["model"] in {model["name"] for model in models}
    return start if offered else start | {"model": link.DEFAULTS["model"]}

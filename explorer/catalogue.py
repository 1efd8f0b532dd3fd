"""The models that a page offers, as the latent map takes them."""

from functools import cache

from explorer import assets
from explorer.latent_map import Model
from models import gallery
from models.evaluation import SAMPLES
from models.recipe import Recipe

_STORIES = {
    "mnist-beta-0": "Without the KL term nothing holds the codes near the prior: σ collapses and the map flies apart.",
    "mnist-beta-1": "The loss is −ELBO itself: a nat of KL costs as much as a nat of reconstruction.",
    "mnist-beta-30": "KL costs more than a code could earn: every q(z|x) all but collapses onto the prior.",
    gallery.SWITCHED_OFF: "The β = 1 model, trained on without the KL term: the map keeps its arrangement while σ"
    " collapses and the codes spread.",
}
_WEAK = "KL is cheap: the codes spread to tell images apart."
_STRONG = "KL is dear: the codes crowd together and overlap."


@cache
def shipped() -> list[Model]:
    """The gallery, in the order of beta; read once a process."""
    entries = [_entry(name, recipe) for name, recipe in gallery.recipes().items()]
    return sorted(entries, key=lambda entry: (not entry["from_scratch"], entry["beta"]))


def _entry(name: str, recipe: Recipe) -> Model:
    checkpoint = gallery.read(name)
    return Model(
        name=name,
        label="β = 1, then 0" if recipe.initial else f"β = {recipe.beta:g}",
        beta=recipe.beta,
        from_scratch=not recipe.initial,
        url=assets.model_url(name),
        story=_STORIES.get(name, _WEAK if recipe.beta < 1 else _STRONG),
        dataset=recipe.dataset.upper(),
        images=len(checkpoint.codes.label),
        samples=SAMPLES,
        metrics=checkpoint.metrics,
    )

"""The story: the theory in nine scenes, each told by the trained models and predicted before it is seen."""

import logging

from explorer import palette
from explorer.mounted import note_left, start_of, while_mounted
from explorer.pages.story.story import story
from explorer.server import assets, catalogue, comparison_models, evidence, few_values, link
from explorer.wire import Dimensions, Seed, StoryData
from models import dimensions, measures
from models.shipped import ShippedError

_KEY = "story"


def show() -> None:
    """Draw the page."""
    note_left(_KEY, story(while_mounted(_KEY, _prepared), key=_KEY))


def _prepared() -> StoryData:
    return StoryData(
        models=comparison_models.choices(""),
        dial=catalogue.shipped_dial(),
        few=few_values.few_values(),
        dimensions=_dimensions(),
        seeds=_seeds(),
        evidence=evidence.averages(),
        start=start_of(_KEY, link.STORY),
        defaults=link.defaults(link.STORY),
        class_colours=palette.CLASSES,
        term_colours=palette.TERMS,
        plotly_url=assets.plotly_url(),
        classifier_url=assets.classifier_url(),
    )


def _seeds() -> list[Seed]:
    try:
        return measures.read_shipped()["seeds"]
    except ShippedError as error:
        logging.getLogger(__name__).warning("The story does without other seeds. %s", error)
        return []


def _dimensions() -> list[Dimensions]:
    try:
        found = dimensions.read()
    except ShippedError as error:
        logging.getLogger(__name__).warning("The story does without more dimensions. %s", error)
        return []
    return [_costs(row, found["images"]) for row in found["rows"]]


def _costs(row: dict, images: int) -> Dimensions:
    return Dimensions(
        numbers=row["dimensions"],
        images=images,
        grid_points=row["grid_points"],
        along_each_axis=row["along_each_axis"],
        grid_log_evidence=row.get("grid_log_evidence"),
        importance_bound=row["importance_bound"],
        draws=row["draws"],
        effective_draws=row["effective_draws"],
    )

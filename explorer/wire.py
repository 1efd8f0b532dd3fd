"""The types of the data between server and browser: plain data. wire.d.ts has the same types for JavaScript.

This module imports neither Streamlit nor torch. After a change here, run ``python -m tests.wire_types``.
"""

from typing import TypedDict

# Colours


class ClassColours(TypedDict):
    """A CSS colour for each class, in the light theme and in the dark one."""

    light: list[str]
    dark: list[str]


class TermColours(TypedDict):
    """The CSS colour of each loss term."""

    reconstruction: str
    kl: str


# Models


class Likelihood(TypedDict):
    """The facts about a likelihood: the fields of models.likelihood.LikelihoodFacts."""

    name: str
    is_binary: bool
    is_density: bool
    has_stddev: bool
    unit: str
    short_unit: str
    unit_per_image: str


class Model(TypedDict):
    """A model. ``url`` is the address of a gzipped safetensors file: decoder weights and codes of ``images`` images.

    ``metrics`` are averages over those images, each binarised ``binarisations`` times, in the units of
    models.evaluation.summarise. The reconstruction of each code is the mean over ``samples`` draws of z (0: an
    integral). ``images_url`` is the address of the images, see explorer.server.assets.images_url. Without an encoder
    the codes describe p(z|x) itself. ``from_scratch``: a shipped model of the series that differs in ``beta`` only.
    ``pixel_stddev`` is sigma of grey pixels. ``kept``: a model that the visitor has saved, with the visitor's label.
    """

    name: str
    label: str
    beta: float
    from_scratch: bool
    kept: bool
    url: str
    story: str
    dataset: str
    likelihood: Likelihood
    pixel_stddev: float | None
    class_names: list[str]
    images_url: str | None
    images: int
    has_encoder: bool
    samples: int
    binarisations: int
    metrics: dict[str, float]


class LossRange(TypedDict):
    """The loss at one KL weight, reconstruction + beta * KL in nats per image, of models that differ in the seed only.

    ``low`` and ``high`` are the least and the greatest of ``seeds`` seeds.
    """

    beta: float
    low: float
    high: float
    seeds: int


class Dial(TypedDict):
    """One model for every KL weight from ``low`` to ``high``. ``model`` is the one at beta = 1, with a file of its own.

    ``table_url`` is the address of a file as models.dial_bytes.decoder_bytes makes it, gzipped; ``encoder_url``, of one
    as encoder_bytes does. ``metrics`` are the averages over the images at each of the KL weights ``betas`` of its
    table, of which ``marks`` are named. For each named KL weight of which measures of the same images are shipped,
    ``dedicated`` has the losses of models that were trained for it alone, and ``seeds`` those of the shipped dial and
    others of its recipe.
    """

    model: Model
    table_url: str
    encoder_url: str
    low: float
    high: float
    betas: list[float]
    marks: list[float]
    metrics: list[dict[str, float]]
    dedicated: list[LossRange]
    seeds: list[LossRange]


class Choice(Model):
    """A model that can be chosen as A or B. ``encoder_url``: the address of a gzipped safetensors file of its encoder.

    ``measures`` are those of models.measures.measure, or None if it is not measured; ``measuring``: it is being
    measured.
    """

    encoder_url: str | None
    measures: dict[str, float] | None
    measuring: bool


class Seed(TypedDict):
    """The measures of a model that differs from the shipped one of this ``beta`` only in the ``seed``."""

    beta: float
    seed: int
    measures: dict[str, float]


class Classifier(TypedDict):
    """The classifier of prior draws: its accuracy on test images, if known; the probability from which on it counts as
    confident; the number of draws."""

    test_accuracy: float | None
    sure: float
    draws: int


# Training runs


class Frame(TypedDict):
    """The state of a run after ``step`` steps; step 0 is the initial model.

    ``url`` is the address of a file like that of Model. ``reconstruction`` and ``kl`` are averages over its images, in
    nats per image; ``spread`` and ``mean_sigma``, see models.evaluation.summarise, in units of z; ``weight`` is the
    current KL weight; ``pixel_stddev`` is sigma of grey pixels.
    """

    step: int
    url: str
    reconstruction: float
    kl: float
    spread: float
    mean_sigma: float
    weight: float
    pixel_stddev: float | None


class Moment(Frame):
    """A frame that can be chosen as A or B, with its encoder."""

    encoder_url: str


class TrainingCurve(TypedDict):
    """The loss terms of training batches after the steps ``step``: means in nats per image."""

    step: list[int]
    reconstruction: list[float]
    kl: list[float]


class WeightChange(TypedDict):
    """The owner changed the KL weight to ``weight`` after ``step`` steps."""

    step: int
    weight: float


class Run(TypedDict):
    """A training run of ``steps`` steps, ``epoch`` steps per epoch, with its frames so far.

    ``name`` is its key; ``label`` is shown above its map. Each of the ``frames`` shows ``images`` held-out images. They
    are in order of step; new ones are appended, and old ones may be removed. ``waiting`` is the sentence on the map
    before the first frame. By itself the KL weight reaches ``beta`` at the step ``settles_at``.
    """

    name: str
    label: str
    dataset: str
    likelihood: Likelihood
    class_names: list[str]
    images: int
    steps: int
    epoch: int
    beta: float
    settles_at: int
    ended: bool
    waiting: str
    frames: list[Frame]
    training: TrainingCurve
    changes: list[WeightChange]


class RunChoice(TypedDict):
    """A training run whose ``frames`` can be chosen as A or B; ``name`` is "run-" and the run's name."""

    name: str
    label: str
    dataset: str
    likelihood: Likelihood
    class_names: list[str]
    images_url: str | None
    images: int
    frames: list[Moment]


# The data of each component


class PageData(TypedDict):
    """For every page: the colours, and the addresses of Plotly and of the classifier."""

    class_colours: ClassColours
    term_colours: TermColours
    plotly_url: str
    classifier_url: str


class LinkedData(PageData):
    """For a page whose state is in its address: the link state to start from, and the default one."""

    start: dict[str, str]
    defaults: dict[str, str]


class MapData(LinkedData):
    """For the map; the ``dials`` are the shipped one, where its file can be read, then the visitor's."""

    models: list[Model]
    dials: list[Dial]


class CompareData(LinkedData):
    """For the two maps side by side; ``dials`` as for the map."""

    models: list[Choice]
    dials: list[Dial]
    runs: list[RunChoice]
    seeds: list[Seed]
    classifier: Classifier


class ProbabilityData(LinkedData):
    """For the map of one image's posterior; ``dials`` as for the map. ``worker_url`` is the address of the script that
    computes it, gzipped. ``evidence``: for each shipped model by name its averages, see explorer.server.evidence."""

    models: list[Choice]
    dials: list[Dial]
    worker_url: str
    evidence: dict[str, dict[str, float]]


class FewValues(TypedDict):
    """A decoder that was trained exactly for a z of ``count`` equally likely values.

    ``url`` is the address of a gzipped safetensors file: z float32 [K, 2] and the pixels' logits float16 [K, 784].
    ``log_evidence`` is the average of log p(x) over the test images, in nats per image.
    """

    count: int
    url: str
    log_evidence: float


class Dimensions(TypedDict):
    """What log p(x) costs for a small VAE whose z has ``numbers`` numbers: averages over ``images`` test images.

    By a grid of ``grid_points`` points, ``along_each_axis``: ``grid_log_evidence`` in nats per image, None where no
    grid could be decoded and its size is extrapolated. By ``draws`` draws of the encoder's q: their importance bound in
    nats per image, and their effective sample size.
    """

    numbers: int
    images: int
    grid_points: float
    along_each_axis: int
    grid_log_evidence: float | None
    importance_bound: float
    draws: int
    effective_draws: float


class StoryData(LinkedData):
    """For the story; ``dial`` is None where its file cannot be read, and ``few`` are the decoders of a z of few values.

    ``evidence``: for each shipped model by name its measured averages of models.inference.UNITS and of
    models.lookup_costs.UNITS over the test images; empty where its file cannot be read, as are ``seeds`` and
    ``dimensions``.
    """

    models: list[Choice]
    dial: Dial | None
    few: list[FewValues]
    dimensions: list[Dimensions]
    seeds: list[Seed]
    evidence: dict[str, dict[str, float]]


class RunData(PageData):
    """For the maps of one run or two; ``invitation`` is shown beside the map until the first frame arrives."""

    runs: list[Run]
    invitation: str


class WeightDialData(TypedDict):
    """For the dial of a run's KL weight: the current ``weight``, and the dial's stops and named stops, ascending.

    The first stop is 0. ``weight`` may lie between stops.
    """

    weight: float
    weights: list[float]
    marks: list[float]
    term_colours: TermColours


class DivergenceData(TypedDict):
    """For the two densities."""

    term_colours: TermColours

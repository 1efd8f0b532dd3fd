"""What the server sends to the browser and gets from it: plain data, in types that wire.d.ts tells the JavaScript too.

This module knows neither Streamlit nor torch. After a change here: ``python -m tests.wire_types``.
"""

from typing import TypedDict

# Colours


class ClassColours(TypedDict):
    """A CSS colour for each class, on a light page and on a dark one."""

    light: list[str]
    dark: list[str]


class TermColours(TypedDict):
    """The CSS colour of each loss term."""

    reconstruction: str
    kl: str


# Models


class Likelihood(TypedDict):
    """What models.likelihood tells of a likelihood: the fields of its LikelihoodFacts."""

    name: str
    is_binary: bool
    is_density: bool
    has_stddev: bool
    unit: str
    short_unit: str
    unit_per_image: str


class Model(TypedDict):
    """A model to choose. ``url`` leads to a gzipped safetensors file: decoder weights and codes of ``images`` images.

    ``metrics`` are averages over those images, each binarised ``binarisations`` times, in the units that
    models.evaluation.summarise gives. ``samples`` draws of z stand behind each code (0: an integral).
    ``images_url`` leads to the images themselves, see explorer.server.assets.images_url. Without an encoder the codes
    are of p(z|x) itself.
    ``from_scratch`` are the shipped ones that differ in ``beta`` alone; ``pixel_stddev`` is sigma of grey pixels.
    A model that is ``kept`` is one of the visitor's own, under a label that the visitor chose.
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


class Choice(Model):
    """A model that can stand on a side. ``encoder_url`` leads to a gzipped safetensors file of its encoder, if any.

    ``measures`` are those of models.measures.measure, or None where nobody has measured it; ``measuring``: just now.
    """

    encoder_url: str | None
    measures: dict[str, float] | None
    measuring: bool


class Seed(TypedDict):
    """The measures of a model that differs from the shipped one of this ``beta`` in the ``seed`` alone."""

    beta: float
    seed: int
    measures: dict[str, float]


class Classifier(TypedDict):
    """The classifier of prior draws: its accuracy on test images, if known, and how sure of how many it has to be."""

    test_accuracy: float | None
    sure: float
    draws: int


# Training runs


class Frame(TypedDict):
    """What a run has learnt after ``step`` steps; step 0 is the initial model.

    ``url`` leads to a file like that of Model. ``reconstruction`` and ``kl`` are averages over its images, in nats per
    image; ``spread`` and ``mean_sigma``, see models.evaluation.summarise, in units of z; ``weight`` is the KL weight in
    force; ``pixel_stddev`` sigma of grey pixels.
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
    """A frame that can be compared, with its encoder."""

    encoder_url: str


class TrainingCurve(TypedDict):
    """The loss terms of training batches, their means in nats per image, after the steps ``step``."""

    step: list[int]
    reconstruction: list[float]
    kl: list[float]


class WeightChange(TypedDict):
    """From ``step`` on the KL weight is ``weight``, for somebody moved it there."""

    step: int
    weight: float


class Run(TypedDict):
    """A training run of ``steps`` steps, ``epoch`` to an epoch, as far as it has come.

    ``name`` is its key, and ``label`` stands over its map. ``images`` held-out images stand behind each of the
    ``frames``, which are in order of step; new ones are appended, old ones may be left out. ``waiting`` is the
    sentence on the map while there is none.
    """

    name: str
    label: str
    dataset: str
    likelihood: Likelihood
    class_names: list[str]
    images: int
    steps: int
    epoch: int
    ended: bool
    waiting: str
    frames: list[Frame]
    training: TrainingCurve
    changes: list[WeightChange]


class RunChoice(TypedDict):
    """A training run, of which any of its ``frames`` can stand on a side; ``name`` is "run-" and the run's own."""

    name: str
    label: str
    dataset: str
    likelihood: Likelihood
    class_names: list[str]
    images_url: str | None
    images: int
    frames: list[Moment]


# Inference


class Question(TypedDict):
    """What the browser asks: the model of that name and test image ``image``, or with -1 the image of ``pixels``.

    ``pixels`` is base64 of 784 bytes: 0 or 255 for binary pixels, else grey. ``curves`` counts the visitor's presses
    for importance curves, 0 asks for none; ``id`` counts the questions.
    """

    model: str
    image: int
    pixels: str
    curves: int
    id: int


class Estimate(TypedDict):
    """A value and about its numerical error, in nats."""

    value: float
    error: float


class Tiles(TypedDict):
    """p(z|x) on squares from ``low`` to ``low`` + ``width``, of ``side`` x ``side`` pixels each.

    ``shade`` is base64 of uint8 [tile, z1, z2], 255 sqrt(p(z|x) / max p(z|x)) at the centre of each pixel.
    """

    low: list[list[float]]
    width: list[float]
    side: int
    shade: str


class Window(TypedDict):
    """A square of z, from x - half to x + half and y - half to y + half."""

    x: float
    y: float
    half: float


class Gaussian(TypedDict):
    """A mean [2] and the lower triangular root [2, 2] of a covariance."""

    mean: list[float]
    tril: list[list[float]]


class Fit(TypedDict):
    """A Gaussian fitted to one image's posterior: after ``step`` steps it had ``mean``, ``tril`` and ``elbo`` in nats.

    The first is the encoder's q; steps too many to show are left out. ``best`` is the best ELBO of the first,
    the last and a fit from the mean and covariance of p(z|x), ``approximation`` and ``amortisation`` are the gaps with
    it, in nats.
    """

    step: list[int]
    mean: list[list[float]]
    tril: list[list[list[float]]]
    elbo: list[float]
    best: Estimate
    approximation: float
    amortisation: float


class Fits(TypedDict):
    """With a diagonal covariance and with a full one."""

    diagonal: Fit
    full: Fit


class ImportanceCurve(TypedDict):
    """The K-sample bound in nats, and the effective sample size of K, for each K of ImportanceCurves.draws.

    The mean over the repeats, between ``low`` and ``high`` eight in ten of them, and the standard ``error`` of the
    bound's mean. There are as many repeats of K as the draws of all give: ImportanceCurves.repeats of the largest, and
    more of the others.
    """

    bound: list[float]
    low: list[float]
    high: list[float]
    error: list[float]
    effective: list[float]
    effective_low: list[float]
    effective_high: list[float]


class ImportanceCurves(TypedDict):
    """Importance sampling from the encoder's q, if there is an encoder, and from the prior."""

    draws: list[int]
    repeats: int
    encoder: ImportanceCurve | None
    prior: ImportanceCurve


class Gap(TypedDict):
    """What the encoder's q reaches of log p(x), in nats; without an encoder there is no q, and none of these.

    elbo + kl = log p(x), where reconstruction = E_q[-log p(x|z)], kl_prior = KL(q||p(z)) and kl = KL(q||p(z|x)).
    """

    q: Gaussian | None
    elbo: Estimate | None
    reconstruction: float | None
    kl_prior: float | None
    kl: Estimate | None


class Bounds(Gap):
    """log p(x) of one image under one model, what of it q reaches, and p(z|x).

    ``unit`` is that of log p(x), see models.likelihood. ``x`` is base64 of what the model sees, uint8 [784].
    log_evidence and evidence_error are in nats, ``missed`` is the share of p(x) left out at most. ``modes`` counts the
    separate parts of the smallest region that holds 95 % of p(z|x).
    """

    unit: str
    x: str
    log_evidence: float
    evidence_error: float
    missed: float
    tiles: Tiles
    window: Window
    modes: int


class Answer(TypedDict):
    """The answer to a question, whose ``id``, ``model`` and ``image`` it repeats; an Inference where ``problem`` is "".

    Else that is a sentence. ``complete``: no more of this answer will come.
    """

    id: int
    model: str
    image: int
    problem: str
    complete: bool


class Inference(Answer, Bounds):
    """What there is to know of the image, as far as it is known: ``fits`` and ``curves`` come later, or never."""

    fits: Fits | None
    curves: ImportanceCurves | None


# What each component is given


class PageData(TypedDict):
    """For every page: the colours, and where Plotly and the classifier are."""

    class_colours: ClassColours
    term_colours: TermColours
    plotly_url: str
    classifier_url: str


class LinkedData(PageData):
    """For a page whose state is in its address: the link state to start from, and the default one."""

    start: dict[str, str]
    defaults: dict[str, str]


class MapData(LinkedData):
    """For the map."""

    models: list[Model]


class CompareData(LinkedData):
    """For the two maps side by side."""

    models: list[Choice]
    runs: list[RunChoice]
    seeds: list[Seed]
    classifier: Classifier


class ProbabilityData(LinkedData):
    """For the map of one image's posterior; ``answer`` is that to the last question."""

    models: list[Choice]
    answer: Answer | Inference | None


class RunData(PageData):
    """For the maps of one run or two; ``invitation`` stands beside the map until the first frame is there."""

    runs: list[Run]
    invitation: str


class DivergenceData(TypedDict):
    """For the two densities."""

    term_colours: TermColours

"""All choices of a training run, in one value that checks them."""

import json
import shlex
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

from models.data import DATASETS
from models.files import is_number
from models.likelihood import LIKELIHOODS, PIXEL_STDDEV, PIXEL_STDDEVS

OBJECTIVES = ("elbo", "lattice", "dial")
MAX_KL_CHANGES = 100


class RecipeError(ValueError):
    """A choice is not allowed; the message says which one, and what is allowed."""


@dataclass(frozen=True)
class Recipe:
    """The choices of one run. On one CPU with one thread the same recipe gives the same weights.

    ``beta`` is the weight of the KL term: the loss is reconstruction + beta * KL, in nats per image. The weight rises
    from 0 to beta over the first part of the run, whose share is ``kl_warm_up``, see models.training.kl_weight.
    ``kl_changes`` are pairs (steps taken, weight) in order: after that step the weight replaces the schedule.
    ``hidden`` are the encoder's layer widths; the decoder mirrors them.
    ``initial`` names the checkpoint whose weights the run continues ("" starts from scratch);
    ``folded_onto`` names the checkpoint that the codes are aligned to by flips and a swap of the axes ("" leaves them),
    see models.symmetry.align. The field keeps this name because shipped files and fingerprints contain it.
    ``pixel_stddev`` is the Gaussian likelihood's sigma, in units of the grey level's 0 to 1; None means that it is
    learnt. ``objective`` is what is maximised: "elbo", the bound; "lattice", log p(x) of binary pixels by
    models.lattice, which needs no encoder and has no KL weight; or "dial", the average of the loss over all KL weights
    by models.dial, whose encoder and decoder depend on the KL weight.

    Raises RecipeError.
    """

    dataset: str = "mnist"
    beta: float = 1.0
    epochs: int = 60
    hidden: tuple[int, ...] = (512, 512)
    batch_size: int = 256
    learning_rate: float = 2.5e-3
    kl_warm_up: float = 0.5
    kl_changes: tuple[tuple[int, float], ...] = ()
    likelihood: str = "bernoulli"
    seed: int = 0
    initial: str = ""
    folded_onto: str = ""
    objective: str = "elbo"
    pixel_stddev: float | None = PIXEL_STDDEV

    def __post_init__(self) -> None:
        _check_choice("dataset", self.dataset, DATASETS)
        _check_choice("likelihood", self.likelihood, LIKELIHOODS)
        _check_number("beta", self.beta, 0, 1000)
        _check_number("epochs", self.epochs, 1, 1000, whole=True)
        _check_number("batch_size", self.batch_size, 1, 4096, whole=True)
        _check_number("learning_rate", self.learning_rate, 1e-6, 0.1)
        _check_number("kl_warm_up", self.kl_warm_up, 0, 1)
        _check_changes(self.kl_changes)
        _check_number("seed", self.seed, 0, 2**32 - 1, whole=True)
        if not isinstance(self.hidden, tuple) or not 1 <= len(self.hidden) <= 4:
            raise RecipeError("hidden takes one to four layer widths, such as 512,512.")
        for width in self.hidden:
            _check_number("hidden", width, 1, 1024, whole=True)
        for name in ("initial", "folded_onto"):
            value = getattr(self, name)
            if not isinstance(value, str) or len(value) > 200 or not value.isprintable():
                raise RecipeError(f"{name} takes a file name of at most 200 printable characters.")
        _check_choice("objective", self.objective, OBJECTIVES)
        self._check_pixel_stddev()
        if self.objective != "elbo":
            self._check_no_weight()
        if self.objective == "lattice" and not LIKELIHOODS[self.likelihood].is_binary:
            raise RecipeError("likelihood must be one of binary pixels, bernoulli, for the objective lattice.")

    def _check_pixel_stddev(self) -> None:
        if self.pixel_stddev is not None:
            _check_number("pixel_stddev", self.pixel_stddev, *PIXEL_STDDEVS)
        if not LIKELIHOODS[self.likelihood].has_stddev and self.pixel_stddev != PIXEL_STDDEV:
            raise RecipeError(f"pixel_stddev is sigma; {self.likelihood} pixels have none: leave it {PIXEL_STDDEV}.")

    def _check_no_weight(self) -> None:
        reasons = {
            "lattice": "weighs a KL term, and the objective lattice has none",
            "dial": "weighs the KL term, and the objective dial trains for all weights at once",
        }
        for name in ("beta", "kl_warm_up", "kl_changes"):
            default = getattr(Recipe, name)
            if getattr(self, name) != default:
                raise RecipeError(f"{name} {reasons[self.objective]}; leave it at {default}.")

    @property
    def has_encoder(self) -> bool:
        """Whether the model has an encoder; training on log p(x) itself needs none."""
        return self.objective != "lattice"

    @property
    def is_dial(self) -> bool:
        """Whether the run trains a models.dial.Dial, one model for all KL weights."""
        return self.objective == "dial"

    @property
    def last_weight(self) -> float:
        """The KL weight that the run ends with."""
        return self.kl_changes[-1][1] if self.kl_changes else self.beta

    def to_json(self) -> str:
        """The recipe as JSON text, equal for equal recipes; from_json reads it."""
        values = asdict(self)
        for name in ("objective", "pixel_stddev"):
            if values[name] == getattr(Recipe, name):
                del values[name]  # so that files made before this field existed can be reproduced byte by byte
        return json.dumps(values)

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """The recipe that to_json wrote; missing fields get their defaults. Raises RecipeError."""
        try:
            values = json.loads(text)
        except (TypeError, ValueError, RecursionError) as error:
            raise RecipeError("the recipe is not JSON text.") from error
        if not isinstance(values, dict) or not values.keys() <= {field.name for field in fields(cls)}:
            raise RecipeError("the recipe has keys that this version does not know; update the app.")
        if isinstance(values.get("hidden"), list):
            values["hidden"] = tuple(values["hidden"])
        if isinstance(values.get("kl_changes"), list):
            values["kl_changes"] = tuple(
                tuple(pair) if isinstance(pair, list) else pair for pair in values["kl_changes"]
            )
        return cls(**values)

    def command(self, out: str) -> str:
        """The command that trains by the recipe and writes the checkpoint ``out``."""
        words = ["python", "-m", "models", "train", "--dataset", self.dataset]
        words += [
            "--likelihood",
            self.likelihood,
            "--beta",
            "dial" if self.is_dial else str(self.beta),
            "--epochs",
            str(self.epochs),
            "--seed",
            str(self.seed),
        ]
        words += ["--hidden", ",".join(map(str, self.hidden)), "--batch-size", str(self.batch_size)]
        words += ["--learning-rate", str(self.learning_rate), "--kl-warm-up", str(self.kl_warm_up)]
        if self.objective == "lattice":
            words += ["--objective", self.objective]
        if self.pixel_stddev != PIXEL_STDDEV:
            words += ["--pixel-stddev", "learnt" if self.pixel_stddev is None else str(self.pixel_stddev)]
        if self.kl_changes:
            words += ["--kl-changes", ",".join(f"{step}:{weight}" for step, weight in self.kl_changes)]
        # With "=", because a file name may start with a dash.
        if self.initial:
            words += [f"--continue-from={self.initial}"]
        if self.folded_onto:
            words += [f"--fold-onto={self.folded_onto}"]
        return shlex.join([*words, f"--out={out}"])


def _check_choice(name: str, value: object, choices: Iterable[str]) -> None:
    if value not in tuple(choices):  # a tuple, because a value of JSON may be a list, which is not hashable
        raise RecipeError(f"{name} is {value!r:.40}; choose one of {', '.join(choices)}.")


def _check_changes(changes: object) -> None:
    if not isinstance(changes, tuple) or len(changes) > MAX_KL_CHANGES:
        raise RecipeError(f"kl_changes takes at most {MAX_KL_CHANGES} pairs of steps taken and weight.")
    before = -1
    for pair in changes:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise RecipeError("kl_changes takes pairs of steps taken and weight, such as 400:0,800:1.")
        _check_number("the step of a KL change", pair[0], before + 1, 10**9, whole=True)
        _check_number("the weight of a KL change", pair[1], 0, 1000)
        before = pair[0]


def _check_number(name: str, value: object, low: float, high: float, whole: bool = False) -> None:
    if not is_number(value, low, high, whole):
        kind = "a whole number" if whole else "a number"
        raise RecipeError(f"{name} is {value!r:.40}; it takes {kind} from {low:,} to {high:,}.")

"""A run as the run view and the Compare page need it, and its status in words."""

from explorer.runs.files import Record, encoder_name, frame_name
from explorer.runs.manager import Snapshot
from explorer.server import assets
from explorer.wire import Frame, Moment, Run, RunChoice, TrainingCurve
from models.data import DATASETS
from models.likelihood import LIKELIHOODS
from models.recipe import Recipe
from models.training import settles_at

_LONG = 200  # characters; only a label with about a hundred changes is longer
_FAIR_STEPS = 20  # the first steps of torch are slow, so earlier speeds are misleading
_NO_FRAME = "The run ended before it had a picture."
_WAITING = {
    "queued": "Waiting for a free place on the server.",
    "starting": "The run is starting: it loads PyTorch and the images.",
    "fetching": "The images are being downloaded.",
}


def to_view(run: Snapshot, record: Record) -> Run:
    """The data of the run view for a run."""
    return Run(
        name=run.name,
        label=label(run.recipe, record.changes),
        dataset=DATASETS[run.recipe.dataset].label,
        likelihood=LIKELIHOODS[run.recipe.likelihood].facts(),
        class_names=list(DATASETS[run.recipe.dataset].class_names),
        images=record.images,
        steps=run.status.total,
        epoch=record.epoch,
        beta=run.recipe.beta,
        settles_at=settles_at(record.epoch * run.recipe.epochs, run.recipe),
        ended=run.status.ended,
        waiting=_waiting(run),
        frames=[_frame(run, entry) for entry in record.frames],
        training=TrainingCurve(**record.training),
        changes=record.changes,
    )


def _waiting(run: Snapshot) -> str:
    """The sentence on the map before the first frame."""
    if run.status.ended:
        return _NO_FRAME
    if run.status.state == "queued" and not run.place:
        return "The run is about to start."
    return _WAITING.get(run.status.state, "The first picture will appear soon.")


def to_choice(run: Snapshot, record: Record) -> RunChoice:
    """A run with its moments, for the Compare page. Raises AssetError."""
    dataset = run.recipe.dataset
    label = suggested_name(run.recipe, record.changes, _LONG)
    return RunChoice(
        name=f"run-{run.name}",
        label=f"{label}, at β = 1" if run.recipe.is_dial else label,
        dataset=DATASETS[dataset].label,
        likelihood=LIKELIHOODS[run.recipe.likelihood].facts(),
        class_names=list(DATASETS[dataset].class_names),
        images_url=assets.images_url(dataset),
        images=record.images,
        frames=[_moment(run, entry) for entry in record.frames],
    )


def empty_view(recipe: Recipe) -> Run:
    """The data of the run view before a run starts: an empty map with the prior."""
    return Run(
        name="",
        label=label(recipe, []),
        dataset=DATASETS[recipe.dataset].label,
        likelihood=LIKELIHOODS[recipe.likelihood].facts(),
        class_names=list(DATASETS[recipe.dataset].class_names),
        images=0,
        steps=0,
        epoch=0,
        beta=recipe.beta,
        settles_at=0,
        ended=False,
        waiting="The codes will appear here. The circles: the prior p(z) = N(0, I).",
        frames=[],
        training={"step": [], "reconstruction": [], "kl": []},
        changes=[],
    )


def title(recipe: Recipe) -> str:
    """The recipe in one line."""
    epochs = f"{recipe.epochs} epoch{'s' if recipe.epochs > 1 else ''}"
    likelihood = "".join(f"{words}, " for words in [*_likelihood(recipe), *_sigma(recipe)])
    weight = "dial for every β" if recipe.is_dial else f"β = {recipe.beta:g}"
    return f"{DATASETS[recipe.dataset].label}, {likelihood}{weight}, {epochs}, seed {recipe.seed}"


def _likelihood(recipe: Recipe) -> list[str]:
    """The likelihood's name, if it is not the default."""
    return [] if recipe.likelihood == Recipe.likelihood else [LIKELIHOODS[recipe.likelihood].title]


def _sigma(recipe: Recipe) -> list[str]:
    if not LIKELIHOODS[recipe.likelihood].has_stddev:
        return []
    return ["σ learnt" if recipe.pixel_stddev is None else f"σ = {recipe.pixel_stddev:g}"]


def suggested_name(recipe: Recipe, changes: list[dict], longest: int) -> str:
    """A suggested name for a run's model, of at most ``longest`` characters: the first candidate that fits."""
    weights = "dial" if recipe.is_dial else label(recipe, changes)
    kind = [] if recipe.dataset == "mnist" else [DATASETS[recipe.dataset].label]
    kind += _likelihood(recipe)
    short = f"β = {recipe.beta:g}, … then {changes[-1]['weight']:g}" if changes else weights
    seed = f"seed {recipe.seed}"
    tries = [[*kind, weights, seed], [*kind, weights], [*kind, short], [short]]
    return next((name for parts in tries if len(name := ", ".join(parts)) <= longest), "")


def label(recipe: Recipe, changes: list[dict]) -> str:
    """The KL weights of a run, which distinguish it from other runs with the same start."""
    if recipe.is_dial:
        return "dial, at β = 1"
    return ", then ".join(["β = " + f"{recipe.beta:g}", *(f"{change['weight']:g}" for change in changes)])


def status_line(run: Snapshot) -> str:
    """The progress of a run, in one line with units."""
    status = run.status
    if status.state == "queued":
        return f"{_ordinal(run.place)} in the queue" if run.place else "About to start"
    if status.state in ("running", "paused"):
        done = f"step {status.step:,} of {status.total:,}"
        if status.state == "paused":
            return f"Paused at {done}"
        known = status.images_per_second and status.step >= _FAIR_STEPS
        left = f" · {_duration(status.seconds_left)} left" if known else ""
        return f"{done} · {status.images_per_second:,.0f} images/s{left}"
    return status.sentence


def weight_line(run: Snapshot, changes: list[dict]) -> str:
    """The KL weight of the running optimiser, in one or two sentences; "" before its first step."""
    if run.status.state not in ("running", "paused"):
        return ""
    chosen, last = run.control.weight, settles_at(run.status.total, run.recipe)
    if chosen < 0:
        rising = f" The weight rises to {run.recipe.beta:g} until step {last:,} (warm-up)."
        return f"Now β = {run.status.weight:.3g}.{rising if run.status.step < last else ''}"
    noted = [change["step"] for change in changes[-1:] if change["weight"] == chosen]
    since = f"Since step {noted[0]:,}" if noted else "From the next step on"
    ended = " The warm-up has ended there." if noted and len(changes) == 1 and noted[0] < last else ""
    return f"{since} β = {chosen:.3g}{'' if chosen else ': the KL term is off'}.{ended}"


def duration(seconds: float) -> str:
    """A waiting time, rounded to the precision of an estimate."""
    return f"about {_duration(seconds)}"


def _duration(seconds: float) -> str:
    if seconds < 99:
        return f"{max(1, round(seconds)) if seconds < 10 else 5 * round(seconds / 5)} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _ordinal(number: int) -> str:
    tens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if tens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _frame(run: Snapshot, entry: dict) -> Frame:
    fixed = run.recipe.pixel_stddev if LIKELIHOODS[run.recipe.likelihood].has_stddev else None
    return Frame(
        step=entry["step"],
        url=_address(run.name, frame_name(entry["step"])),
        reconstruction=entry["reconstruction"],
        kl=entry["kl"],
        spread=entry["spread"],
        mean_sigma=entry["mean_sigma"],
        weight=entry["weight"],
        pixel_stddev=entry.get("pixel_stddev", fixed),
    )


def _moment(run: Snapshot, entry: dict) -> Moment:
    return Moment(**_frame(run, entry), encoder_url=_address(run.name, encoder_name(entry["step"])))


def _address(name: str, file: str) -> str:
    return f"app/static/made/runs/{name}/{file}"

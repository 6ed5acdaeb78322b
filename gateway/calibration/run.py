"""A calibration from beginning to end."""

from collections.abc import Callable

from gateway.calibration.collection import TASK, Engine, batch_count, collect
from gateway.calibration.outcome import Outcome
from gateway.calibration.progress import Progress
from gateway.calibration.request import CalibrationRequest
from gateway.calibration.routing_files import RoutingFiles
from gateway.calibration.texts import ENGLISH, Turns, read_parallel, read_task
from gateway.version import VERSION
from routing.calibration.calibration import Calibration, CalibrationSettings, calibrate
from routing.calibration.language_routing import compare_to_english, divergence_of_other_texts
from routing.calibration.sequence_routing import SequenceRouting
from routing.calibration.task_experts import share_difference
from routing.calibration.task_profile import Intervention, task_profile
from routing.errors import ConfigError
from routing.steering.model_match import RoutedModel
from routing.steering.profile import Origin, Profile, Source

_INTERVENTIONS: tuple[Intervention, ...] = ("soft", "hard")
_Sources = dict[str, tuple[Turns, ...]]


def run_calibration(
    request: CalibrationRequest,
    start_engine: Callable[[], Engine],
    progress: Progress,
) -> Outcome:
    """Reads what was not read yet, and computes the rest. Writes the routing only.

    progress: hears of texts. Raises `ConfigError`.
    """
    parallel = read_parallel(request.parallel, request.most_texts, request.seed)
    sources = {**parallel.by_language, TASK: read_task(request.task, request.most_texts, request.seed)}
    files = RoutingFiles(request.output)
    progress.begin(sum(map(len, sources.values())))
    model = collect(sources, files, request.reading(), start_engine, progress)
    calibration, read = _computed(request, sources, files, model)
    origin = _origin(request, model, calibration, read)
    profiles = _profiles(request, model, calibration, origin)
    return Outcome(calibration, model, origin, profiles, parallel.left_out)


def _computed(
    request: CalibrationRequest, sources: _Sources, files: RoutingFiles, model: RoutedModel
) -> tuple[Calibration, tuple[Source, ...]]:
    """The calibration, and what was read for it. One language at a time is in memory, and English."""

    def routing(source: str) -> SequenceRouting:
        return files.read(source, batch_count(sources[source]))

    _check_layers(request.layers, model)
    english, task = routing(ENGLISH), routing(TASK)
    others = [compare_to_english(tag, routing(tag), english) for tag in sources if tag not in (ENGLISH, TASK)]
    settings = CalibrationSettings(request.threshold, request.layers, request.seed)
    other_texts, difference = divergence_of_other_texts(english), share_difference(task, english)
    found = calibrate(model.routed_layers, others, other_texts, difference, settings)
    tokens = {
        TASK: int(task.tokens.sum()),
        ENGLISH: int(english.tokens.sum()),
        **{one.language: one.tokens for one in others},
    }
    return found, tuple(_source(request, source, len(sources[source]), tokens[source]) for source in sources)


def _check_layers(layers: tuple[int, int] | None, model: RoutedModel) -> None:
    if layers is not None and not any(layers[0] <= layer <= layers[1] for layer in model.routed_layers):
        raise ConfigError(f"no layer from {layers[0]} to {layers[1]} has a router: {model.routed_layers}")


def _source(request: CalibrationRequest, source: str, sequences: int, tokens: int) -> Source:
    if source == TASK:
        return Source(name=request.task.name, language=ENGLISH, sequences=sequences, tokens=tokens)
    return Source(name=request.parallel.name, language=source, sequences=sequences, tokens=tokens)


def _origin(
    request: CalibrationRequest, model: RoutedModel, calibration: Calibration, read: tuple[Source, ...]
) -> Origin:
    return Origin(
        # A folder's own name, for where it lies is nobody's business.
        model=request.model_name or model.model or request.model.rstrip("/").rpartition("/")[2],
        model_revision=model.revision,
        config_hash=model.config_hash,
        task=request.name,
        languages=calibration.candidates,
        threshold=request.threshold,
        unit=request.unit,
        layers=calibration.layers,
        sources=read,
        tool_version=VERSION,
    )


def _profiles(
    request: CalibrationRequest, model: RoutedModel, calibration: Calibration, origin: Origin
) -> tuple[Profile, ...]:
    if not calibration.chosen.any():
        return ()
    return tuple(
        task_profile(f"{request.name}-{kind}", kind, calibration, model, _origin_of(kind, origin))
        for kind in _INTERVENTIONS
    )


def _origin_of(kind: Intervention, origin: Origin) -> Origin:
    return origin if kind == "soft" else origin.model_copy(update={"unit": None})

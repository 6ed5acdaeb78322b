"""The check of a request in the front end, where a refusal still is a 400 with a message."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from vllm.exceptions import VLLMValidationError
from vllm.sampling_params import SamplingParams

from gateway.vllm.steering.config import SteeringConfig, steering_config
from routing.errors import InvalidRequest
from routing.steering.profile_file import read_profiles
from routing.steering.request import PROFILE_ARGUMENT, Steering, parse_steering


class Admission:
    """Which profiles requests may ask for, and how many did. One an engine, changed on the event loop only.

    folder: where its profiles come from, if there is one. profiles: references of those that can be had.
    admitted: requests by profile. refused: requests that asked for steering and could not have it.
    """

    def __init__(self, config: SteeringConfig | None) -> None:
        self.is_active = config is not None
        self.folder = config.profiles if config else None
        loaded = read_profiles(self.folder) if self.folder else ()
        self.profiles = {profile.reference for profile in loaded}
        self.admitted: Counter[str] = Counter()
        self.refused = 0

    def check(self, arguments: dict[str, Any] | None) -> Steering | None:
        """What a request is to be steered by. Raises `VLLMValidationError`, vLLM's 400, where it cannot be."""
        try:
            steering = parse_steering(arguments)
            if steering is not None:
                self._check_known(steering)
            return steering
        except InvalidRequest as error:
            self.refused += 1
            raise VLLMValidationError(error.message, parameter="vllm_xargs") from None

    def admit(self, arguments: dict[str, Any] | None) -> None:
        """`check`, and counts the request. Once a request."""
        steering = self.check(arguments)
        if steering is not None:
            self.admitted[steering.profile] += 1

    def _check_known(self, steering: Steering) -> None:
        if not self.is_active:
            raise InvalidRequest(
                f"this engine does not steer: it was started without it ({PROFILE_ARGUMENT})"
            )
        if steering.profile not in self.profiles:
            raise InvalidRequest(f"{PROFILE_ARGUMENT} {steering.profile} is not loaded")


def admitting_init(original: Callable[..., None]) -> Callable[..., None]:
    """``InputProcessor.__init__`` that also makes the engine's `Admission`."""

    def __init__(self: Any, vllm_config: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        original(self, vllm_config, *args, **kwargs)
        self.dragoman_admission = Admission(steering_config(vllm_config))

    return __init__


def admitting_validate(original: Callable[..., Any]) -> Callable[..., Any]:
    """``InputProcessor._validate_params`` that also checks what a request says of steering.

    An engine that was not asked to steer refuses as well: to ignore the wish in silence would be the worst answer.
    """

    def _validate_params(self: Any, params: Any, supported_tasks: Any) -> Any:
        if isinstance(params, SamplingParams):
            self.dragoman_admission.admit(params.extra_args)
        return original(self, params, supported_tasks)

    return _validate_params


def checking_generate(original: Callable[..., Any]) -> Callable[..., Any]:
    """``AsyncLLM.generate`` that checks when it is called, not when the first answer is asked for.

    vLLM has by then sent the head of a streamed answer, and could refuse no more than in the middle of it.
    """

    def generate(self: Any, prompt: Any, sampling_params: SamplingParams, *args: Any, **kwargs: Any) -> Any:
        self.input_processor.dragoman_admission.check(sampling_params.extra_args)
        return original(self, prompt, sampling_params, *args, **kwargs)

    return generate

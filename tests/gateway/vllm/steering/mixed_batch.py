"""Eight requests that are all steered differently, and what it takes for two answers to be the same."""

from routing.steering.profile import Profile, ProfileKind
from routing.steering.request import Steering
from tests.gateway.vllm.steering.engine_process import Answer, Ask
from tests.gateway.vllm.steering.steered_profiles import random_profile, random_prompt

# Sums of the same numbers in another order, in float32; a wrong expert gives 0.1 and more.
TOLERANCE = 1e-4

# Prompts of up to 40 tokens in steps of 16: cut into chunks, and mixed with requests that decode.
SMALL_STEPS = (("max_num_batched_tokens", 16), ("enable_prefix_caching", False))


def six_profiles(config_hash: str) -> tuple[Profile, ...]:
    """Two of each kind."""
    kinds: tuple[ProfileKind, ...] = ("additive", "soft", "hard")
    return tuple(random_profile(f"p{seed}", kinds[seed % 3], config_hash, seed=seed) for seed in range(6))


def eight_requests(profiles: tuple[Profile, ...]) -> tuple[Ask, ...]:
    """The first is not steered, the last as the second but more weakly."""
    steerings = [
        *(Steering(profile.reference, 1.0) for profile in profiles),
        Steering(profiles[0].reference, 0.3),
    ]
    arguments = [{}, *(steering.arguments for steering in steerings)]
    return tuple(
        Ask(random_prompt(9, 40)[: 40 - 4 * seed], each, max_tokens=8 + seed)
        for seed, each in enumerate(arguments)
    )


def same(one: Answer, other: Answer) -> bool:
    """The same tokens, of the same probabilities."""
    return one.tokens == other.tokens and all(
        logprobs.keys() == others.keys()
        and all(abs(logprobs[key] - others[key]) < TOLERANCE for key in logprobs)
        for logprobs, others in zip(one.logprobs[0], other.logprobs[0], strict=True)
    )

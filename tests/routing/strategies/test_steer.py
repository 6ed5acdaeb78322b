"""Steering travels in vLLM's own extra arguments, for the languages that the policy lists."""

import pytest
from pydantic import ValidationError

from routing.notes import Skipped
from tests.routing.in_english import in_english
from tests.routing.strategies.surroundings import chat, collected, parsed, surroundings
from tests.routing.talking_engine import TalkingEngine

PROFILE = "maths-sw@0123456789abcdef"
STEER = {
    "kind": "steer",
    "profiles": {"sw": {"profile": PROFILE, "strength": 0.5}, "zh-Hant": {"profile": PROFILE}},
}


@pytest.mark.parametrize(("language", "strength"), [("sw", 0.5), ("sw-TZ", 0.5), ("zh-Hant-TW", 1.0)])
async def test_the_profile_of_the_language_is_attached_beside_what_is_there(
    language: str, strength: float
) -> None:
    engine = TalkingEngine(lambda _: "x")
    context, notes = surroundings(language, "Habari")
    generation = chat("Habari", vllm_xargs={"other": 1})
    await collected(await parsed(STEER)(generation, engine, context))
    (call,) = engine.calls
    assert call.body["vllm_xargs"] == {
        "other": 1,
        "dragoman_profile": PROFILE,
        "dragoman_strength": strength,
    }
    assert generation.body["vllm_xargs"] == {"other": 1}
    assert notes == []


@pytest.mark.parametrize("language", ["en", "hi", "zh-Hans", "und"])
async def test_other_languages_are_not_steered_and_it_is_said(language: str) -> None:
    engine = TalkingEngine(lambda _: "x")
    context, notes = surroundings(language, "Habari")
    await collected(await parsed(STEER)(chat("Habari"), engine, context))
    assert "vllm_xargs" not in engine.calls[0].body
    assert notes == [Skipped("steer", "no_profile")]


async def test_steering_reaches_every_sample_and_only_the_pivot_answer_of_a_translation() -> None:
    engine = TalkingEngine(
        lambda generation: (
            in_english(generation.body["messages"][-1]["content"])
            if generation.purpose.startswith("translate")
            else ["Yes."] * generation.body.get("n", 1)
        )
    )
    question = "Je, mji mkuu wa nchi ya Kenya ni upi?"
    context, _ = surroundings("sw", question)
    strategy = {
        **STEER,
        "inner": {"kind": "self_translate", "skip": [], "inner": {"kind": "samples", "n": 3}},
    }
    await collected(await parsed(strategy)(chat(question), engine, context))
    steered = {call.purpose for call in engine.calls if "vllm_xargs" in call.body}
    assert steered == {"sample"}
    assert {"translate_request", "translate_answer"} <= set(engine.purposes())


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "steer"},
        {"kind": "steer", "profiles": {}},
        {"kind": "steer", "profiles": {"sw": {"profile": "no hash"}}},
        {"kind": "steer", "profiles": {"sw": {"profile": PROFILE, "strength": 0}}},
        {"kind": "steer", "profiles": {"nonsense!": {"profile": PROFILE}}},
    ],
)
def test_a_wrong_choice_of_profiles_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        parsed(wrong)

"""Answers in another language give evidence and cannot win."""

from collections.abc import Sequence
from typing import Any

import pytest

from routing.errors import EngineRefused
from routing.generation import Generation
from routing.notes import Degraded
from routing.other_model import OtherModel
from routing.selectors.mbr import Mbr
from routing.selectors.xmbr import Xmbr
from tests.routing.selectors.selecting import (
    SILENT,
    AnsweringEngine,
    asked,
    context_in,
    embedding,
    samples_of,
)

EMBEDDER = OtherModel(model="e5", engine="embeddings")
VECTORS = {
    "الرياض": [1.0, 0.0],
    "مكة": [0.0, 1.0],
    "Mecca": [0.1, 1.0],
    "It is Mecca": [0.0, 0.9],
    "Riyadh": [1.0, 0.1],
}


def _engine(*evidence: str) -> AnsweringEngine:
    return AnsweringEngine(lambda _: list(evidence), embedding(VECTORS))


async def test_evidence_in_another_language_decides_between_samples() -> None:
    engine = _engine("Mecca", "It is Mecca", "Riyadh")
    ranking = await Xmbr(embedder=EMBEDDER)(samples_of("الرياض", "مكة"), asked(), engine, context_in("ar")[0])
    assert ranking.order == (1, 0)
    assert ranking.agreement == pytest.approx((0 + 0.995 + 1 + 0.0995) / 4, abs=1e-3)


async def test_the_evidence_takes_one_call_and_all_embeddings_another() -> None:
    engine = _engine("Mecca", "It is Mecca", "Riyadh")
    generation = asked("ما هي؟", n=2, max_tokens=50)
    await Xmbr(embedder=EMBEDDER)(samples_of("الرياض", "مكة"), generation, engine, context_in("ar")[0])
    drawn, embedded = engine.calls
    assert (drawn.purpose, drawn.engine, drawn.body["n"], drawn.body["max_tokens"]) == (
        "evidence",
        "chat",
        3,
        50,
    )
    assert "English" in drawn.body["messages"][0]["content"]
    assert drawn.body["messages"][1]["content"] == "ما هي؟"
    assert len(embedded.body["input"]) == 5


@pytest.mark.parametrize(("owed", "named"), [("en", "Chinese"), ("en-GB", "Chinese"), ("ar", "English")])
async def test_the_other_language_is_english_and_chinese_for_english(owed: str, named: str) -> None:
    engine = _engine("Mecca", "Mecca", "Mecca")
    await Xmbr(embedder=EMBEDDER)(samples_of("الرياض", "مكة"), asked(), engine, context_in(owed)[0])
    assert named in engine.calls[0].body["messages"][0]["content"]


async def test_without_an_embedder_languages_of_one_script_are_compared_by_chrf() -> None:
    engine = AnsweringEngine(lambda _: ["It is Nairobi", "Nairobi", "the city of Nairobi"])
    samples = samples_of("Ni Mombasa", "Ni Nairobi")
    ranking = await Xmbr()(samples, asked(), engine, context_in("sw")[0])
    assert ranking.order == (1, 0)
    assert len(engine.calls) == 1


@pytest.mark.parametrize("owed", ["ar", "zh-Hant", "sr-Cyrl", "und"])
async def test_without_an_embedder_no_evidence_is_drawn_across_scripts_and_a_note_says_so(owed: str) -> None:
    context, notes = context_in(owed)
    samples = samples_of("الرياض", "مكة", "مكة المكرمة")
    ranking = await Xmbr(language="en")(samples, asked(), SILENT, context)
    assert ranking == await Mbr()(samples, asked(), SILENT, context)
    assert notes == [Degraded("xmbr", "script", "mbr")]


async def test_a_failed_call_leaves_it_to_plain_mbr_and_a_note_says_so() -> None:
    def refusing(_: Generation) -> Any:
        return EngineRefused("too long", status=400)

    samples: Sequence[Any] = samples_of("الرياض", "مكة", "مكة المكرمة")
    for engine in (AnsweringEngine(refusing), AnsweringEngine(lambda _: ["Mecca"] * 3, refusing)):
        context, notes = context_in("ar")
        ranking = await Xmbr(embedder=EMBEDDER)(samples, asked(), engine, context)
        assert ranking == await Mbr()(samples, asked(), SILENT, context)
        assert notes == [Degraded("xmbr", "engine_refused", "mbr")]


async def test_equal_samples_need_no_evidence() -> None:
    samples = samples_of("مكة", "مكة", "Mecca", breaking=(2,))
    ranking = await Xmbr(embedder=EMBEDDER)(samples, asked(), SILENT, context_in("ar")[0])
    assert (ranking.order, ranking.agreement) == ((0, 1, 2), 1)

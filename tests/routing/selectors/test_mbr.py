"""The sample most like the others wins; by chrF, or by an engine's embeddings."""

import pytest

from routing.errors import EngineUnavailable
from routing.notes import Degraded
from routing.other_model import OtherModel
from routing.selectors.mbr import Mbr
from tests.routing.selectors.selecting import (
    SILENT,
    Answer,
    AnsweringEngine,
    asked,
    context_in,
    embedding,
    samples_of,
)

EMBEDDER = OtherModel(model="e5", engine="embeddings")


@pytest.mark.parametrize(
    "texts",
    [
        ("Столица — Москва", "Я не знаю", "Столица: Москва", "Столица — город Москва"),
        ("首都は東京です", "分かりません", "首都は東京", "日本の首都は東京です"),
        ("العاصمة هي القاهرة", "لا أعرف", "العاصمة القاهرة", "عاصمة مصر هي القاهرة"),
    ],
)
async def test_the_one_that_is_unlike_all_others_comes_last(texts: tuple[str, ...]) -> None:
    ranking = await Mbr()(samples_of(*texts), asked(), SILENT, context_in("ru")[0])
    assert ranking.order[-1] == 1
    assert 0 < ranking.agreement < 1


async def test_equal_samples_agree_wholly_and_the_greedy_one_wins() -> None:
    ranking = await Mbr(embedder=EMBEDDER)(samples_of("ใช่", "ใช่"), asked(), SILENT, context_in("th")[0])
    assert (ranking.order, ranking.agreement) == ((0, 1), 1)


async def test_one_sample_needs_no_call() -> None:
    ranking = await Mbr(embedder=EMBEDDER)(samples_of("ใช่"), asked(), SILENT, context_in("th")[0])
    assert (ranking.order, ranking.agreement) == ((0,), 1)


async def test_embeddings_come_from_the_named_model_and_each_text_is_sent_once() -> None:
    vectors = {"a": [3.0, 0.0], "b": [2.0, 0.2], "c": [0.0, 1.0]}
    engine = AnsweringEngine(document=embedding(vectors))
    samples = samples_of("c", "a", "b", "a", "x", breaking=(4,))
    ranking = await Mbr(embedder=EMBEDDER)(samples, asked(), engine, context_in("sw")[0])
    assert ranking.order == (2, 1, 3, 0, 4)
    (call,) = engine.calls
    assert (call.endpoint, call.engine, call.purpose) == ("embeddings", "embeddings", "embed")
    assert call.body == {"model": "e5", "input": ["c", "a", "b"], "encoding_format": "float"}
    assert engine.opened[0].is_closed


@pytest.mark.parametrize(
    "answer",
    [
        EngineUnavailable("gone"),
        b"<html>",
        b"[]",
        {"data": []},
        {"data": [{"index": 0, "embedding": [1.0]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [float("nan")]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1e300]}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": "AAAA"}]},
        {"data": [{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}]},
        {"data": [{"embedding": [1.0]}, {"embedding": [2.0]}]},
        {"data": None},
    ],
)
async def test_where_the_embedder_fails_chrf_chooses_and_a_note_says_so(answer: Answer) -> None:
    engine = AnsweringEngine(document=lambda _: answer)
    context, notes = context_in("sw")
    samples = samples_of("jibu ni tano", "jibu ni sita")
    ranking = await Mbr(embedder=EMBEDDER)(samples, asked(), engine, context)
    assert ranking == await Mbr()(samples, asked(), SILENT, context)
    (note,) = notes
    assert isinstance(note, Degraded)
    assert (note.strategy, note.to) == ("mbr", "chrf")

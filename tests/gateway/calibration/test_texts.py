from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.calibration.texts import read_parallel, read_task
from routing.errors import ConfigError
from tests.gateway.calibration.conftest import write_lines


def line(language: str, identity: str | int, text: str) -> dict[str, Any]:
    return {"language": language, "id": identity, "text": text}


LINES = [
    line("sw", "a", "mto"),
    line("EN", "b", "tree"),
    line("en", "a", "river"),
    line("sw", "b", "mti"),
    line("zh-TW", "b", "樹"),
    line("zh-TW", "a", "河流"),
    line("en", "c", "left out: Swahili has none"),
]


def test_texts_are_aligned_by_id_whatever_their_order(tmp_path: Path) -> None:
    found = read_parallel(write_lines(tmp_path / "p.jsonl", LINES), None, 0)
    assert dict(found.by_language) == {
        "en": (("tree",), ("river",)),
        "sw": (("mti",), ("mto",)),
        "zh-Hant-TW": (("樹",), ("河流",)),
    }
    assert next(iter(found.by_language)) == "en"
    assert found.left_out == 1


# Line separators that JSON takes literally and str.splitlines would cut at; joiners; right to left; decomposed.
TEXT = st.text(min_size=1).filter(str.strip) | st.sampled_from(
    ["a\u2028b", "می\u200cروم", "👩\u200d👩\u200d👧", "e\u0301", "क्ष", "\x85x"]
)


@settings(max_examples=40)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=2, max_size=6))
def test_text_of_any_script_comes_through(tmp_path_factory: pytest.TempPathFactory, pairs: list[Any]) -> None:
    lines = [
        line(tag, n, pair[side]) for n, pair in enumerate(pairs) for side, tag in enumerate(("en", "fa"))
    ]
    path = write_lines(tmp_path_factory.mktemp("texts") / "p.jsonl", lines)
    found = read_parallel(path, None, 0).by_language
    for side, tag in enumerate(("en", "fa")):
        assert found[tag] == tuple((pair[side],) for pair in pairs)


def test_texts_are_drawn_by_the_seed_and_stay_aligned(tmp_path: Path) -> None:
    lines = [line(tag, n, f"{tag}{n}") for n in range(40) for tag in ("en", "am")]
    path = write_lines(tmp_path / "p.jsonl", lines)
    drawn = [read_parallel(path, 10, seed).by_language for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0]["en"])) == 10
    for english, amharic in zip(drawn[0]["en"], drawn[0]["am"], strict=True):
        assert english[0][2:] == amharic[0][2:]
    assert len(read_parallel(path, 99, 0).by_language["en"]) == 40


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([line("sw", 1, "mto"), line("sw", 2, "mti")], "needs English and another language; has sw"),
        ([line("en", 1, "river"), line("en", 2, "tree")], "has en"),
        ([], "has none"),
        ([line("en", 1, "a"), line("sw", 1, "b"), line("en", 2, "c")], "1 ids are there in every language"),
        ([line("en", 1, "a"), line("en", 1, "b")], r":2: en has the id 1 twice"),
        ([line("en", 1, "a"), line("no such", 1, "b")], r":2: language: .*not a BCP-47 language tag"),
        ([line("en", 1, "a"), line("sw", 1, " ")], r":2: text: "),
        ([line("en", 1, "a"), {"language": "sw", "text": "b"}], r":2: id: "),
        ([line("en", 1, "a"), ["sw"]], r":2: "),
    ],
)
def test_what_is_wrong_is_told_by_file_and_line(tmp_path: Path, lines: list[Any], message: str) -> None:
    path = write_lines(tmp_path / "p.jsonl", lines)
    with pytest.raises(ConfigError, match=message) as caught:
        read_parallel(path, None, 0)
    assert str(path) in caught.value.message


def test_line_numbers_count_blank_lines_and_texts_are_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('\n{"language": "en", "id": 1, "text": "confidential"\n', "utf-8")
    with pytest.raises(ConfigError, match=r":2: ") as caught:
        read_parallel(path, None, 0)
    assert "confidential" not in caught.value.message


def test_a_task_has_questions_with_answers_or_plain_text(tmp_path: Path) -> None:
    lines = [{"question": "2+2?", "answer": "4", "id": 7}, {"text": "Two and two is four."}]
    assert read_task(write_lines(tmp_path / "t.jsonl", lines), None, 0) == (
        ("2+2?", "4"),
        ("Two and two is four.",),
    )


@pytest.mark.parametrize(
    ("lines", "message"),
    [([], "no text"), ([{"question": "2+2?"}], ":1: text"), ([{"text": ""}], ":1: text")],
)
def test_a_task_without_text_is_refused(tmp_path: Path, lines: list[Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_task(write_lines(tmp_path / "t.jsonl", lines), None, 0)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_task(tmp_path / "none.jsonl", None, 0)

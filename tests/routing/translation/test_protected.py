"""What must come through a translation byte for byte."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings

from routing.errors import StructureLost
from routing.translation.protected import Protected, protect, restore
from tests.routing.translation.texts import MIXED

NTREX = Path(__file__).parents[4] / "shared/data/ntrex"

Restore = Callable[[str, Protected], str]


@settings(max_examples=400)
@given(MIXED)
def test_an_untouched_text_comes_back_as_it_was(text: str) -> None:
    assert restore(protect(text).text, protect(text)) == text


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Endesha `x > 5` kisha", ["`x > 5`"]),
        ("مثال: ```py\nprint(1)\n``` انتهى", ["```py\nprint(1)\n```"]),
        ("देखें https://eg.org/a?b=1.", ["https://eg.org/a?b=1"]),
        ("見てhttps://eg.org/ü。次", ["https://eg.org/ü"]),
        ("mail נא me@eg.co.il!", ["me@eg.co.il"]),
        ("有3个苹果，共1,200元", ["3", "1,200"]),
        ("٣٫٥ كم و 25%", ["٣٫٥", "25%"]),
        ("Preis: 1.000,50 € am 3.10.2024", ["1.000,50 €", "3.10.2024"]),
        ("12 km, 30°C, 5 GB", ["12 km", "30°C", "5 GB"]),
        ("Hola {name}, tienes %s y %(n)d en {{x}}", ["{name}", "%s", "%(n)d", "{{x}}"]),
        ("<b>ตัวหนา</b> &amp;", ["<b>", "</b>", "&amp;"]),
        ("Формула $x^2$ и \\(y\\)", ["$x^2$", "\\(y\\)"]),
        ('JSON {"ቁልፍ": [1, 2]} እና [1, 2]', ['{"ቁልፍ": [1, 2]}', "[1, 2]"]),
        ("B2B na 3D na Sura_5", []),
        ("Bei ni $5 au $6 tu", ["$5", "$6"]),
        ("iPhone15を5台、COVID-19、v1.2.3、GPT-4", ["5"]),
        ("(см. https://eg.org/A_(б))", ["https://eg.org/A_(б)"]),
        ("请写信到a@b.com谢谢, или на почта@пример.рф.", ["a@b.com", "почта@пример.рф"]),
        ("{имя} и {user.name!r:>10}", ["{имя}", "{user.name!r:>10}"]),
        ("> ```\n> ኮድ = `1`\n> ```\nእሺ", ["> ```\n> ኮድ = `1`\n> ```"]),
        ("~~จริง~~ แล้ว", []),
    ],
)
def test_each_kind_of_span_is_taken_out(text: str, spans: list[str]) -> None:
    assert list(protect(text).spans) == spans


def test_numbers_of_list_items_stay_in_place() -> None:
    assert protect("1. kwanza\n2. pili 7\n").text == "1. kwanza\n2. pili [[1]]\n"


@pytest.mark.parametrize(
    "translated",
    [
        "Run [[1]] in [[2]].",
        "[[2]] لـ [[1]]",
        "[[ १ ]] [[२]]",
        "［［１］］と［［２］］",
        "【1】 ⟦2⟧",
        "[1] and [2]",
        "`a` then [[2]]",
    ],
)
def test_small_deviations_of_a_model_are_understood(translated: str) -> None:
    protected = protect("Endesha `a` ndani ya 5 km.")
    restored = restore(translated, protected)
    assert restored.count("`a`") == 1
    assert restored.count("5 km") == 1
    assert "[" not in restored


def _refuses_losses(tried: Restore) -> None:
    protected = protect("Endesha `a` ndani ya `b`.")
    for wrong in ["Run it.", "Run [[1]].", "Run [[1]] [[1]] [[2]].", "", "Run [[2]] [[3]]"]:
        with pytest.raises(StructureLost):
            tried(wrong, protected)


def test_a_lost_or_doubled_mark_is_refused() -> None:
    _refuses_losses(restore)


def test_a_restore_that_only_fills_in_is_noticed() -> None:
    def careless(translated: str, protected: Protected) -> str:
        for mark, span in zip(protected.marks, protected.spans, strict=True):
            translated = translated.replace(mark, span)
        return translated

    with pytest.raises(pytest.fail.Exception):
        _refuses_losses(careless)


def test_the_error_tells_nothing_of_the_text() -> None:
    with pytest.raises(StructureLost) as caught:
        restore("", protect("siri `nywila-yangu`"))
    assert "nywila" not in caught.value.message


def test_marks_in_the_text_itself_are_never_mistaken() -> None:
    protected = protect("Angalia [[4]] na `x`.")
    assert all(mark not in "Angalia [[4]] na `x`." for mark in protected.marks)
    assert restore(protected.text, protected) == "Angalia [[4]] na `x`."


def test_a_text_of_structure_alone_has_no_prose() -> None:
    assert not protect("`x` 5 km — {name}").has_prose
    assert protect("`x` க").has_prose


@pytest.mark.parametrize(
    "beginning",
    [
        "[",
        "{",
        "`",
        "$",
        "<a",
        "1,",
        "1",
        "a.a.",
        "a",
        "<!--",
        "\\(",
        "1 ",
        "`` ",
        '{"a":',
        '[["",',
        "{{a",
        "http://",
        "- ",
    ],
)
def test_adversarial_texts_cost_no_more_than_others(beginning: str) -> None:
    """Each took seconds to minutes, or for ever, where a beginning was sought an end for up to the end of the text."""
    short, long = (beginning * (length // len(beginning)) + "x" for length in (25_000, 100_000))
    # Four times the length takes four times as long, and sixteen times where the cost is quadratic.
    assert _cost_s(long) < 12 * _cost_s(short) + 1
    protected = protect(long)
    assert restore(protected.text, protected) == long


def _cost_s(text: str) -> float:
    began = time.process_time()
    protect(text)
    return time.process_time() - began


def test_a_number_within_another_is_not_there() -> None:
    for wrong in ["Lipa 15 sasa", "Lipa 5.2 sasa", "Lipa A5 sasa"]:
        with pytest.raises(StructureLost):
            restore(wrong, protect("Pay 5 now"))
    assert restore("你有5个", protect("You have 5")) == "你有5个"


def test_two_equal_spans_are_both_to_come_back() -> None:
    protected = protect("`x` на `x`")
    with pytest.raises(StructureLost):
        restore("`x` да", protected)
    assert restore("`x`, [[2]]", protected) == "`x`, `x`"


def test_a_mark_that_nobody_gave_never_reaches_the_client() -> None:
    with pytest.raises(StructureLost):
        restore("[[1]] и [[2]]", protect("`x` да"))


def test_a_note_in_single_brackets_beside_a_mark_is_left_alone() -> None:
    assert restore("كما في [1]: [[1]]", protect("Как `x`")) == "كما في [1]: `x`"


def test_a_mark_with_the_greatest_number_may_stand_in_the_text() -> None:
    for text in ["[[999999999]] na `x`", "[[9999999999]] na `x`"]:
        assert restore(protect(text).text, protect(text)) == text


@pytest.mark.skipif(not NTREX.is_dir(), reason="needs ../shared/data/ntrex")
def test_news_in_many_languages_comes_back_as_it_was() -> None:
    for path in sorted(NTREX.glob("*.txt"))[::4]:
        for line in path.read_text(encoding="utf-8").splitlines()[::100]:
            assert restore(protect(line).text, protect(line)) == line

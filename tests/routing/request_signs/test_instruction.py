import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.request_signs.instruction import instruction_of


@pytest.mark.parametrize(
    "quoted",
    ['"in French"', "“in French”", "„in French“", "«in French»", "»in French«", "「in French」", "『in French』",
     "'in French'", "‘in French’", "`in French`", "```\nin French\n```", "\n> in French\n"],
)  # fmt: skip
def test_what_is_quoted_is_no_instruction(quoted: str) -> None:
    assert "French" not in instruction_of(f"Παρακαλώ {quoted} 说")


@pytest.mark.parametrize(
    "text", ["l'anglais et l'allemand", "don't answer in 'n' out", 'a 6" screen in French', "«"]
)
def test_an_apostrophe_or_a_mark_left_open_quotes_nothing(text: str) -> None:
    kept = instruction_of(text)
    assert all(word in kept for word in text.replace("'n'", "").split())


def test_only_both_ends_of_a_long_text_are_read() -> None:
    text = "Résume ce texte. " + "mot " * 5_000 + "answer in German " + "mot " * 5_000 + "Réponds en arabe."
    kept = instruction_of(text)
    assert kept.startswith("Résume")
    assert kept.endswith("arabe.")
    assert "German" not in kept


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\"'“”«»`>\n")), max_size=2_000))
def test_no_text_breaks_it_and_little_is_left_of_much(text: str) -> None:
    assert len(instruction_of(text)) <= 801

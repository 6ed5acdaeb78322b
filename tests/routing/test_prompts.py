"""Prompts as data: well formed in every language that they claim, filled in once, replaced by a policy."""

from pathlib import Path

import langcodes
import pytest
from hypothesis import given
from hypothesis import strategies as st

import routing
from routing.errors import ConfigError
from routing.policy_file import parse_policy
from routing.prompts import DEFAULT, Prompts, fields_of, problems_of, shipped_prompts

ROUTING = Path(routing.__file__).parent
SHIPPED = [
    (name, language) for name, texts in shipped_prompts().texts.items() for language in texts
]  # fmt: skip


@pytest.mark.parametrize(("name", "language"), SHIPPED)
def test_every_shipped_prompt_is_well_formed(name: str, language: str) -> None:
    texts = shipped_prompts().texts[name]
    assert texts[language].strip()
    assert fields_of(texts[language]) <= fields_of(texts[DEFAULT])
    assert language == DEFAULT or langcodes.tag_is_valid(language)


@pytest.mark.parametrize("name", shipped_prompts().texts)
def test_every_shipped_prompt_is_used(name: str) -> None:
    """Else a policy could replace one that nobody reads."""
    assert any(f'"{name}"' in source.read_text("utf-8") for source in ROUTING.rglob("*.py"))


@given(st.text(max_size=60))
def test_what_is_filled_in_is_never_read_for_fields_again(text: str) -> None:
    prompts = Prompts({"ask": {DEFAULT: "<$text|$other>"}})
    assert prompts.text("ask", text=text, other="${text} $text $$") == f"<{text}|${{text}} $text $$>"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("zh-Hant-TW", "請用繁體"),
        ("zh-Hans", "请用中文"),
        ("zh", "请用中文"),
        ("sw", "Answer"),
        ("nonsense!", "Answer"),
    ],
)
def test_a_language_takes_the_nearest_text_that_covers_it(language: str, expected: str) -> None:
    prompts = Prompts({"ask": {DEFAULT: "Answer", "zh": "请用中文", "zh-Hant": "請用繁體"}})
    assert prompts.text("ask", language) == expected


def test_a_policy_replaces_single_texts_and_keeps_the_rest() -> None:
    prompts = shipped_prompts().replaced_by({"solve_in": {"sw": "Fikiri kwa $pivot."}})
    assert prompts.text("solve_in", "sw", pivot="English") == "Fikiri kwa English."
    assert "English" in prompts.text("solve_in", "ar", pivot="English")


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({"solve_inn": {"default": "x $pivot"}}, "there is no prompt `solve_inn`"),
        ({"solve_in": {"default": "Answer."}}, "$pivot"),
        ({"solve_in": {"default": "Answer in $pivot, $name."}}, "$pivot"),
        ({"solve_in": {"sw": "Lipa $ 5 kwa $pivot"}}, "$$"),
    ],
)
def test_a_wrong_prompt_is_refused_and_says_why(own: dict[str, dict[str, str]], told: str) -> None:
    (problem,) = problems_of(own).values()
    assert told in problem


def test_a_wrong_prompt_in_a_policy_is_told_with_its_line() -> None:
    policy = "version: 1\nengines:\n  e: {kind: http, urls: ['http://e/v1']}\nprompts:\n  solve_in:\n    sw: Jibu\n"
    with pytest.raises(ConfigError, match=r"p\.yaml:6: prompts\.solve_in\.sw: must have the fields"):
        parse_policy(policy, "p.yaml")

"""Short answers without what does not count."""

import pytest

from routing.final_answer.plain import plain
from routing.final_answer.short import short_answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("  Dar  es\nSalaam. ", "dar es salaam"),
        ("«Київ»", "київ"),
        ("「東京」。", "東京"),
        ("¿Madrid?", "madrid"),
        ("القاهرة؟", "القاهرة"),
        ("दिल्ली।", "दिल्ली"),
        ("คุณ", "คุณ"),
        ("မြန်မာ။", "မြန်မာ"),
        ("C#", "c#"),
        ("C++", "c++"),
        ("the cat", "the cat"),
        ("...", None),
        ("", None),
    ],
)
def test_signs_and_spaces_at_the_ends_do_not_count(text: str, answer: str | None) -> None:
    assert short_answer(plain(text)) == answer

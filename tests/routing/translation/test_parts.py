"""The parts of a request."""

from copy import deepcopy
from typing import Any

from routing.translation.parts import parts_of, with_parts

BODY: dict[str, Any] = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "Wewe ni msaidizi."},
        {"role": "system", "name": "example_user", "content": "उदाहरण प्रश्न"},
        {"role": "system", "name": "example_assistant", "content": "उदाहरण उत्तर"},
        {"role": "user", "content": "سؤال سابق"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "1", "function": {"name": "tafuta", "arguments": '{"neno": "jua"}'}}],
        },
        {"role": "tool", "tool_call_id": "1", "content": "結果です"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "คำถามสุดท้าย"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
            ],
        },
    ],
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "tafuta",
                "description": "Hutafuta maneno",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "description": {"type": "string", "description": "Maelezo", "enum": ["a"]},
                    },
                },
            },
        }
    ],
}


def test_each_text_is_told_apart_by_what_it_is_there_for() -> None:
    assert [(part.part, part.text) for part in parts_of(BODY)] == [
        ("instruction", "Wewe ni msaidizi."),
        ("examples", "उदाहरण प्रश्न"),
        ("examples", "उदाहरण उत्तर"),
        ("context", "سؤال سابق"),
        ("context", "結果です"),
        ("instruction", "คำถามสุดท้าย"),
        ("output", "Hutafuta maneno"),
        ("output", "Maelezo"),
    ]


def test_changed_texts_stand_where_they_stood_and_nothing_else_changes() -> None:
    before = deepcopy(BODY)
    parts = parts_of(BODY)
    changed = with_parts(BODY, {part.place: part.text.upper() for part in parts})
    assert before == BODY
    assert with_parts(changed, {part.place: part.text for part in parts}) == BODY
    assert changed["messages"][4] == BODY["messages"][4]
    assert changed["messages"][6]["content"][1] == BODY["messages"][6]["content"][1]
    assert changed["tools"][0]["function"]["name"] == "tafuta"
    assert changed["tools"][0]["function"]["description"] == "HUTAFUTA MANENO"


def test_without_changes_the_body_is_the_same() -> None:
    assert with_parts(BODY, {}) == BODY

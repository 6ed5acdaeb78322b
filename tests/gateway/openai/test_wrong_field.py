"""What clients are told of wrong fields: the field, what is allowed there, what may have been meant."""

from typing import Any

import pytest
from pydantic import BaseModel

from gateway.openai.parse import parse_request
from gateway.openai.requests import ChatRequest, CompletionRequest, EmbeddingRequest
from routing.errors import InvalidRequest

CHAT: dict[str, Any] = {"model": "tiny", "messages": [{"role": "user", "content": "வணக்கம்"}]}
TEXT: dict[str, Any] = {"model": "tiny", "prompt": "สวัสดี"}
VECTOR: dict[str, Any] = {"model": "tiny", "input": "שלום"}


def said(model: type[BaseModel], body: dict[str, Any]) -> tuple[str, str | None]:
    with pytest.raises(InvalidRequest) as caught:
        parse_request(model, body)
    return caught.value.message, caught.value.param


@pytest.mark.parametrize(
    ("field", "value", "wrong"),
    [
        ("temperature", "0.5", "must be a number, not a string"),
        ("temperature", 2.5, "must be at most 2, not 2.5"),
        ("temperature", -1, "must be at least 0, not -1"),
        ("n", 1.5, "must be a whole number, not 1.5"),
        ("n", 0, "must be at least 1, not 0"),
        ("seed", 2**64, "must be less than 9223372036854775808, not 18446744073709551616"),
        ("stream", "yes", "must be true or false, not a string"),
        ("messages", [], "must not be empty"),
        ("messages", "வணக்கம்", "must be an array, not a string"),
        ("tool_choice", None, None),
        ("tool_choice", 5, "must be a string or an object, not 5"),
        ("stop", {"மணி": 1}, "must be a string or an array, not an object"),
        ("dragoman", "auto", "must be an object, not a string"),
    ],
)
def test_a_wrong_value_is_told_with_what_is_allowed(field: str, value: object, wrong: str | None) -> None:
    body = {**CHAT, field: value}
    if wrong is None:
        parse_request(ChatRequest, body)
    else:
        assert said(ChatRequest, body) == (f"{field}: {wrong}.", field)


def test_of_what_may_be_several_things_all_are_named() -> None:
    assert said(CompletionRequest, {**TEXT, "prompt": 5})[0] == "prompt: must be a string or an array, not 5."
    message, param = said(CompletionRequest, {**TEXT, "prompt": [[1, 2], ["สวัสดี"]]})
    assert (message, param) == ("prompt.1.0: must be a whole number, not a string.", "prompt.1.0")


def test_what_is_one_of_few_words_is_told_with_all_of_them() -> None:
    message, _ = said(EmbeddingRequest, {**VECTOR, "encoding_format": "int1"})
    assert message == "encoding_format: must be 'float', 'base64', 'bytes' or 'bytes_only'."
    assert said(EmbeddingRequest, {**VECTOR, "stream": True})[0] == "stream: must be false."


def test_a_missing_field_is_required() -> None:
    messages = [*CHAT["messages"], {"content": "மேலும்"}]
    assert said(ChatRequest, {**CHAT, "messages": messages}) == (
        "messages.1.role: is required.",
        "messages.1.role",
    )


@pytest.mark.parametrize(
    ("ask", "param", "wrong"),
    [
        ({"languge": "ta"}, "languge", "unknown key; did you mean `language`? (known: answer_language, "),
        ({"மொழி": "ta"}, "மொழி", "unknown key (known: answer_language, "),
        ({"contract": {"levl": "flag"}}, "contract.levl", "unknown key; did you mean `level`? (known: "),
        ({"contract": {"level": "flagg"}}, "contract.level", "must be 'off', 'flag', 'mask' or 'retry'."),
        ({"strategy": {}}, "strategy.kind", "is required (known: attempt, direct, "),
        (
            {"strategy": {"kind": "dirct"}},
            "strategy.kind",
            "no kind is called `dirct`; did you mean `direct`?",
        ),
        (
            {"strategy": {"kind": "self_translate", "inner": {"kind": "samples", "selectr": {}}}},
            "strategy.inner.selectr",
            "unknown key; did you mean `selector`? (known: ",
        ),
        ({"strategy": {"kind": "attempt"}}, "strategy.inner", "is required."),
        ({"answer_language": "தமிழ்"}, "answer_language", "`தமிழ்` is not a BCP-47 language tag."),
        ({"explain": 1}, "explain", "must be true or false, not 1."),
    ],
)
def test_what_is_wrong_in_the_gateways_own_field_is_named_with_what_was_meant(
    ask: dict[str, Any], param: str, wrong: str
) -> None:
    message, at = said(ChatRequest, {**CHAT, "dragoman": ask})
    assert at == f"dragoman.{param}"
    assert message.startswith(f"{at}: {wrong}")


@pytest.mark.parametrize("secret", ["sk-தமிழ்", {"sk-தமிழ்": 1}, ["sk-தமிழ்"]])
def test_text_that_stands_in_the_wrong_place_is_not_repeated(secret: object) -> None:
    for field in ("temperature", "n", "stream", "max_tokens", "response_format"):
        assert "sk-" not in said(ChatRequest, {**CHAT, field: secret})[0]

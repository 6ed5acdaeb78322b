"""The official Python client against the real stack, in six languages."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.stack.running_stack import RunningStack
from tests.stack.test_stack import MODEL, QUESTIONS

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def client(stack: RunningStack) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{stack.url}/v1", api_key=stack.key, max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def engine(stack: RunningStack) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{stack.engine_url}/v1", api_key=stack.engine_key, max_retries=0) as client:
        yield client


def _ask(language: str) -> Any:
    return [{"role": "user", "content": QUESTIONS[language]}]


def _whole(client: openai.OpenAI, language: str) -> str:
    answer = client.chat.completions.create(
        model=MODEL, messages=_ask(language), temperature=0, max_completion_tokens=24
    )
    return answer.choices[0].message.content or ""


def _streamed(client: openai.OpenAI, language: str) -> str:
    stream = client.chat.completions.create(
        model=MODEL, messages=_ask(language), temperature=0, max_completion_tokens=24, stream=True
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream)


@pytest.mark.parametrize("language", QUESTIONS)
def test_streamed_or_not_through_the_gateway_or_straight_the_text_is_the_same(
    client: openai.OpenAI, engine: openai.OpenAI, language: str
) -> None:
    texts = {_whole(client, language), _streamed(client, language), _whole(engine, language)}
    assert len(texts) == 1
    assert texts.pop().strip()


@pytest.mark.parametrize("language", ["es", "th"])
def test_structured_output_keeps_to_its_schema(client: openai.OpenAI, language: str) -> None:
    schema = {
        "type": "object",
        "properties": {"capital": {"type": "boolean"}},
        "required": ["capital"],
        "additionalProperties": False,
    }
    answer = client.chat.completions.create(
        model=MODEL,
        messages=_ask(language),
        temperature=0,
        max_completion_tokens=60,
        response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}},
    )
    assert isinstance(json.loads(answer.choices[0].message.content or "")["capital"], bool)


def test_logprobs_choices_and_seeds_are_vllms(client: openai.OpenAI) -> None:
    def ask() -> Any:
        return client.chat.completions.create(
            model=MODEL,
            messages=_ask("hi"),
            n=3,
            seed=11,
            logprobs=True,
            top_logprobs=2,
            max_completion_tokens=8,
        )

    first, second = ask(), ask()
    assert [choice.message.content for choice in first.choices] == [
        choice.message.content for choice in second.choices
    ]
    assert len(first.choices) == 3
    for choice in first.choices:
        assert all(token.logprob <= 0 and len(token.top_logprobs) >= 2 for token in choice.logprobs.content)


def test_responses_and_completions_are_answered(client: openai.OpenAI) -> None:
    events = list(
        client.responses.create(
            model=MODEL, input=QUESTIONS["ar"], temperature=0, max_output_tokens=16, stream=True
        )
    )
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    whole = client.responses.create(model=MODEL, input=QUESTIONS["ar"], temperature=0, max_output_tokens=16)
    assert whole.output_text == text
    assert text.strip()
    completion = client.completions.create(model=MODEL, prompt=QUESTIONS["zh"], temperature=0, max_tokens=8)
    assert completion.usage is not None
    assert completion.usage.completion_tokens == 8


def test_what_vllm_refuses_is_the_clients_bad_request(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(model=MODEL, messages=_ask("en"), max_completion_tokens=30_000)
    assert raised.value.type

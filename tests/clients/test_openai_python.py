"""The official Python client, which knows nothing of the gateway but its base URL."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import openai
import pytest

from tests.gateway.conftest import KEY
from tests.gateway.engine_answers import EMBEDDINGS, answer_all, chat_steps
from tests.gateway.scripted_engine import CUT, USAGE, chat_document, chunk
from tests.gateway.served import Served

GREETINGS = [
    "¿Qué tal?",
    "नमस्ते, क्षत्रिय",
    "السلام عليكم",
    "你好，世界",
    "สวัสดีครับ",
    "こんにちは",
    "안녕하세요",
    "שָׁלוֹם",
    "👩‍👩‍👧 Hi",
]
MESSAGES: Any = [{"role": "user", "content": "¿Qué tal?"}]
SCHEMA: Any = {
    "type": "json_schema",
    "json_schema": {
        "name": "město",
        "schema": {"type": "object", "properties": {"名前": {"type": "string"}}},
    },
}
TOOLS: Any = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "อากาศ",
            "parameters": {"type": "object", "properties": {}},
        },
    }
]


@pytest.fixture
def client(served: Served) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{served.url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


@pytest.fixture
async def async_client(served: Served) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{served.url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


@pytest.mark.parametrize("text", GREETINGS)
def test_text_of_any_script_comes_and_goes_as_it_is(client: openai.OpenAI, served: Served, text: str) -> None:
    answer_all(served.engine, *text)
    messages: Any = [{"role": "user", "content": text}]
    whole = client.chat.completions.create(model="tiny", messages=messages)
    assert whole.choices[0].message.content == text
    stream = client.chat.completions.create(model="tiny", messages=messages, stream=True)
    assert [chunk.choices[0].delta.content for chunk in stream] == list(text)
    assert served.engine.requests[0] == {"model": "tiny", "messages": messages}


@pytest.mark.parametrize("include_usage", [True, False])
def test_a_stream_has_a_usage_chunk_only_if_asked(client: openai.OpenAI, include_usage: bool) -> None:
    stream = client.chat.completions.create(
        model="tiny", messages=MESSAGES, stream=True, stream_options={"include_usage": include_usage}
    )
    *chunks, last = list(stream)
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)
    assert (last.usage is not None) == include_usage
    if last.usage:
        assert last.usage.total_tokens == USAGE["total_tokens"]
        assert last.choices == []


def test_every_parameter_reaches_the_engine_exactly(client: openai.OpenAI, served: Served) -> None:
    sent: dict[str, Any] = {
        "n": 2,
        "stop": ["。", "؟"],
        "seed": 7,
        "logprobs": True,
        "top_logprobs": 3,
        "temperature": 0.3,
        "max_completion_tokens": 20,
        "response_format": SCHEMA,
        "tools": TOOLS,
        "tool_choice": {"type": "function", "function": {"name": "weather"}},
        "logit_bias": {"17": -100},
        "user": "użytkownik",
    }
    unknown = {
        "chat_template_kwargs": {"enable_thinking": False},
        "min_p": 0.1,
        "mystère": [1, {"ключ": None}],
    }
    client.chat.completions.create(model="tiny", messages=MESSAGES, **sent, extra_body=unknown)
    assert served.engine.requests == [{"model": "tiny", "messages": MESSAGES, **sent, **unknown}]


def test_choices_logprobs_and_tool_calls_come_back(client: openai.OpenAI, served: Served) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"où": "東京"}'}}
    token = {"token": "नि", "logprob": -0.5, "bytes": [224, 164, 168, 224, 164, 191], "top_logprobs": []}
    served.engine.document = chat_document("") | {
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "नि"},
                "logprobs": {"content": [token]},
            },
            {
                "index": 1,
                "finish_reason": "tool_calls",
                "message": {"role": "assistant", "content": None, "tool_calls": [call]},
            },
        ]
    }
    first, second = client.chat.completions.create(model="tiny", messages=MESSAGES, n=2).choices
    assert first.logprobs is not None
    assert first.logprobs.content is not None
    assert bytes(first.logprobs.content[0].bytes or []).decode() == "नि"
    assert second.message.tool_calls is not None
    assert second.message.tool_calls[0].to_dict() == call


def test_streamed_tool_calls_can_be_put_together(client: openai.OpenAI, served: Served) -> None:
    arguments = ['{"ciudad": ', '"القاه', 'رة"}']
    served.engine.steps = chat_steps(
        {
            "tool_calls": [
                {"index": 0, "id": "c1", "type": "function", "function": {"name": "weather", "arguments": ""}}
            ]
        },
        *({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in arguments),
        finish="tool_calls",
    )
    with client.chat.completions.stream(model="tiny", messages=MESSAGES, tools=TOOLS) as stream:
        final = stream.get_final_completion()
    (choice,) = final.choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls is not None
    assert choice.message.tool_calls[0].function.arguments == "".join(arguments)


def test_an_image_in_the_request_is_passed_on(client: openai.OpenAI, served: Served) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    messages: Any = [{"role": "user", "content": [{"type": "text", "text": "Cos'è?"}, image]}]
    client.chat.completions.create(model="tiny", messages=messages)
    assert served.engine.requests[0]["messages"] == messages


def test_the_gateways_own_field_is_answered_and_not_passed_on(client: openai.OpenAI, served: Served) -> None:
    ask = {"dragoman": {"language": "yo", "explain": True}}
    answer = client.chat.completions.create(model="tiny", messages=MESSAGES, extra_body=ask)
    assert answer.model_extra is not None
    assert answer.model_extra["dragoman"]["language"] == "yo"
    stream = client.chat.completions.create(model="tiny", messages=MESSAGES, extra_body=ask, stream=True)
    *_, last = list(stream)
    assert last.model_extra is not None
    assert last.model_extra["dragoman"]["engine_calls"][0]["completion_tokens"] == 3
    assert all("dragoman" not in request for request in served.engine.requests)


def test_headers_tell_what_was_done(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model="tiny", messages=MESSAGES, extra_headers={"x-request-id": "mine-1"}
    )
    assert raw.headers["x-request-id"] == "mine-1"
    assert raw.headers["x-dragoman-language"] == "es"
    assert raw.headers["x-dragoman-strategy"] == "direct"
    assert raw.headers["x-dragoman-engine-calls"] == "1"
    assert 0 <= float(raw.headers["x-dragoman-confidence"]) <= 1
    assert raw.parse().choices[0].message.content == "नमस्ते 👩‍👩‍👧"


def test_completions_are_answered(client: openai.OpenAI) -> None:
    whole = client.completions.create(model="tiny", prompt="שלום")
    assert whole.choices[0].text == "नमस्ते 👩‍👩‍👧"
    stream = client.completions.create(model="tiny", prompt="שלום", stream=True)
    assert "".join(chunk.choices[0].text for chunk in stream) == "नमस्ते 👩‍👩‍👧"


def test_responses_are_answered(client: openai.OpenAI, served: Served) -> None:
    whole = client.responses.create(model="tiny", input="Xin chào")
    assert whole.output_text == "नमस्ते 👩‍👩‍👧"
    assert whole.usage is not None
    assert (whole.usage.input_tokens, whole.usage.output_tokens) == (7, 3)
    events = list(client.responses.create(model="tiny", input="Xin chào", stream=True))
    assert [event.type for event in events][:1] == ["response.created"]
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == "नमस्ते 👩‍👩‍👧"
    assert events[-1].type == "response.completed"
    assert served.engine.requests[-1] == {"model": "tiny", "input": "Xin chào", "stream": True}


def test_embeddings_are_answered(client: openai.OpenAI) -> None:
    answer = client.embeddings.create(model="tiny", input=["ไทย", "中文"], encoding_format="float")
    assert answer.data[0].embedding == EMBEDDINGS["data"][0]["embedding"]


def test_models_are_listed_and_shown(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["tiny"]
    assert client.models.retrieve("tiny").id == "tiny"
    with pytest.raises(openai.NotFoundError) as raised:
        client.models.retrieve("без/имени")
    assert raised.value.code == "model_not_found"


def test_errors_become_the_clients_own(client: openai.OpenAI, served: Served) -> None:
    with pytest.raises(openai.AuthenticationError) as unauthorized:
        client.with_options(api_key="sk-other").models.list()
    assert unauthorized.value.code == "invalid_api_key"
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="无", messages=MESSAGES)
    with pytest.raises(openai.BadRequestError) as bad:
        client.chat.completions.create(model="tiny", messages=MESSAGES, temperature=9)
    assert (bad.value.param, bad.value.type) == ("temperature", "invalid_request_error")
    assert bad.value.request_id
    served.engine.status = 429
    served.engine.document = {"error": {"message": "zu viel", "type": "rate_limit_error"}}
    with pytest.raises(openai.RateLimitError, match="zu viel"):
        client.chat.completions.create(model="tiny", messages=MESSAGES)


def test_an_engine_that_breaks_off_is_an_error_after_what_came(client: openai.OpenAI, served: Served) -> None:
    served.engine.steps = [chunk("Приве"), 0.05, CUT]
    stream = client.chat.completions.create(model="tiny", messages=MESSAGES, stream=True)
    assert next(stream).choices[0].delta.content == "Приве"
    with pytest.raises(openai.APIError) as raised:
        next(stream)
    assert raised.value.code == "engine_error"


async def test_the_async_client_gets_the_same(async_client: openai.AsyncOpenAI, served: Served) -> None:
    whole = await async_client.chat.completions.create(model="tiny", messages=MESSAGES)
    assert whole.choices[0].message.content == "नमस्ते 👩‍👩‍👧"
    stream = await async_client.chat.completions.create(model="tiny", messages=MESSAGES, stream=True)
    assert [chunk.choices[0].delta.content async for chunk in stream] == ["नम", "स्ते 👩‍👩‍👧"]
    events = await async_client.responses.create(model="tiny", input="Xin chào", stream=True)
    assert [event.type async for event in events][-1] == "response.completed"
    assert (await async_client.completions.create(model="tiny", prompt="שלום")).choices[0].text
    assert (await async_client.embeddings.create(model="tiny", input="ไทย")).usage.total_tokens == 4
    assert [model.id async for model in async_client.models.list()] == ["tiny"]
    with pytest.raises(openai.BadRequestError):
        await async_client.chat.completions.create(model="tiny", messages=MESSAGES, n=999)
    served.engine.steps = [chunk("一"), 0.05, CUT]
    broken = await async_client.chat.completions.create(model="tiny", messages=MESSAGES, stream=True)
    with pytest.raises(openai.APIError):
        _ = [chunk async for chunk in broken]

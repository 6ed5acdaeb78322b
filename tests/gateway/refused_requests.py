"""Requests to every endpoint, good ones to begin with, and how a bad one must be refused."""

import io
from typing import Any

from tests.gateway.conftest import Running

JSON = {"Content-Type": "application/json"}
CHAT = "/v1/chat/completions"
POSTS = [
    CHAT,
    "/v1/completions",
    "/v1/responses",
    "/v1/embeddings",
    "/v1/dragoman/detect",
    "/v1/dragoman/explain",
]
USER = {"role": "user", "content": "Tere! 你好"}
GOOD: dict[str, dict[str, Any]] = {
    CHAT: {"model": "tiny", "messages": [USER]},
    "/v1/completions": {"model": "tiny", "prompt": "Tere! 你好"},
    "/v1/responses": {"model": "tiny", "input": "Tere! 你好"},
    "/v1/embeddings": {"model": "tiny", "input": "Tere! 你好"},
}


async def refused(running: Running, path: str, raw: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    """Status and error of a request that must be refused, in OpenAI's form and with a request id."""
    async with running.client.post(path, data=io.BytesIO(raw), headers={**JSON, **headers}) as response:
        error = (await response.json())["error"]
        assert 400 <= response.status < 500, error
        assert response.headers["x-request-id"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    return response.status, error

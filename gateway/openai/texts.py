"""The texts in a request: which conversation they make, how long they are, what remote media they name."""

from collections.abc import Sequence

from gateway.openai.requests import (
    ChatRequest,
    CompletionRequest,
    EmbeddingRequest,
    InputItem,
    Message,
    Part,
    Request,
    ResponseRequest,
)
from routing.language import Conversation

_INSTRUCTING = frozenset({"system", "developer"})


def conversation(request: Request, accept_language: str | None) -> Conversation:
    """The texts that bear on the language of a request."""
    users, system = _by_role(request)
    return Conversation(
        latest=users[-1] if users else "",
        earlier=tuple(users[:-1]),
        system=system,
        language=request.dragoman.language if request.dragoman else None,
        accept_language=accept_language,
    )


def prompt_chars(request: Request) -> int:
    """How many characters of text the request holds, over all turns."""
    return sum(map(len, _all_texts(request)))


def _turns(request: ResponseRequest) -> Sequence[InputItem]:
    return () if isinstance(request.input, str) else request.input


def _by_role(request: Request) -> tuple[list[str], str]:
    """The users' texts in order, and all instructions in one."""
    if isinstance(request, ChatRequest):
        return _users(request.messages), _system(request.messages)
    if isinstance(request, ResponseRequest):
        instructions = [_system(_turns(request)), request.instructions]
        return _users(_turns(request)) + _strings(request.input), "\n".join(filter(None, instructions))
    if isinstance(request, CompletionRequest):
        return _strings(request.prompt), ""
    return (_strings(request.input), "") if isinstance(request, EmbeddingRequest) else ([], "")


def _users(turns: Sequence[Message | InputItem]) -> list[str]:
    return [_text(turn.content) for turn in turns if turn.role == "user"]


def _system(turns: Sequence[Message | InputItem]) -> str:
    return "\n".join(filter(None, [_text(turn.content) for turn in turns if turn.role in _INSTRUCTING]))


def _all_texts(request: Request) -> list[str]:
    if isinstance(request, ChatRequest):
        return [_text(turn.content) for turn in request.messages]
    if isinstance(request, ResponseRequest):
        said = [_text(turn.content) for turn in _turns(request)] or _strings(request.input)
        return [*said, request.instructions or ""]
    return _by_role(request)[0]


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _text(content: str | list[Part] | None) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part.text for part in content or () if part.text)

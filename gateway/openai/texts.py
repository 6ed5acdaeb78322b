"""The texts in a request: which conversation they make, how long they are, what remote media they name."""

from collections.abc import Iterable, Sequence

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


def _turns(request: Request) -> Sequence[Message | InputItem]:
    if isinstance(request, ChatRequest):
        return request.messages
    if isinstance(request, ResponseRequest) and not isinstance(request.input, str):
        return request.input
    return ()


def _by_role(request: Request) -> tuple[list[str], str]:
    """The users' texts in order, and all instructions in one."""
    if isinstance(request, CompletionRequest):
        return _strings(request.prompt), ""
    if isinstance(request, EmbeddingRequest):
        return _strings(request.input), ""
    users = [_text(turn.content) for turn in _turns(request) if turn.role == "user"]
    system = [_text(turn.content) for turn in _turns(request) if turn.role in _INSTRUCTING]
    if isinstance(request, ResponseRequest):
        users += _strings(request.input)
        system.append(request.instructions or "")
    return users, "\n".join(filter(None, system))


def _all_texts(request: Request) -> Iterable[str]:
    if turns := _turns(request):
        yield from (_text(turn.content) for turn in turns)
    else:
        yield from _by_role(request)[0]
    if isinstance(request, ResponseRequest):
        yield request.instructions or ""


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _text(content: str | list[Part] | None) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part.text for part in content or () if part.text)

"""The account of one request: each engine call that was made for it, with its purpose, tokens and time."""

from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

ANSWER = "answer"

_COMPLETIONS_NAMES = ("prompt_tokens", "completion_tokens")
_RESPONSES_NAMES = ("input_tokens", "output_tokens")


@dataclass(slots=True)
class Call:
    """One engine call. Times are seconds since it began.

    began_s: when it did, in seconds since the request came.
    mask: the language that decoding was held to; empty for none.
    outcome: ``running``, and at the end ``ok``, ``refused``, ``timeout``, ``failed`` or ``aborted``.
    """

    purpose: str
    model: str
    engine: str = ""
    began_s: float = 0.0
    first_token_s: float | None = None
    total_s: float | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    mask: str = ""
    outcome: str = "running"
    _began: float = field(default_factory=perf_counter)

    @property
    def is_hidden(self) -> bool:
        """Whether it is a call that the client did not ask for."""
        return self.purpose != ANSWER

    @property
    def elapsed_s(self) -> float:
        """How long it took, or has taken so far."""
        return perf_counter() - self._began if self.total_s is None else self.total_s

    def note_first_token(self) -> None:
        """Something came; only the first time counts."""
        if self.first_token_s is None:
            self.first_token_s = perf_counter() - self._began

    def count(self, usage: dict[str, Any]) -> None:
        """Takes the tokens from an engine's usage, in the words of either API."""
        self.prompt_tokens = _tokens(usage, "prompt_tokens", "input_tokens")
        self.completion_tokens = _tokens(usage, "completion_tokens", "output_tokens")

    def end(self, outcome: str) -> None:
        """The call is over; an answer that was complete stays ``ok``."""
        self.total_s = perf_counter() - self._began
        if self.outcome == "running":
            self.outcome = outcome

    def view(self) -> dict[str, Any]:
        """The call as the explanation shows it."""
        return {
            "purpose": self.purpose,
            "engine": self.engine,
            "model": self.model,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "mask": self.mask or None,
            "began_seconds": round(self.began_s, 4),
            "seconds": round(self.elapsed_s, 4),
            "outcome": self.outcome,
        }


@dataclass(slots=True)
class Ledger:
    """All calls of one request, in the order they began, and the seconds that it waited for engines."""

    calls: list[Call] = field(default_factory=list)
    waited_s: float = 0.0
    _started: float = field(default_factory=perf_counter)
    _waiting: int = 0
    _since: float = 0.0

    def begin_wait(self) -> None:
        """A call waits for its engine from now on; `end_wait` ends that. Time in which several wait counts once."""
        if not self._waiting:
            self._since = perf_counter()
        self._waiting += 1

    def end_wait(self) -> None:
        """The call has what it waited for, or no longer waits."""
        self._waiting -= 1
        if not self._waiting:
            self.waited_s += perf_counter() - self._since

    def open(self, purpose: str, model: str) -> Call:
        """A new entry for a call that begins now."""
        call = Call(purpose, model, began_s=perf_counter() - self._started)
        self.calls.append(call)
        return call

    @property
    def tokens(self) -> int:
        """What all calls read and wrote so far."""
        return sum(call.prompt_tokens + call.completion_tokens for call in self.calls)

    @property
    def untold(self) -> int:
        """How many calls began to answer and were broken off before they told what they had read."""
        return sum(
            call.outcome == "aborted" and call.first_token_s is not None and not call.prompt_tokens
            for call in self.calls
        )

    @property
    def hidden(self) -> list[Call]:
        """The calls that the client did not ask for."""
        return [call for call in self.calls if call.is_hidden]

    @property
    def is_plain(self) -> bool:
        """Whether one call gave the answer, and there was no other: then the engine's usage is all there is."""
        return len(self.calls) < 2 and not self.hidden


def with_hidden_calls(usage: dict[str, Any], ledger: Ledger) -> dict[str, Any]:
    """An answer's usage with the hidden calls added, and answers that were given up; itemised under ``dragoman``.

    Tokens keep the names that they have in ``usage``: those of the Responses API differ from the others'. What one call
    gave keeps its usage as the engine told it.
    """
    if ledger.is_plain:
        return usage
    names = _RESPONSES_NAMES if "input_tokens" in usage else _COMPLETIONS_NAMES
    prompt = sum(call.prompt_tokens for call in ledger.calls)
    completion = sum(call.completion_tokens for call in ledger.calls)
    return {
        **usage,
        names[0]: prompt,
        names[1]: completion,
        "total_tokens": prompt + completion,
        "dragoman": [call.view() for call in ledger.calls],
    }


def _tokens(usage: dict[str, Any], *names: str) -> int:
    """The first of these counts that is a number above 0; else 0. Engines write what they like."""
    counts = (usage.get(name) for name in names)
    return next((int(count) for count in counts if isinstance(count, int | float) and count > 0), 0)

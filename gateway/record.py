"""What is known of one request when it ends: for the access log and the metrics. Never its content."""

from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from gateway.key_usage import KeyUsage
from gateway.ledger import Ledger
from routing.errors import DragomanError, EngineRefused
from routing.language import UNDETERMINED
from routing.notes import Note

STATE_KEY = "dragoman.record"


@dataclass(slots=True)
class Record:
    """Filled in on the way of a request. Times are seconds.

    model: the model asked for, or ``other`` where no engine has it.
    usage: what the key has used of its limits, once it is known.
    status: the HTTP status; 499, as nginx has it, where the client left before there was one.
    error_code: what the client was told went wrong. error_label: the same for metrics, where engines make up no codes.
    notes: what the strategy told of its decisions.
    client_s: time spent waiting for the client, to send its body or to take the answer.
    """

    request_id: str
    method: str
    path: str
    endpoint: str = "other"
    key: str = ""
    usage: KeyUsage | None = None
    model: str = ""
    language: str = UNDETERMINED
    confidence: float = 0.0
    strategy: str = ""
    status: int = 499
    error_code: str = ""
    error_label: str = ""
    has_left: bool = False
    client_s: float = 0.0
    first_token_s: float | None = None
    total_s: float = 0.0
    ledger: Ledger = field(default_factory=Ledger)
    notes: list[Note] = field(default_factory=list)
    started: float = field(default_factory=perf_counter)

    @property
    def gateway_s(self) -> float:
        """Time that was spent in the gateway itself."""
        return max(0.0, self.total_s - self.client_s - self.ledger.waited_s)

    def note_error(self, error: DragomanError) -> None:
        """The request ends in this error."""
        self.error_code = error.code
        self.error_label = EngineRefused.code if isinstance(error, EngineRefused) else error.code

    def note_first_token(self) -> None:
        """The first bytes of a streamed answer are about to leave."""
        self.first_token_s = perf_counter() - self.started

    def end(self) -> None:
        """The request is over."""
        self.total_s = perf_counter() - self.started

    def view(self) -> dict[str, Any]:
        """The request as the access log has it."""
        return {
            "request_id": self.request_id,
            "method": self.method,
            "path": self.path[:200],
            "status": self.status,
            "error": self.error_code or None,
            "key": self.key or None,
            "model": self.model or None,
            "language": self.language,
            "strategy": self.strategy or None,
            "engine_calls": len(self.ledger.calls),
            "prompt_tokens": sum(call.prompt_tokens for call in self.ledger.calls),
            "completion_tokens": sum(call.completion_tokens for call in self.ledger.calls),
            "has_left": self.has_left,
            "seconds": round(self.total_s, 6),
            "gateway_seconds": round(self.gateway_s, 6),
            "engine_seconds": round(self.ledger.waited_s, 6),
            "first_token_seconds": self.first_token_s and round(self.first_token_s, 6),
        }

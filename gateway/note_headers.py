"""What a strategy decided, and the calls it made, as headers of the response: as far as is known when it begins."""

from collections.abc import Iterator

from gateway.ledger import Call
from gateway.record import Record
from routing.notes import Contracted, Degraded, Skipped


def note_headers(record: Record) -> Iterator[tuple[bytes, bytes]]:
    """Headers for what was skipped, degraded, held against a contract, and for each hidden call."""
    skipped = [f"{note.strategy}={note.reason}" for note in record.notes if isinstance(note, Skipped)]
    degraded = [
        f"{note.strategy}={note.reason}>{note.to}" for note in record.notes if isinstance(note, Degraded)
    ]
    contracts = [f"{note.language}={note.outcome}" for note in record.notes if isinstance(note, Contracted)]
    yield from _header(b"x-dragoman-skipped", skipped)
    yield from _header(b"x-dragoman-degraded", degraded)
    yield from _header(b"x-dragoman-contract", contracts[-1:])
    yield from _header(b"x-dragoman-hidden-calls", [_call(call) for call in record.ledger.hidden])


def _header(name: bytes, values: list[str]) -> Iterator[tuple[bytes, bytes]]:
    if values:
        yield name, ", ".join(values).encode("ascii", "replace")


def _call(call: Call) -> str:
    tokens = call.prompt_tokens + call.completion_tokens
    return f"{call.purpose};tokens={tokens};seconds={call.elapsed_s:.3f};outcome={call.outcome}"

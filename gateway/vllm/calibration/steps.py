"""Cutting a list of sequences into what an engine reads in one step."""

from collections.abc import Iterator, Sequence

Tokens = tuple[int, ...]


def steps_of(sequences: Sequence[Tokens], most_sequences: int, most_tokens: int) -> Iterator[list[Tokens]]:
    """All sequences in order, as many at once as fit. One that is too long for any step gets its own."""
    step: list[Tokens] = []
    for sequence in sequences:
        if step and (len(step) == most_sequences or sum(map(len, step)) + len(sequence) > most_tokens):
            yield step
            step = []
        step.append(sequence)
    if step:
        yield step

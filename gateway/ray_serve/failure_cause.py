"""What Ray Serve says of a failure, cut to what a person wants to know."""

from itertools import dropwhile

_FRAME = '  File "'
_BELOW_A_FRAME = "    "  # its line of code, and the marks under that


def cause_of(message: str) -> str:
    """The exception at the end of a message, all its lines, without the traceback above it."""
    lines = message.rstrip().splitlines()
    frames = [number for number, line in enumerate(lines) if line.startswith(_FRAME)]
    if not frames:
        return "\n".join(lines)
    return "\n".join(dropwhile(lambda line: line.startswith(_BELOW_A_FRAME), lines[frames[-1] + 1 :]))

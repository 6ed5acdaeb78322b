"""The one error of the benchmarks."""


class BenchmarkError(Exception):
    """A run cannot be trusted or cannot go on; the message says why."""

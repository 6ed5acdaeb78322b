"""Measurements of Dragoman, each a command: `python -m benchmarks.overhead --help`."""

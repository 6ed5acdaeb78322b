"""The table of what strategies cost."""

from benchmarks.strategies import DIRECT, Asked, table


def _asked(total_s: float, error: str | None = None) -> Asked:
    return Asked(0.5, total_s, 64, [{"purpose": "answer"}], [{"tokens_saved": 10}], error)


def test_times_are_ratios_to_direct_in_the_same_round_and_failures_are_told_by_their_codes() -> None:
    found = {
        DIRECT: [_asked(1.0), _asked(2.0), _asked(4.0)],
        "samples": [_asked(1.2), _asked(2.2), _asked(8.0)],
        "self_translate": [_asked(9.0, "cut_off"), _asked(6.0), _asked(1.0, "cut_off")],
        "fuse": [_asked(9.0, "cut_off"), _asked(9.0, "structure_lost"), _asked(9.0, "cut_off")],
    }
    rows = table(found).splitlines()[2:]
    assert rows == [
        "| direct | 1.00 | 0.50 | 1.0 | 64 | 10 | 0 of 3 |",
        "| samples | 1.20 | 0.50 | 1.0 | 64 | 10 | 0 of 3 |",
        "| self_translate | 3.00 | 0.50 | 1.0 | 64 | 10 | 2 of 3 (cut_off 2) |",
        "| fuse | – | – | – | – | – | 3 of 3 (cut_off 2, structure_lost 1) |",
    ]

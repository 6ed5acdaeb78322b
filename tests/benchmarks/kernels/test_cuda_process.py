"""What can go wrong on a GPU that is lent for minutes: a part or a point that fails or hangs loses only itself."""

import sys
import time
from collections.abc import Iterator

import pytest

from benchmarks.kernels.cuda_place import Finding
from benchmarks.kernels.cuda_process import MOST_LOSSES, findings_of, timed_points
from benchmarks.kernels.cuda_report import is_bad

FOUND = """print('{"finding": "machine"}', flush=True); print("a compiler's word", flush=True)"""
MINUTES = 600.0


def findings(program: str, *, silence_s: float = MINUTES, seconds: float = MINUTES) -> list[Finding]:
    command, deadline = [sys.executable, "-c", program], time.monotonic() + seconds
    return list(findings_of("a part", command, {}, silence_s=silence_s, deadline=deadline))


def test_a_part_that_ends_early_keeps_what_it_found() -> None:
    machine, lost = findings(f"{FOUND}; raise SystemExit(3)")
    assert machine == {"finding": "machine"}
    assert not is_bad(machine)
    assert lost == {"finding": "lost", "part": "a part", "what": "ended with 3"}
    assert is_bad(lost)


def test_a_part_that_hangs_is_ended() -> None:
    (lost,) = findings("import time; time.sleep(600)", silence_s=0.5)
    assert (lost["finding"], lost["what"]) == ("lost", "ended with -9")


def test_one_whose_time_is_over_is_cut_and_not_bad() -> None:
    (cut,) = findings("import time; time.sleep(600)", seconds=0.5)
    assert cut["finding"] == "cut"
    assert not is_bad(cut)


def test_a_part_that_speaks_may_take_longer_than_it_may_be_silent() -> None:
    lines = 5
    speaking = f"""
import time
for _ in range({lines}):
    print('{{"finding": "cell"}}', flush=True)
    time.sleep(0.3)
"""
    # Silent for so long only where the machine stands still; all lines together take longer.
    for silence_s in (1.0, 40.0):
        found = findings(speaking, silence_s=silence_s)
        if found == [{"finding": "cell"}] * lines:
            return
    pytest.fail(f"ended early: {found}")


def test_a_part_that_ends_well_is_not_lost() -> None:
    assert findings(FOUND) == [{"finding": "machine"}]


NAMES = [f"point {number}" for number in range(6)]


def timing(*faulty: int) -> Iterator[Finding]:
    """All points, where a process ends badly at the faulty ones."""
    begun: list[int] = []

    def run(first: int) -> Iterator[Finding]:
        begun.append(first)
        for number in range(first, len(NAMES)):
            if number in faulty:
                yield {"finding": "lost", "part": "times", "what": "ended with 9"}
                return
            yield {"finding": "cell", "number": number}

    return timed_points(NAMES, run, 0)


def test_points_are_timed_in_order_and_once() -> None:
    assert [finding["number"] for finding in timing()] == list(range(6))


def test_a_point_that_ends_its_process_is_named_and_the_next_is_timed() -> None:
    found = list(timing(2, 5))
    assert [finding.get("number") for finding in found] == [0, 1, None, 3, 4, None]
    lost = [finding for finding in found if finding["finding"] == "lost"]
    assert [finding["part"] for finding in lost] == ["point 2", "point 5"]


def test_after_some_losses_one_after_another_no_more_are_tried() -> None:
    found = list(timing(*range(1, 6)))
    assert len(found) == 1 + MOST_LOSSES
    assert [finding["part"] for finding in found[1:]] == ["point 1", "point 2", "point 3"]


def test_a_process_that_ends_badly_after_its_last_point_is_begun_no_more() -> None:
    def run(first: int) -> Iterator[Finding]:
        yield from ({"finding": "cell", "number": number} for number in range(first, len(NAMES)))
        yield {"finding": "lost", "part": "times", "what": "ended with 9"}

    assert len(list(timed_points(NAMES, run, 0))) == len(NAMES)


def test_timing_whose_time_is_over_is_not_begun_anew() -> None:
    def run(first: int) -> Iterator[Finding]:
        yield {"finding": "cell", "number": first}
        yield {"finding": "cut", "part": "times", "what": "ended with -9"}

    assert [finding["finding"] for finding in timed_points(NAMES, run, 0)] == ["cell", "cut"]

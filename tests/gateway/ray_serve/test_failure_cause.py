"""The cause is what stands below the last frame."""

from gateway.ray_serve.failure_cause import cause_of

TRACEBACK = """The deployment failed to start 3 times in a row. Error:
RuntimeError: Traceback (most recent call last):
  File "/ray/replica.py", line 4010, in _call
    result = await result
             ^^^^^^^^^^^^
  File "/pydantic/dataclasses.py", line 121, in __init__
    s.validate_python(args)
"""


def test_an_exception_of_one_line_is_all_that_is_left() -> None:
    assert cause_of(TRACEBACK + "OSError: no model at /models/ไม่มี\n") == "OSError: no model at /models/ไม่มี"


def test_indented_lines_of_the_exception_itself_are_kept() -> None:
    said = "ValidationError: 1 error\n  Value error, no model at /models/नहीं\n   - no config.json\n    see https://eg.org"
    assert cause_of(TRACEBACK + said + "\n") == said


def test_a_message_without_a_traceback_stays_as_it_is() -> None:
    assert cause_of("Not enough CPUs.\n  Wanted: 4\n") == "Not enough CPUs.\n  Wanted: 4"

"""Profiles that are changed at one replica of an engine reach the others by the folder that they share."""

from pathlib import Path

from tests.gateway.vllm.steering.conftest import Run
from tests.gateway.vllm.steering.replicas import (
    a_folder_that_is_gone,
    files_that_do_not_fit,
    loaded_at_one_and_retired_at_the_other,
    retired_while_a_request_has_it,
    scenario,
)


def test_what_one_replica_loads_or_retires_the_other_does_too(run: Run, tmp_path: Path) -> None:
    first, loaded, retired = run(scenario, loaded_at_one_and_retired_at_the_other, tmp_path)
    assert first == [set(), set()]
    assert loaded == [{"p"}, {"p"}]
    assert retired == [set(), set()]
    assert not list(tmp_path.iterdir())


def test_a_profile_that_a_request_still_has_is_retired_once_it_is_done(run: Run, tmp_path: Path) -> None:
    asked_for, still_held, afterwards, held = run(scenario, retired_while_a_request_has_it, tmp_path)
    assert asked_for == afterwards == [set(), set()]
    assert (still_held, held) == ([True], [False])


def test_files_that_cannot_be_loaded_are_told_and_the_others_are(run: Run, tmp_path: Path) -> None:
    taken, not_taken, later, still_not_taken = run(scenario, files_that_do_not_fit, tmp_path)
    assert taken == [{"a", "b"}, {"a", "b"}]
    assert not_taken.keys() == {"c.safetensors", "foreign.safetensors", "नोट.safetensors"}
    assert "retire one first" in not_taken["c.safetensors"]
    assert "another configuration" in not_taken["foreign.safetensors"]
    assert later == [{"b", "c"}, {"b", "c"}]
    assert still_not_taken.keys() == {"foreign.safetensors", "नोट.safetensors"}


def test_a_folder_that_cannot_be_read_changes_nothing(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "profiles"
    folder.mkdir()
    still_there, told = run(scenario, a_folder_that_is_gone, folder)
    assert still_there == [{"p"}, {"p"}]
    assert told == [str(folder)]

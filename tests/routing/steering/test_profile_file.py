import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from safetensors import safe_open

from routing.errors import ConfigError
from routing.steering.profile import Origin, make_profile
from routing.steering.profile_file import (
    MAX_BYTES,
    parse_profile,
    read_profile,
    read_profiles,
    serialise_profile,
    write_profile,
)
from tests.routing.steering.profiles import profile

SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 9))
WEIGHTS = arrays.arrays(np.float32, SHAPES, elements=st.floats(-100, 100, width=32))


@given(WEIGHTS, st.text(max_size=20), st.lists(st.text(max_size=8), max_size=3))
def test_a_profile_comes_back_as_it_was_whatever_the_script_of_its_notes(
    weights: NDArray[np.float32], task: str, languages: list[str]
) -> None:
    origin = Origin(model="m", config_hash="c" * 64, task=task, languages=tuple(languages))
    made = make_profile("p", "additive", weights, origin)
    back = parse_profile(serialise_profile(made), "p")
    assert (back.name, back.kind, back.origin) == (made.name, made.kind, made.origin)
    assert np.array_equal(back.weights, made.weights)
    assert back.reference == made.reference


def test_the_same_profile_is_the_same_bytes() -> None:
    assert serialise_profile(profile()) == serialise_profile(profile())


def test_any_tool_that_reads_safetensors_shows_what_it_is(tmp_path: Path) -> None:
    write_profile(profile(), tmp_path / "p.safetensors")
    with safe_open(tmp_path / "p.safetensors", "numpy") as file:
        document = json.loads(file.metadata()["dragoman_profile"])
        assert document["origin"]["task"] == "数学"
        assert file.keys() == ["weights"]
    assert [path.name for path in tmp_path.iterdir()] == ["p.safetensors"]


def test_weights_that_are_not_those_of_the_hash_are_refused() -> None:
    content = bytearray(serialise_profile(profile()))
    content[-1] ^= 1
    with pytest.raises(ConfigError, match="hash"):
        parse_profile(bytes(content), "p")


@pytest.mark.parametrize("length", [0, 7, 8, 60, 400])
def test_a_file_that_was_cut_off_is_refused(length: int) -> None:
    with pytest.raises(ConfigError, match="not a safetensors file"):
        parse_profile(serialise_profile(profile())[:length], "cut")


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    with pytest.raises(ConfigError):
        parse_profile(content, "noise")


def test_a_safetensors_file_of_another_kind_is_refused() -> None:
    plain = safetensors.numpy.save({"weights": np.zeros((2, 2), np.float32)})
    with pytest.raises(ConfigError, match="not a steering profile"):
        parse_profile(plain, "plain")


def test_a_file_with_more_tensors_or_another_format_is_refused() -> None:
    content = serialise_profile(profile())
    document = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]
    two = safetensors.numpy.save({"weights": profile().weights, "b": profile().weights}, metadata=document)
    with pytest.raises(ConfigError, match="one tensor"):
        parse_profile(two, "two")
    newer = json.dumps({**json.loads(document["dragoman_profile"]), "format": 2})
    later = safetensors.numpy.save({"weights": profile().weights}, metadata={"dragoman_profile": newer})
    with pytest.raises(ConfigError, match="format"):
        parse_profile(later, "later")


def test_a_file_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "long.safetensors"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ConfigError, match="longer"):
        read_profile(path)
    with pytest.raises(ConfigError, match="longer"):
        parse_profile(path.read_bytes(), "long")


def test_a_file_that_is_not_there_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_profile(tmp_path / "none.safetensors")


def test_a_folder_is_read_by_file_name_and_other_files_are_left_alone(tmp_path: Path) -> None:
    write_profile(profile("b", seed=1), tmp_path / "1.safetensors")
    write_profile(profile("a", seed=2), tmp_path / "2.safetensors")
    (tmp_path / "README.md").write_text("notes")
    assert [made.name for made in read_profiles(tmp_path)] == ["b", "a"]


def test_a_folder_with_a_profile_twice_or_no_folder_is_refused(tmp_path: Path) -> None:
    write_profile(profile(), tmp_path / "1.safetensors")
    write_profile(profile(), tmp_path / "2.safetensors")
    with pytest.raises(ConfigError, match="twice"):
        read_profiles(tmp_path)
    with pytest.raises(ConfigError, match="no such folder"):
        read_profiles(tmp_path / "none")

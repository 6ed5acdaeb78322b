from pathlib import Path

import pytest

from gateway.vllm.steering.profile_folder import ProfileFolder
from routing.errors import ConfigError
from routing.steering.profile_file import serialise_profile, write_profile
from tests.gateway.vllm.steering.steered_profiles import random_profile

ONE, OTHER = (random_profile(name, "soft", "a" * 64, seed=seed) for seed, name in enumerate(("one", "other")))


def test_what_is_put_is_found_and_what_is_taken_out_is_not(tmp_path: Path) -> None:
    folder = ProfileFolder(tmp_path)
    assert not folder.look().profiles
    folder.put(serialise_profile(ONE))
    folder.put(serialise_profile(OTHER))
    folder.put(serialise_profile(ONE))
    assert ProfileFolder(tmp_path).look().profiles.keys() == {ONE.reference, OTHER.reference}
    folder.take_out(ONE.reference)
    folder.take_out(ONE.reference)
    assert folder.look().profiles.keys() == {OTHER.reference}


def test_a_profile_that_is_there_under_another_name_is_not_put_beside_it(tmp_path: Path) -> None:
    """An engine does not start with a folder that holds a profile twice."""
    write_profile(ONE, tmp_path / "গণিত.safetensors")
    ProfileFolder(tmp_path).put(serialise_profile(ONE))
    assert [path.name for path in tmp_path.iterdir()] == ["গণিত.safetensors"]


def test_a_profile_is_taken_out_under_whatever_name_and_however_often_it_lies_there(tmp_path: Path) -> None:
    for name in ("गणित.safetensors", "رياضيات.safetensors"):
        write_profile(ONE, tmp_path / name)
    ProfileFolder(tmp_path).take_out(ONE.reference)
    assert not list(tmp_path.iterdir())


def test_a_file_that_changes_under_its_name_is_read_again(tmp_path: Path) -> None:
    folder, path = ProfileFolder(tmp_path), tmp_path / "p.safetensors"
    write_profile(ONE, path)
    folder.look()
    write_profile(OTHER, path)
    assert folder.look().profiles == {OTHER.reference: path}


def test_a_file_that_is_no_profile_is_told_and_hides_no_other(tmp_path: Path) -> None:
    write_profile(ONE, tmp_path / "one.safetensors")
    (tmp_path / "ข้อความ.safetensors").write_text("ไม่ใช่โปรไฟล์", "utf-8")
    (tmp_path / "gone.safetensors").symlink_to(tmp_path / "nowhere")
    (tmp_path / "notes.txt").write_text("no profile, and not called one")
    found = ProfileFolder(tmp_path).look()
    assert found.profiles.keys() == {ONE.reference}
    assert found.unreadable.keys() == {"ข้อความ.safetensors", "gone.safetensors"}
    assert "not a safetensors file" in found.unreadable["ข้อความ.safetensors"]


def test_a_folder_that_is_gone_is_not_an_empty_one(tmp_path: Path) -> None:
    folder = ProfileFolder(tmp_path / "gone")
    with pytest.raises(FileNotFoundError):
        folder.look()
    with pytest.raises(ConfigError, match="cannot be changed"):
        folder.put(serialise_profile(ONE))
    with pytest.raises(ConfigError, match="cannot be changed"):
        folder.take_out(ONE.reference)

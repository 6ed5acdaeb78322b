import json
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from gateway.command_line import main
from routing.steering.profile import Profile, make_profile
from routing.steering.profile_file import write_profile
from tests.routing.steering.profiles import origin


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path, "soft", 0.5)


def written(folder: Path, name: str, weight: float) -> Path:
    weights = np.zeros((4, 8), np.float32)
    weights[1, [2, 7]], weights[2, 0] = weight, -1.0
    write_profile(make_profile(name, "soft", weights, origin()), folder / f"{name}.safetensors")
    return folder / f"{name}.safetensors"


def run(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(main, ["profile", *map(str, arguments)])


def test_show_tells_the_origin_and_each_layer_that_is_touched(path: Path) -> None:
    shown = run("show", path)
    assert shown.exit_code == 0
    for text in (
        "soft@",
        "maker/model-moe",
        "数学",
        "sw, hi-Latn, zh-Hant",
        "प्रश्न: hi, 3 sequences, 120 tokens",
    ):
        assert text in shown.stdout
    assert "4 layers of 8 experts" in shown.stdout
    assert "2 raised and 1 lowered in 2 layers" in shown.stdout
    assert "2 (+0.5)  7 (+0.5)" in shown.stdout
    assert "0 (-1)" in shown.stdout


def test_show_as_json_holds_all_that_the_profile_says(path: Path) -> None:
    shown = json.loads(run("show", "--json", path).stdout)
    assert shown["reference"] == f"soft@{shown['content_hash'][:16]}"
    assert shown["counts"] == {"layers": 2, "raised": 2, "lowered": 1}
    assert shown["touched"][0] == {"layer": 1, "expert": 2, "weight": 0.5}
    assert shown["origin"]["task"] == "数学"
    assert (shown["layers"], shown["experts"]) == (4, 8)


def test_diff_tells_what_changed(path: Path, tmp_path: Path) -> None:
    other = written(tmp_path, "softer", 0.25)
    changed = json.loads(run("diff", "--json", path, other).stdout)
    assert changed["same"] is False
    assert changed["fields"] == [{"name": "name", "before": "soft", "after": "softer"}]
    assert [(e["expert"], e["before"], e["after"]) for e in changed["experts"]] == [
        (2, 0.5, 0.25),
        (7, 0.5, 0.25),
    ]
    for text in ("softer", "0.25"):
        assert text in run("diff", path, other).stdout
    assert run("diff", path, path).stdout == "The same.\n"


def test_plot_draws_raised_red_lowered_blue_and_the_rest_white(path: Path, tmp_path: Path) -> None:
    picture = tmp_path / "map.png"
    assert run("plot", path, "--output", picture).exit_code == 0
    # The colour bar is a picture of its own, so of each colour only what is in the left four fifths counts.
    pixels = np.asarray(Image.open(picture).convert("RGB"))
    pixels = pixels[:, : pixels.shape[1] * 4 // 5]
    red = (pixels[..., 0] == 255) & (abs(pixels[..., 1].astype(int) - 127) < 8)
    blue = (pixels[..., 2] == 255) & (pixels[..., 1] == 0)
    # Two raised experts and one lowered, drawn as cells of one size.
    assert 1.8 < red.sum() / blue.sum() < 2.2
    assert list(tmp_path.glob("*.tmp")) == []
    first = picture.read_bytes()
    run("plot", path, "--output", picture)
    assert picture.read_bytes() == first


def test_without_matplotlib_the_extra_is_named(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    result = run("plot", path, "--output", tmp_path / "map.png")
    assert result.exit_code == 1
    assert "dragoman[calibrate]" in result.stderr
    assert not (tmp_path / "map.png").exists()
    assert run("show", path).exit_code == 0


def test_a_folder_that_is_not_there_is_an_error_of_one_line(path: Path, tmp_path: Path) -> None:
    result = run("plot", path, "--output", tmp_path / "no" / "map.png")
    assert result.exit_code == 1
    assert "No such file" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", ["show", "diff", "plot"])
def test_a_file_that_is_no_profile_is_refused(command: str, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.safetensors"
    wrong.write_bytes("ni profil, ни профиль".encode())
    rest: dict[str, list[Path | str]] = {
        "show": [],
        "diff": [wrong],
        "plot": ["--output", tmp_path / "a.png"],
    }
    result = run(command, wrong, *rest[command])
    assert result.exit_code == 1
    assert "not a safetensors file" in result.stderr


def test_a_profile_that_touches_nothing_is_shown_and_drawn(tmp_path: Path) -> None:
    nothing: Profile = make_profile("nothing", "soft", np.zeros((2, 3), np.float32), origin())
    write_profile(nothing, tmp_path / "nothing.safetensors")
    shown = run("show", tmp_path / "nothing.safetensors")
    assert "0 raised and 0 lowered in 0 layers" in shown.stdout
    assert run("plot", tmp_path / "nothing.safetensors", "--output", tmp_path / "n.png").exit_code == 0


def test_the_reported_settings_are_shown_to_start_from() -> None:
    shown = run("reported")
    assert shown.exit_code == 0
    row = next(line for line in shown.stdout.splitlines() if "GPT-OSS-20B" in line)
    for text in ("MGSM", "4-19", "0.3", "hard", "68.9 → 71.5"):
        assert text in row
    told = json.loads(run("reported", "--json").stdout)
    assert len(told) == 6
    assert told[0]["layers"] == [8, 35]

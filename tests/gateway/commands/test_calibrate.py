import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.command_line import main
from tests.gateway.calibration.conftest import write_lines
from tests.gateway.calibration.scripted_reader import parallel_lines


def run(folder: Path, *arguments: str) -> Result:
    parallel = write_lines(folder / "parallel.jsonl", parallel_lines(3))
    task = write_lines(folder / "task.jsonl", [{"text": "二加二"}])
    files = ("--parallel", str(parallel), "--task", str(task), "--output", str(folder / "out"))
    return CliRunner().invoke(main, ["calibrate", "maker/moe", *files, *arguments])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--layers", "8"), "must be first-last"),
        (("--layers", "9-8"), "must be first-last"),
        (("--layers", "٣-٥"), "must be first-last"),
        (("--name", "数学"), "letters, digits"),
        (("--name", "m" * 33), "letters, digits"),
        (("--vllm", "{"), "not JSON"),
        (("--vllm", "[]"), "must be a JSON object"),
        (("--threshold", "0"), "--threshold"),
        (("--threshold", "1"), "--threshold"),
        (("--unit", "0"), "--unit"),
        (("--most-texts", "1"), "--most-texts"),
    ],
)
def test_wrong_words_are_refused_before_anything_is_done(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = run(tmp_path, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "out").exists()


def test_without_matplotlib_it_does_not_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    result = run(tmp_path)
    assert result.exit_code == 1
    assert "dragoman[calibrate]" in result.stderr
    assert not (tmp_path / "out").exists()


def test_without_vllm_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gateway.vllm.calibration.engine", None)
    result = run(tmp_path)
    assert result.exit_code == 1
    assert "vLLM is needed to read texts" in result.stderr
    assert "Traceback" not in result.output

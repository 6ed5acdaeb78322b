"""`dragoman detect`: text files as any system writes them, and one sentence for what is no text."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from gateway.command_line import main
from tests.routing.strategies.surroundings import detector

SWAHILI, THAI = "Habari ya asubuhi, unaendeleaje?", "สวัสดีตอนเช้า เป็นอย่างไรบ้าง"


@pytest.fixture
def _loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading one takes most of a second."""
    monkeypatch.setattr("gateway.commands.detect.load_detector", lambda _: detector())


def detect(*arguments: str, given: bytes = b"") -> Result:
    return CliRunner().invoke(main, ["detect", *arguments], input=given)


@pytest.mark.usefixtures("_loaded")
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_each_line_of_a_file_is_a_text_whichever_system_wrote_it(end: str, mark: bytes) -> None:
    result = detect("--json", given=mark + f"{SWAHILI}{end}{THAI}{end}{end}{SWAHILI}".encode())
    assert result.exit_code == 0
    lines = [orjson.loads(line) for line in result.output.splitlines()]
    assert [line["language"] for line in lines] == ["sw", "th", "und", "sw"]
    assert lines[0] == lines[3]


@pytest.mark.usefixtures("_loaded")
def test_an_empty_file_has_no_lines() -> None:
    assert (detect().output, detect().exit_code) == ("", 0)


@pytest.mark.usefixtures("_loaded")
@pytest.mark.parametrize("raw", ["สวัสดี".encode("tis-620"), SWAHILI.encode("utf-16"), b"\xed\xa0\x80"])
def test_what_is_not_utf_8_is_said_with_its_line(raw: bytes) -> None:
    result = detect(given=f"{SWAHILI}\n".encode() + raw)
    assert result.exit_code == 1
    first, second = result.output.splitlines()
    assert first.startswith("sw\t")
    assert second == "Error: line 2 of standard input is not UTF-8"


def test_what_is_no_detector_is_said(tmp_path: Path) -> None:
    file = tmp_path / "மாதிரி.ftz"
    file.write_bytes(b"\x00" * 100)
    result = detect("--detector", str(file), THAI)
    assert result.exit_code == 1
    [line] = result.output.splitlines()
    assert line.startswith(f"Error: {file} is not a fastText model")

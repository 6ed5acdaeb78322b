import os
import threading
from pathlib import Path

import pytest

from gateway.ray_serve.replica_log import begin_anew

LINE = '{"path":"/v1/chat/completions","key":"ዳቦ","language":"my"}\n'.encode()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "worker-1.err"


def opened(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)


def test_a_file_that_is_too_long_is_begun_anew_and_kept_once(log: Path) -> None:
    fd = opened(log)
    for text in (b"first\n", b"second\n", b"third\n"):
        os.write(fd, text)
        assert begin_anew(fd, most_bytes=1)
    os.write(fd, b"now\n")
    os.close(fd)
    assert log.read_bytes() == b"now\n"
    assert log.with_name("worker-1.err.1").read_bytes() == b"third\n"
    assert sorted(path.name for path in log.parent.iterdir()) == ["worker-1.err", "worker-1.err.1"]
    assert log.stat().st_mode & 0o777 == 0o640


def test_a_file_that_is_not_too_long_goes_on(log: Path) -> None:
    fd = opened(log)
    os.write(fd, LINE)
    assert not begin_anew(fd, most_bytes=len(LINE))
    os.close(fd)
    assert log.read_bytes() == LINE


def test_pipes_are_left_alone() -> None:
    out, into = os.pipe()
    os.write(into, LINE)
    assert not begin_anew(into, most_bytes=0)
    assert os.read(out, 1000) == LINE
    os.close(out)
    os.close(into)


def test_a_file_that_somebody_took_away_is_an_error_and_still_written_to(log: Path) -> None:
    fd = opened(log)
    os.write(fd, LINE)
    log.unlink()
    with pytest.raises(OSError, match="deleted"):
        begin_anew(fd, most_bytes=1)
    assert os.write(fd, LINE)
    os.close(fd)
    assert list(log.parent.iterdir()) == []


def test_no_line_is_lost_or_torn_while_others_write(log: Path) -> None:
    """The old file is put aside by its name, so that here all of them are kept."""
    fd = opened(log)
    kept: list[Path] = []
    written = 0

    def write() -> None:
        nonlocal written
        while len(kept) < 5:
            os.write(fd, LINE)
            written += 1

    writer = threading.Thread(target=write)
    writer.start()
    while len(kept) < 5:
        if begin_anew(fd, most_bytes=20 * len(LINE)):
            kept.append(log.with_name("worker-1.err.1").rename(log.with_name(f"{len(kept)}")))
    writer.join()
    os.close(fd)
    assert b"".join(path.read_bytes() for path in [*kept, log]) == written * LINE

"""`dragoman metrics`: it serves a folder that is there, and makes none that was mistyped."""

import socket
from pathlib import Path

from click.testing import CliRunner

from gateway.command_line import main


def refused(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["metrics", *arguments])
    assert result.exit_code != 0
    return result.output.splitlines()[-1]


def test_a_mistyped_folder_is_said_and_not_made(tmp_path: Path) -> None:
    folder = tmp_path / "métriques"
    assert f"'{folder}' does not exist" in refused(str(folder))
    assert not folder.exists()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "ไฟล์"
    file.touch()
    assert f"'{file}' is a file" in refused(str(file))


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        assert refused(str(tmp_path), f"--port={port}") == f"Error: --port {port}: Address already in use"

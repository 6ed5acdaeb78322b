from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.commands.key import key
from gateway.keys import load_keys


@pytest.mark.parametrize("name", ["web", "no", "मोबाइल: ऐप", "فارسی‌ها", 'a"b\\c', "# 1", "1"])
def test_the_entry_can_be_pasted_and_lets_the_secret_in(tmp_path: Path, name: str) -> None:
    result = CliRunner().invoke(key, [name])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    secret = lines[1]
    path = tmp_path / "keys.yaml"
    path.write_text("version: 1\nkeys:\n" + "\n".join(lines[4:]), "utf-8")
    assert secret not in path.read_text("utf-8")
    assert load_keys(path, "").authenticate(f"Bearer {secret}").name == name


def test_a_name_that_no_file_may_have_is_refused() -> None:
    result = CliRunner().invoke(key, ["two\nlines"])
    assert result.exit_code == 2
    assert "must be in one line" in result.stderr

"""What users get wrong on the command line: each ends in one sentence that names the option or file."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.command_line import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with files that hold something else than is wanted of them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pasta").mkdir()
    (tmp_path / "empty").touch()
    (tmp_path / "बाइट").write_bytes(bytes(range(256)))
    (tmp_path / "object.json").write_text('{"a": 1}')
    (tmp_path / "tabs.yaml").write_text("version: 1\nengines:\n\tmaison: {}\n")
    (tmp_path / "kind.yaml").write_text(
        "version: 1\nengines:\n  maison: {kind: http, urls: ['http://x/v1']}\ndefault: {kind: selftranslate}\n"
    )
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["detct"], "No such command 'detct'"),
        (["detect", "--jsn"], "No such option '--jsn'. Did you mean '--json'?"),
        (["detect", "--language", "klingonês!", "nuqneH"], "'klingonês!' is not a BCP-47 language tag"),
        (["explain"], "Give a TEXT or --request."),
        (["explain", "سلام", "--request", "object.json"], "Give a TEXT or --request, not both."),
        (["explain", "--request", "nada"], "'nada': No such file or directory"),
        (["explain", "--request", "object.json"], "messages: needed"),
        (["explain", "--request", "empty"], "not valid JSON"),
        (["explain", "--request", "बाइट"], "not valid JSON"),
        (["explain", "--config", "nada", "سلام"], "nada: No such file or directory"),
        (["check-config", "nada"], "nada: No such file or directory"),
        (["check-config", "pasta"], "pasta: Is a directory"),
        (["check-config", "empty"], "empty:1: must be a mapping, not null"),
        (["check-config", "बाइट"], "बाइट:"),
        (["check-config", "tabs.yaml"], "tabs.yaml:3: not YAML"),
        (
            ["check-config", "kind.yaml"],
            "kind.yaml:4: default.kind: no kind is called `selftranslate`; did you mean",
        ),
        (["serve", "--config", "tabs.yaml"], "tabs.yaml:3: not YAML"),
        (["serve", "--keys", "empty", "--engine", "http://x/v1"], "empty:1: must be a mapping, not null"),
        (["key", ""], "must have at least 1 character"),
        (["key", "environment"], "is what the key in DRAGOMAN_API_KEY is called"),
        (["fertility", "--tokenizer", "pasta", "--data", "pasta"], "'pasta' is a directory"),
        (["fertility", "--tokenizer", "pasta", "--data", "object.json"], "tokenizer.json: No such file"),
        (["profile", "show", "nada"], "nada: No such file or directory"),
        (["profile", "show", "pasta"], "pasta: Is a directory"),
        (["profile", "show", "बाइट"], "बाइट: not a safetensors file"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_mistake_ends_in_one_sentence(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code in (1, 2)
    assert isinstance(result.exception, SystemExit)
    usage, _, sentence = result.stderr.rpartition("\n\n")
    assert not usage or usage.startswith("Usage: ")
    [line] = sentence.splitlines()
    assert said in line
    assert not result.stdout

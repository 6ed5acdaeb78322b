"""`dragoman calibrate` on a real engine and a tiny random model, held to what transformers computes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from numpy.typing import NDArray
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from gateway.command_line import main
from routing.steering.profile_file import read_profiles
from tests.gateway.calibration.conftest import write_lines
from tests.gateway.vllm.calibration.byte_tokenizer import make_byte_tokenizer
from tests.gateway.vllm.steering.reference import SteeredGates, gates, logprobs_of
from tests.gateway.vllm.steering.tiny_models import EXPERTS, LAYERS, make_model

MAX_TOKENS = 60
# Of different lengths, two of them alike, one a single byte and one that is cut within a character.
PARALLEL = {
    "en": (
        "The river is long.",
        "I",
        "The river is long.",
        "A library is a collection of books for people to read.",
    ),
    "hi": ("नदी लंबी है।", "मैं", "नदी लंबी है।", "पुस्तकालय पुस्तकों का संग्रह है, जिसे लोग पढ़ते हैं।"),
    "fa": ("رود دراز است.", "م", "رود می‌رود.", "کتابخانه مجموعه‌ای از کتاب‌هاست."),
    "th": ("แม่น้ำยาว", "ฉ", "แม่น้ำยาว", "ห้องสมุดคือที่รวบรวมหนังสือ"),
}
TASK = (
    {"question": "What is 2 + 2?", "answer": "4"},
    {"text": "3 × 3 = 9"},
    {"question": "5 − 1?", "answer": "4"},
)
QUESTIONS = [
    {"language": tag, "id": number, "question": f"{number} + {number} = ?", "answer": "123456789"}
    for tag in ("en", "th")
    for number in range(4)
]
VLLM = json.dumps(
    {"dtype": "float32", "enforce_eager": True, "kv_cache_memory_bytes": 32 << 20, "block_size": 32}
)


@dataclass(frozen=True)
class Calibrated:
    """A calibration that was run. command, sweep: its arguments. result: of the process."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    command: tuple[str, ...]
    sweep: tuple[str, ...]
    output: Path
    result: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Calibrated:
    folder = tmp_path_factory.mktemp("calibrate")
    (folder / "moe").mkdir()
    model, tokenizer = make_model("qwen3_moe", folder / "moe"), make_byte_tokenizer(folder / "moe")
    lines = [
        {"language": tag, "id": n, "text": text}
        for tag, texts in PARALLEL.items()
        for n, text in enumerate(texts)
    ]
    command = (
        "calibrate", str(folder / "moe"), "--output", str(folder / "out"), "--max-tokens", str(MAX_TOKENS),
        "--parallel", str(write_lines(folder / "parallel.jsonl", lines)), "--vllm", VLLM,
        "--task", str(write_lines(folder / "task.jsonl", list(TASK))), "--name", "sums", "--json",
    )  # fmt: skip
    sweep = ("--sweep", str(write_lines(folder / "questions.jsonl", QUESTIONS)), "--answer-tokens", "2")
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1"}
    result = subprocess.run(
        [sys.executable, "-c", "from gateway.command_line import main; main()", *command, *sweep],
        capture_output=True, text=True, env=environment, timeout=800, check=False,
    )  # fmt: skip
    return Calibrated(model, tokenizer, command, sweep, folder / "out", result)


def test_it_ends_well_and_its_output_is_the_document_alone(calibrated: Calibrated) -> None:
    assert calibrated.result.returncode == 0, calibrated.result.stderr[-3000:]
    document = json.loads(calibrated.result.stdout)
    sweep = json.loads((calibrated.output / "sweep.json").read_text("utf-8"))
    assert document == json.loads((calibrated.output / "results.json").read_text("utf-8")) | {"sweep": sweep}
    assert [one["language"] for one in document["languages"]] == ["fa", "hi", "th"]
    assert document["routed_layers"] == list(range(LAYERS))
    assert (calibrated.output / "report.html").exists()


def test_the_sweep_asks_a_steering_engine_and_says_that_nothing_helps_a_random_model(
    calibrated: Calibrated,
) -> None:
    sweep = json.loads(calibrated.result.stdout)["sweep"]
    assert sweep["chosen"] is None
    assert len(sweep["ways"]) > 4
    assert all(way["accuracy"] == {"en": 0.0, "th": 0.0} for way in sweep["ways"])
    assert sweep["held_out"]["by_language"]["th"]["questions"] == 2
    assert "Nothing helps" in (calibrated.output / "sweep.html").read_text("utf-8")


def sequences(calibrated: Calibrated) -> Iterator[tuple[str, int, list[int]]]:
    """Source, place and tokens of every text, as the model's template writes it."""
    chats = {tag: [[("user", text)] for text in texts] for tag, texts in PARALLEL.items()}
    task: list[dict[str, str]] = list(TASK)
    chats["task"] = [
        [("user", one["text"])]
        if "text" in one
        else [("user", one["question"]), ("assistant", one["answer"])]
        for one in task
    ]
    for source, texts in chats.items():
        for place, turns in enumerate(texts):
            written = "<s>" + "".join(f"<{role}>{content}" for role, content in turns)
            yield source, place, calibrated.tokenizer.encode(written)[:MAX_TOKENS]


def expected(calibrated: Calibrated, tokens: list[int]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Weights and shares, [layers, experts], as transformers has them."""
    watched = SteeredGates(gates(calibrated.model, EXPERTS), None, 1.0)
    logprobs_of(calibrated.model, tokens, watched)
    logits = torch.stack([watched.seen[layer] for layer in range(LAYERS)]).detach()
    chosen = torch.zeros_like(logits).scatter_(-1, logits.topk(2, dim=-1).indices, 1.0)
    return logits.softmax(-1).mean(1).numpy(), chosen.mean(1).numpy()


def test_every_text_is_routed_as_in_transformers(calibrated: Calibrated) -> None:
    kept = {
        source: np.load(calibrated.output / "routing" / source / "0000.npz") for source in (*PARALLEL, "task")
    }
    lengths = []
    for source, place, tokens in sequences(calibrated):
        weights, shares = expected(calibrated, tokens)
        assert kept[source]["tokens"][place] == len(tokens)
        # Measured: at most 1.2e-7.
        assert np.abs(kept[source]["weights"][place] - weights).max() < 1e-5, (source, place)
        assert np.abs(kept[source]["shares"][place] - shares).max() < 1e-5, (source, place)
        lengths.append(len(tokens))
    assert max(lengths) == MAX_TOKENS
    assert len(set(lengths)) > 5
    # That they agree would mean nothing if all texts were routed alike.
    assert np.abs(np.diff(kept["hi"]["shares"], axis=0)).max() > 0.1


@pytest.fixture
def again(calibrated: Calibrated, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs it once more, with more arguments, where no engine can start."""
    for name in ("engine", "answering"):
        monkeypatch.setitem(sys.modules, f"gateway.vllm.calibration.{name}", None)
    return lambda *arguments: CliRunner().invoke(main, [*calibrated.command, *arguments])


def test_other_settings_need_no_engine_and_profiles_fit_the_model(
    calibrated: Calibrated, again: Callable[..., Result]
) -> None:
    result = again("--threshold", "0.05", "--layers", "1-2")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert {one["layer"] for one in document["task_experts"]} <= {1, 2}
    profiles = read_profiles(calibrated.output / "profiles")
    assert [profile.reference for profile in profiles] == sorted(document["profiles"])
    assert profiles[0].weights.shape == (LAYERS, EXPERTS)
    assert profiles[0].origin.model == "moe"


def test_the_same_words_again_give_the_same_document(
    calibrated: Calibrated, again: Callable[..., Result]
) -> None:
    assert again(*calibrated.sweep).stdout == calibrated.result.stdout


def test_other_words_for_the_engine_are_refused_in_the_same_folder(again: Callable[..., Result]) -> None:
    result = again("--max-tokens", "50")
    assert result.exit_code == 1
    assert "differs in max_tokens" in result.stderr

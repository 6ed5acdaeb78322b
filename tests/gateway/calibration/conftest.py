import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.calibration.request import CalibrationRequest
from tests.gateway.calibration.scripted_reader import parallel_lines

MakeRequest = Callable[..., CalibrationRequest]


def write_lines(path: Path, lines: list[Any]) -> Path:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return path


@pytest.fixture
def make_request(tmp_path: Path) -> MakeRequest:
    """A request for a model, 70 texts of five languages and 66 of a task: two batches of each."""
    parallel = write_lines(tmp_path / "parallel.jsonl", parallel_lines(70))
    questions = [{"question": f"كم {n}؟", "answer": f"{n}"} for n in range(66)]
    task = write_lines(tmp_path / "task.jsonl", questions)

    def made(**changes: Any) -> CalibrationRequest:
        values: dict[str, Any] = {
            "model": "maker/moe",
            "model_name": None,
            "parallel": parallel,
            "task": task,
            "output": tmp_path / "out",
            "name": "maths",
            "threshold": 0.3,
            "unit": 0.5,
            "layers": None,
            "most_texts": None,
            "max_tokens": 100,
            "seed": 0,
            "vllm_arguments": "{}",
        }
        return CalibrationRequest(**{**values, **changes})

    return made

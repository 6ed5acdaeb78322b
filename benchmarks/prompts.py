"""The prompts that every system is asked: many languages and scripts, so that detection has work to do."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NUMBER = "{number}"
"""Stands in a request's prompt where the load writes a number, so that no two prompts of a run are equal."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt and the BCP-47 tag of its language."""

    language: str
    text: str


def read_prompts() -> tuple[Prompt, ...]:
    """The prompts of `prompts.tsv`, one language each."""
    lines = Path(__file__).with_name("prompts.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(Prompt(*line.split("\t")) for line in lines)


def chat_requests(model: str, tokens: int, **fields: Any) -> tuple[str, ...]:
    """A chat request in JSON for each prompt, `NUMBER` left in it; `fields` are set besides."""
    return tuple(
        json.dumps(
            {
                "model": model,
                "messages": [{"role": "user", "content": f"{prompt.text} ({NUMBER})"}],
                "max_tokens": tokens,
                **fields,
            },
            ensure_ascii=False,
        )
        for prompt in read_prompts()
    )


def write_bodies(folder: Path, model: str, tokens: int) -> Path:
    """Writes those requests a line each, as `UnaryLoad` reads them."""
    path = folder / "bodies.jsonl"
    path.write_text("".join(f"{body}\n" for body in chat_requests(model, tokens)), encoding="utf-8")
    return path

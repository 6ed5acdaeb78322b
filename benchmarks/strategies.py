"""What each strategy costs beside `direct`, on a real engine: time, first byte and tokens.

python -m benchmarks.strategies --help
"""

import asyncio
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import aiohttp
import click
import orjson

from routing.events import event_json

DIRECT = "direct"
STRATEGIES: dict[str, dict[str, Any]] = {
    DIRECT: {"kind": "direct"},
    "direct, 2 demonstrations": {"kind": "direct", "demonstrations": 2},
    "pivot_reason": {"kind": "pivot_reason"},
    "self_translate": {"kind": "self_translate", "skip": []},
    "attempt, self_translate or direct": {
        "kind": "attempt",
        "inner": {"kind": "self_translate", "skip": []},
        "seconds": 8,
        "otherwise": [{"kind": "direct"}],
    },
    "samples, n 5, mbr": {"kind": "samples", "n": 5},
    "samples, n 5, likelihood": {"kind": "samples", "n": 5, "selector": {"kind": "likelihood"}},
    "samples, n 5, vote": {"kind": "samples", "n": 5, "selector": {"kind": "vote"}},
    "samples, n 5, first 3, vote": {"kind": "samples", "n": 5, "first": 3, "selector": {"kind": "vote"}},
    "samples, n 5, chops": {"kind": "samples", "n": 5, "selector": {"kind": "chops"}},
    "vote_across 3": {"kind": "vote_across", "pivots": ["en", "es", "fr"]},
    "fuse, n 5": {"kind": "fuse", "n": 5},
    "romanize": {"kind": "romanize"},
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, its language, and what the system says before it."""

    language: str
    text: str
    system: str = ""

    @property
    def messages(self) -> list[dict[str, str]]:
        """The chat."""
        before = [{"role": "system", "content": self.system}] if self.system else []
        return [*before, {"role": "user", "content": self.text}]


QUESTIONS = [
    Question("es", "¿Cuál es la capital de Italia y por qué es famosa en todo el mundo?"),
    Question("fr", "Quelle est la capitale de l'Italie et pourquoi est-elle connue dans le monde entier ?"),
    Question("sw", "Mji mkuu wa nchi ya Italia ni upi, na kwa nini unajulikana duniani kote?"),
    Question("hi", "इटली की राजधानी क्या है और वह पूरी दुनिया में क्यों प्रसिद्ध है?"),
    Question("ar", "ما هي عاصمة إيطاليا ولماذا هي مشهورة في العالم كله؟"),
    Question("zh", "意大利的首都是哪里,为什么这座城市闻名世界?"),
]


@dataclass(frozen=True, slots=True)
class Asked:
    """One answer: seconds to its first text and to its end, all tokens drawn for it, how it ended, and what was told.

    calls, notes: of the explanation.
    """

    first_s: float | None
    total_s: float
    completion_tokens: int
    calls: list[dict[str, Any]]
    notes: list[dict[str, Any]]
    error: str | None

    @property
    def tokens_saved(self) -> int:
        """By the gateway's own estimate."""
        return sum(note.get("tokens_saved", 0) for note in self.notes)


async def ask(
    client: aiohttp.ClientSession,
    model: str,
    question: Question,
    strategy: dict[str, Any],
    tokens: int,
) -> Asked:
    """Asks one question with one strategy and reads the stream to its end."""
    body = {
        "model": model,
        "messages": question.messages,
        "max_tokens": tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
        "dragoman": {"strategy": strategy, "explain": True, "language": question.language},
    }
    began = time.perf_counter()
    first: float | None = None
    usage: dict[str, Any] = {}
    told: dict[str, Any] = {}
    error: str | None = None
    async with client.post("/v1/chat/completions", json=body) as response:
        if response.status != 200:
            error = str(response.status)
        async for line in response.content:
            chunk = event_json(line + b"\n")
            if chunk is None:
                continue
            error = (chunk.get("error") or {}).get("code", error)
            usage, told = chunk.get("usage") or usage, chunk.get("dragoman") or told
            if first is None and any(choice["delta"].get("content") for choice in chunk.get("choices", ())):
                first = time.perf_counter() - began
    total = time.perf_counter() - began
    calls, notes = told.get("engine_calls", []), told.get("notes", [])
    return Asked(first, total, usage.get("completion_tokens", 0), calls, notes, error)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked: strategies by name, questions for each, ``max_tokens`` of each answer."""

    model: str
    names: tuple[str, ...]
    rounds: int
    tokens: int


async def measure(url: str, key: str, plan: Plan) -> dict[str, list[Asked]]:
    """Every strategy in turn, round by round, so that none of them has the quiet minutes to itself."""
    found: dict[str, list[Asked]] = {name: [] for name in plan.names}
    headers = {"Authorization": f"Bearer {key}"}
    timeout = aiohttp.ClientTimeout(total=600)
    async with aiohttp.ClientSession(url, headers=headers, timeout=timeout) as client:
        await ask(client, plan.model, QUESTIONS[0], STRATEGIES[DIRECT], plan.tokens)
        for turn in range(plan.rounds):
            question = QUESTIONS[turn % len(QUESTIONS)]
            for name in plan.names:
                print(f"round {turn + 1} of {plan.rounds}: {name}", file=sys.stderr)
                found[name].append(await ask(client, plan.model, question, STRATEGIES[name], plan.tokens))
    return found


def table(found: dict[str, list[Asked]]) -> str:
    """A row for each strategy, its times as ratios to `direct` in the same round."""
    lines = [
        "| strategy | whole answer, × direct | first text, s | engine calls | tokens drawn | tokens saved | failed |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, answers in found.items():
        good = [(one, base) for one, base in zip(answers, found[DIRECT], strict=True) if one.error is None]
        if not good:
            lines.append(f"| {name} | – | – | – | – | – | {_failed(answers)} |")
            continue
        ratio = statistics.median(one.total_s / base.total_s for one, base in good)
        first = statistics.median(one.first_s or one.total_s for one, _ in good)
        calls = statistics.mean(len(one.calls) for one, _ in good)
        drawn = statistics.mean(one.completion_tokens for one, _ in good)
        saved = statistics.mean(one.tokens_saved for one, _ in good)
        failed = _failed(answers)
        lines.append(
            f"| {name} | {ratio:.2f} | {first:.2f} | {calls:.1f} | {drawn:.0f} | {saved:.0f} | {failed} |"
        )
    return "\n".join(lines)


def _failed(answers: Sequence[Asked]) -> str:
    """How many of how many, and why."""
    why = Counter(one.error for one in answers if one.error is not None)
    told = ", ".join(f"{error} {count}" for error, count in why.most_common())
    return f"{why.total()} of {len(answers)}" + (f" ({told})" if told else "")


@click.command(help=__doc__)
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="Where the gateway listens.")
@click.option("--api-key", envvar="DRAGOMAN_API_KEY", required=True, help="A key that may choose strategies.")
@click.option("--model", default="smollm2-135m-instruct", show_default=True)
@click.option(
    "--rounds", default=6, show_default=True, help="Questions for each strategy, each in another language."
)
@click.option("--tokens", default=64, show_default=True, help="max_tokens of each answer.")
@click.option("--only", multiple=True, type=click.Choice(list(STRATEGIES)), help="These, beside direct.")
@click.option(
    "--json", "json_path", type=click.Path(path_type=Path), help="Writes every single answer's figures."
)
def main(url: str, api_key: str, json_path: Path | None, only: tuple[str, ...], **plan: Any) -> None:
    """Prints the table."""
    names = tuple(name for name in STRATEGIES if name == DIRECT or not only or name in only)
    found = asyncio.run(measure(url, api_key, Plan(names=names, **plan)))
    if json_path:
        json_path.write_bytes(
            orjson.dumps({name: [asdict(one) for one in each] for name, each in found.items()})
        )
    print(table(found))


if __name__ == "__main__":
    main()

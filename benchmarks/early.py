"""What comes early, on a real engine: votes that are decided before all samples are drawn, and text of a translated
answer before the answer it is translated from is complete.

python -m benchmarks.early --help
"""

import asyncio
import sys
from dataclasses import dataclass
from typing import Any

import aiohttp
import click

from benchmarks.strategies import Asked, Question, ask

N = 5
SAMPLED: dict[str, dict[str, Any]] = {
    "all 5 drawn (mbr)": {"kind": "samples", "n": N},
    "vote, all 5 begun": {"kind": "samples", "n": N, "selector": {"kind": "vote"}},
    "vote, first 3": {"kind": "samples", "n": N, "first": 3, "selector": {"kind": "vote"}},
}
ALL, *EARLY = SAMPLED

VOTES = [
    Question(
        "en",
        "What is the capital of France? Reason in two sentences, then give the city alone on the last line.",
    ),
    Question("en", "What is 2 + 2? Reason in two sentences, then give the number alone on the last line."),
    Question("es", "¿Cuál es la capital de Francia? Responde solo con el nombre de la ciudad."),
    Question("fr", "Quelle est la capitale de la France ? Réponds seulement par le nom de la ville."),
    Question("ru", "Сколько будет 2 + 2? Ответь только числом."),
    Question("hi", "2 + 2 कितना होता है? केवल संख्या लिखो।"),
    Question("ar", "كم يساوي 2 + 2؟ أجب بالرقم فقط."),
    Question("zh", "2 + 2 等于多少?只回答数字。"),
]

# The small model writes at length only when it is asked in English: what is in the pivot already is not translated, so
# these are translated back alone.
_AT_LENGTH = (
    "Write five short paragraphs about {topic}, each of two sentences, with a blank line between them.",
    "Write a list of ten facts about {topic}, each one sentence on a line of its own.",
)
LONG = [
    Question(language, asked.format(topic=topic))
    for language, topic in (("es", "Italy"), ("fr", "the sea"), ("de", "trains"))
    for asked in _AT_LENGTH
]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked.

    rounds, long_rounds: how often each question for a vote, and each for a long answer.
    vote_tokens, long_tokens: ``max_tokens`` of a sample, and of a long answer.
    translator: the model that translates long answers back; None for the one that writes them.
    """

    model: str
    rounds: int
    vote_tokens: int
    long_rounds: int
    long_tokens: int
    translator: str | None

    @property
    def self_translate(self) -> dict[str, Any]:
        """The strategy of long answers."""
        back = {"back_translator": {"model": self.translator}} if self.translator else {}
        return {"kind": "self_translate", "skip": [], **back}


async def measure(url: str, key: str, plan: Plan) -> tuple[dict[str, list[Asked]], list[Asked]]:
    """The votes by way of sampling, round by round, and the long answers."""
    headers = {"Authorization": f"Bearer {key}"}
    votes: dict[str, list[Asked]] = {name: [] for name in SAMPLED}
    async with aiohttp.ClientSession(
        url, headers=headers, timeout=aiohttp.ClientTimeout(total=600)
    ) as client:
        for question in VOTES * plan.rounds:
            print(f"vote: {question.text}", file=sys.stderr)
            for name, strategy in SAMPLED.items():
                votes[name].append(await ask(client, plan.model, question, strategy, plan.vote_tokens))
        long = []
        for question in LONG * plan.long_rounds:
            print(f"long: {question.text}", file=sys.stderr)
            long.append(await ask(client, plan.model, question, plan.self_translate, plan.long_tokens))
    return votes, long


def votes_table(votes: dict[str, list[Asked]]) -> str:
    """Tokens drawn, by the engine's count, as a share of those that all samples take; agreeing samples apart."""
    lines = ["| drawn | samples | questions | tokens drawn | saved |", "|---|---|---|---|---|"]
    for name in EARLY:
        for agreeing in (True, False):
            pairs = [
                (early.completion_tokens, whole.completion_tokens)
                for early, whole in zip(votes[name], votes[ALL], strict=True)
                if (_agreement(early) == 1.0) == agreeing and not (early.error or whole.error)
            ]
            drawn, of = sum(early for early, _ in pairs), sum(whole for _, whole in pairs)
            saved = f"{100 * (1 - drawn / of):.0f}%" if of else "–"
            kind = "agree" if agreeing else "differ"
            lines.append(f"| {name} | {kind} | {len(pairs)} | {drawn} of {of} | {saved} |")
    return "\n".join(lines)


def long_table(long: list[Asked]) -> str:
    """When the first text came, beside when the engine had written the whole pivot answer, whatever came of it all."""
    lines = [
        "| language | first text, s | pivot call ended, s | and how | its tokens | stream ended, s | with |",
        "|---|---|---|---|---|---|---|",
    ]
    for question, one in zip(LONG * len(long), long, strict=False):
        first = f"{one.first_s:.1f}" if one.first_s else "–"
        pivot = next((call for call in one.calls if call["purpose"] == "pivot"), None)
        told = _ended(pivot) if pivot else "– | – | –"
        with_ = one.error or "the whole answer"
        lines.append(f"| {question.language} | {first} | {told} | {one.total_s:.1f} | {with_} |")
    return "\n".join(lines)


def _ended(call: dict[str, Any]) -> str:
    """When a call had ended, in seconds from the request's begin, how it did, and what it wrote."""
    ended_s = call["began_seconds"] + call["seconds"]
    return f"{ended_s:.1f} | {call['outcome']} | {call['completion_tokens']}"


def _agreement(asked: Asked) -> float:
    """Of the last selection: samples are chosen from again where the first ones disagree."""
    return float([note["agreement"] for note in asked.notes if note["note"] == "selected"][-1])


@click.command(help=__doc__)
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="Where the gateway listens.")
@click.option("--api-key", envvar="DRAGOMAN_API_KEY", required=True, help="A key that may choose strategies.")
@click.option("--model", default="smollm2-135m-instruct", show_default=True)
@click.option("--rounds", default=3, show_default=True, help="How often each question for a vote is asked.")
@click.option("--vote-tokens", default=48, show_default=True, help="max_tokens of a sample.")
@click.option("--long-rounds", default=1, show_default=True, help="How often each long answer is asked for.")
@click.option("--translator", help="The model that translates long answers back.  [default: --model]")
@click.option("--long-tokens", default=400, show_default=True, help="max_tokens of a long answer.")
def main(url: str, api_key: str, **plan: Any) -> None:
    """Prints two tables."""
    votes, long = asyncio.run(measure(url, api_key, Plan(**plan)))
    print(votes_table(votes), long_table(long), sep="\n\n")


if __name__ == "__main__":
    main()

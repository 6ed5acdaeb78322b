"""One judge call that writes a checklist for the request and picks a sample by it (CHOPS, arXiv 2506.20544)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from routing.answer import ask
from routing.context import Context
from routing.errors import EngineError
from routing.final_answer.plain import plain
from routing.generation import Engine, Generation
from routing.messages import last_user_text
from routing.notes import Degraded
from routing.other_model import OtherModel, hidden_chat
from routing.sample import Ranking, Sample
from routing.selectors.chrf import chrf_likeness
from routing.selectors.considered import by_score, ranked
from routing.translation.fence import free_tag

# The prompt asks for five points of ten words and for a line of twenty words on each answer, in English: some 75 and 30
# tokens. A judge that writes half as much again, and takes two tokens for a word, still comes to its end.
_TOKENS = 256
_TOKENS_PER_ANSWER = 64

_PICK = re.compile(r"\bbest\b[^\w\n]{0,6}(\d[^\n]*)")


# A last line that belongs to a list of remarks on the answers picks none of them.
_LIST_ITEM = re.compile(r"^\W*\d+\s*[.):]\s*\S.*")


class Chops(BaseModel):
    """The sample that a judge picks after it wrote down what a good answer needs.

    judge: the model that picks; None for the request's own.
    judge_tokens: how long its answer may be; None for 256 tokens and 64 for each sample shown. A judge that reasons
        before it answers needs more.

    One engine call, none where all samples are equal. The judge sees the last user message and each different sample
    once, as fenced data, in an order that follows from the texts alone: which sample is the greedy one is not to be
    seen, and the same samples are always judged alike. A judge that goes on for too long is cut off, and what it had
    picked by then counts. Where it fails or picks no sample, or several, chrF chooses, and a note says so. The other
    samples follow in chrF's order; the agreement is the winner's by chrF.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    needs_logprobs: ClassVar[bool] = False
    is_decided: ClassVar[None] = None

    kind: Literal["chops"] = "chops"
    judge: OtherModel | None = None
    judge_tokens: Annotated[int, Field(ge=16)] | None = None

    async def __call__(
        self, samples: Sequence[Sample], generation: Generation, engine: Engine, context: Context
    ) -> Ranking:
        """The judge's pick first."""
        likeness = await chrf_likeness(samples)
        alike = by_score(samples, likeness, likeness)
        texts = shuffled(list(dict.fromkeys(samples[place].text for place in likeness)))
        if len(texts) < 2:
            return alike
        try:
            said = await self._judge(texts, generation, engine, context)
        except EngineError as error:
            context.notes(Degraded(self.kind, error.code, "mbr"))
            return alike
        picked = said.picked(len(texts))
        if picked is None:
            context.notes(Degraded(self.kind, "cut_off" if said.is_cut else "unreadable", "mbr"))
            return alike
        best = next(place for place in sorted(likeness) if samples[place].text == texts[picked])
        others = [place for place in alike.order if place in likeness and place != best]
        return ranked(samples, [best, *others], likeness[best])

    async def _judge(
        self, texts: Sequence[str], generation: Generation, engine: Engine, context: Context
    ) -> "Judgement":
        tag, material = _fenced(last_user_text(generation), texts)
        prompt = context.prompts.text(self.kind, context.owed, tag=tag, count=str(len(texts)))
        messages = [{"role": "system", "content": prompt}, {"role": "user", "content": material}]
        limit = self.judge_tokens or _TOKENS + _TOKENS_PER_ANSWER * len(texts)
        call = hidden_chat(generation, "judge", messages, self.judge, max_tokens=limit)
        choice = (await ask(replace(call, mask=None), engine)).in_order[0]
        return Judgement(choice.text.replace(tag, ""), choice.finish_reason == "length")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge said. is_cut: whether its length ended it, not the judge."""

    text: str
    is_cut: bool = False

    def picked(self, count: int) -> int | None:
        """The place, counted from 0, that it picks; None for none, for several and for one out of range.

        What stands behind the last "BEST", else the number in the last line, in the digits of any script. One that was
        cut off has no last line, and may have come to "BEST" more than once on its way: only where each whole line of
        them says the same is it a pick.
        """
        if self.is_cut:
            whole_lines = plain(self.text.rpartition("\n")[0])
            places = {_only_number(line, count) for line in _PICK.findall(whole_lines)}
            return places.pop() if len(places) == 1 else None
        said = plain(self.text).strip()
        picks = _PICK.findall(said)
        return _only_number(picks[-1] if picks else _LIST_ITEM.sub("", said.rpartition("\n")[2]), count)


def shuffled(texts: Sequence[str]) -> list[str]:
    """Different texts in an order that depends on all of them, and not on the order that they come in."""
    together = "".join(sorted(sha256(_bytes(text)).hexdigest() for text in texts))
    return sorted(texts, key=lambda text: (sha256(_bytes(together + text)).digest(), text))


def _only_number(line: str, count: int) -> int | None:
    """The place that the only number in a line stands for."""
    numbers = {int(number) for number in re.findall(r"\d{1,9}", line)}
    if len(numbers) != 1 or not 1 <= min(numbers) <= count:
        return None
    return min(numbers) - 1


def _fenced(request: str, texts: Sequence[str]) -> tuple[str, str]:
    """A tag that is in none of the texts, and all of them between tags that begin with it."""
    tag = free_tag("\n".join((request, *texts)), "part")
    named = [("request", request), *((str(number), text) for number, text in enumerate(texts, 1))]
    return tag, "\n".join(f"<{tag}-{name}>\n{text}\n</{tag}-{name}>" for name, text in named)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")

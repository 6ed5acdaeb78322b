"""One judge call that writes a checklist for the request and picks a sample by it (CHOPS, arXiv 2506.20544)."""

import re
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from routing.answer import ask_text
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

# Room for a checklist and a line for each answer, in scripts that take several tokens a word too.
_TOKENS = 1024
_TOKENS_PER_ANSWER = 128

_PICK = re.compile(r"\bbest\b[^\w\n]{0,6}(\d[^\n]*)")


# A last line that belongs to a list of remarks on the answers picks none of them.
_LIST_ITEM = re.compile(r"^\W*\d+\s*[.):]\s*\S.*")


class Chops(BaseModel):
    """The sample that a judge picks after it wrote down what a good answer needs.

    judge: the model that picks; None for the request's own.

    One engine call, none where all samples are equal. The judge sees the last user message and each different sample
    once, as fenced data, in an order that follows from the texts alone: which sample is the greedy one is not to be
    seen, and the same samples are always judged alike. Where the judge fails or picks no sample, or several, chrF
    chooses, and a note says so. The other samples follow in chrF's order; the agreement is the winner's by chrF.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    needs_logprobs: ClassVar[bool] = False

    kind: Literal["chops"] = "chops"
    judge: OtherModel | None = None

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
            picked = await self._pick(texts, generation, engine, context)
        except EngineError as error:
            context.notes(Degraded(self.kind, error.code, "mbr"))
            return alike
        if picked is None:
            context.notes(Degraded(self.kind, "unreadable", "mbr"))
            return alike
        best = next(place for place in sorted(likeness) if samples[place].text == texts[picked])
        others = [place for place in alike.order if place in likeness and place != best]
        return ranked(samples, [best, *others], likeness[best])

    def is_decided(self, _samples: Sequence[Sample], outstanding: int) -> bool:
        """Only when all samples are there: the judge may pick any."""
        return outstanding == 0

    async def _pick(
        self, texts: Sequence[str], generation: Generation, engine: Engine, context: Context
    ) -> int | None:
        tag, material = _fenced(last_user_text(generation), texts)
        prompt = context.prompts.text(self.kind, context.owed, tag=tag, count=str(len(texts)))
        messages = [{"role": "system", "content": prompt}, {"role": "user", "content": material}]
        limit = _TOKENS + _TOKENS_PER_ANSWER * len(texts)
        call = hidden_chat(generation, "judge", messages, self.judge, max_tokens=limit)
        answer = await ask_text(replace(call, mask=None), engine)
        return picked_of(answer.replace(tag, ""), len(texts))


def shuffled(texts: Sequence[str]) -> list[str]:
    """Different texts in an order that depends on all of them, and not on the order that they come in."""
    together = "".join(sorted(sha256(_bytes(text)).hexdigest() for text in texts))
    return sorted(texts, key=lambda text: (sha256(_bytes(together + text)).digest(), text))


def picked_of(answer: str, count: int) -> int | None:
    """The place, counted from 0, that a judge's answer picks; None for none, for several and for one out of range.

    What stands behind the last "BEST", else the number in the last line. In the digits of any script.
    """
    said = plain(answer).strip()
    picks = _PICK.findall(said)
    line = picks[-1] if picks else _LIST_ITEM.sub("", said.rpartition("\n")[2])
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

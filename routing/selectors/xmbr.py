"""MBR with evidence from another language (X-MBR, arXiv 2506.20544)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from routing.answer import ask
from routing.context import Context
from routing.detection.tags import usual_script
from routing.errors import EngineError
from routing.generation import Engine, Generation
from routing.language_names import full_name
from routing.language_ranges import WritableLanguage, same_language
from routing.messages import with_instruction
from routing.notes import Degraded
from routing.other_model import OtherModel
from routing.sample import Ranking, Sample
from routing.selectors.chrf import chrf_utilities
from routing.selectors.considered import by_score, considered
from routing.selectors.embedding import embedding_utilities
from routing.selectors.mbr import by_likeness

_TEMPERATURE = 0.7


class Xmbr(BaseModel):
    """The sample most like the other samples and like answers to the same request in another language.

    m: how many answers are drawn in the other language; they give evidence and cannot win.
    language: the other language; None for English, and Chinese where English is owed, as in the paper.
    embedder: the model whose embeddings say how alike two answers are; None for chrF.

    Likeness across languages wants embeddings: without an embedder only names and numbers are compared, and where
    the two languages are written in different scripts hardly those, so there the evidence is not drawn and plain MBR
    chooses. That, and a call that fails, a note says. One engine call with ``n=m``, and one for embeddings. The paper
    asks a judge for the utility of every pair.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    needs_logprobs: ClassVar[bool] = False
    is_decided: ClassVar[None] = None

    kind: Literal["xmbr"] = "xmbr"
    m: Annotated[int, Field(ge=1, le=8)] = 3
    language: WritableLanguage | None = None
    embedder: OtherModel | None = None

    async def __call__(
        self, samples: Sequence[Sample], generation: Generation, engine: Engine, context: Context
    ) -> Ranking:
        """Samples by their utility; its best value is the agreement."""
        places = considered(samples)
        texts = [samples[place].text for place in places]
        if len(set(texts)) < 2:
            return await by_likeness(samples)
        language = self.language or ("zh" if same_language(context.owed, "en") else "en")
        if self.embedder is None and usual_script(context.owed) != usual_script(language):
            context.notes(Degraded(self.kind, "script", "mbr"))
            return await by_likeness(samples)
        try:
            evidence = await self._evidence(language, generation, engine, context)
            utilities = await self._utilities(texts, evidence, generation, engine)
        except EngineError as error:
            context.notes(Degraded(self.kind, error.code, "mbr"))
            return await by_likeness(samples)
        likeness = dict(zip(places, utilities, strict=True))
        return by_score(samples, likeness, likeness)

    async def _evidence(
        self, language: str, generation: Generation, engine: Engine, context: Context
    ) -> list[str]:
        prompt = context.prompts.text("solve_in", language, pivot=full_name(language))
        hidden = replace(with_instruction(generation, prompt), purpose="evidence", mask=None)
        answer = await ask(hidden.with_body(n=self.m, temperature=_TEMPERATURE), engine)
        return [Sample(choice.wire).text for choice in answer.in_order]

    async def _utilities(
        self, texts: Sequence[str], evidence: Sequence[str], generation: Generation, engine: Engine
    ) -> list[float]:
        if self.embedder is None:
            return await chrf_utilities(texts, evidence)
        return await embedding_utilities(texts, evidence, self.embedder, generation, engine)

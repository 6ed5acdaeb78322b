"""The sample most like all the others: minimum Bayes risk decoding (arXiv 2506.20544)."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from routing.context import Context
from routing.errors import EngineError
from routing.generation import Engine, Generation
from routing.notes import Degraded
from routing.other_model import OtherModel
from routing.sample import Ranking, Sample
from routing.selectors.chrf import chrf_likeness
from routing.selectors.considered import by_score, considered
from routing.selectors.embedding import embedding_utilities


class Mbr(BaseModel):
    """The sample of highest utility: how alike it is to the other samples, on the average.

    embedder: the model whose embeddings say how alike two samples are (cosine); None for chrF, which costs no call.

    The paper asks a judge for the utility of every pair; a metric or embeddings cost far less. Of two samples chrF
    takes the one that covers the other. The agreement is the utility of the best. One engine call with an embedder,
    else none; chrF's cost is in `chrf_utilities`. Where the embedder fails, chrF chooses, and a note says so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    needs_logprobs: ClassVar[bool] = False
    is_decided: ClassVar[None] = None

    kind: Literal["mbr"] = "mbr"
    embedder: OtherModel | None = None

    async def __call__(
        self, samples: Sequence[Sample], generation: Generation, engine: Engine, context: Context
    ) -> Ranking:
        """Samples by their utility. By embeddings two samples are as alike one way as the other: the first wins."""
        places = considered(samples)
        texts = [samples[place].text for place in places]
        if self.embedder is None or len(set(texts)) < 2:
            return await by_likeness(samples)
        try:
            utilities = await embedding_utilities(texts, (), self.embedder, generation, engine)
        except EngineError as error:
            context.notes(Degraded(self.kind, error.code, "chrf"))
            return await by_likeness(samples)
        likeness = dict(zip(places, utilities, strict=True))
        return by_score(samples, likeness, likeness)


async def by_likeness(samples: Sequence[Sample]) -> Ranking:
    """The considered samples by chrF to one another, without a call: also what other selectors fall back on."""
    likeness = await chrf_likeness(samples)
    return by_score(samples, likeness, likeness)

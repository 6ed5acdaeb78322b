"""The sample that the model itself finds likeliest (perplexity as a verifier, arXiv 2505.21941)."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from routing.context import Context
from routing.generation import Engine, Generation
from routing.notes import Degraded
from routing.sample import Ranking, Sample
from routing.selectors.chrf import chrf_likeness
from routing.selectors.considered import by_score


class Likelihood(BaseModel):
    """The sample with the highest log-probability, divided by tokens to the power of ``length_exponent``.

    length_exponent: 1 for the mean of the tokens, which favours no length; below it short samples win, as 0 compares
        whole samples; above it long ones (the exponent of Wu et al. 2016's length penalty, without its constants).

    Found good enough for open questions, and of no help with reasoning. Samples without log-probabilities come after
    those with them; where none has any, chrF chooses, and a note says so. No calls; agreement as in `Mbr`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    needs_logprobs: ClassVar[bool] = True
    is_decided: ClassVar[None] = None

    kind: Literal["likelihood"] = "likelihood"
    length_exponent: Annotated[float, Field(ge=0, le=2)] = 1.0

    async def __call__(
        self, samples: Sequence[Sample], _generation: Generation, _engine: Engine, context: Context
    ) -> Ranking:
        """Samples by their likelihood."""
        likeness = await chrf_likeness(samples)
        if all(samples[place].logprob is None for place in likeness):
            if len(likeness) > 1:
                context.notes(Degraded(self.kind, "logprobs", "mbr"))
            return by_score(samples, likeness, likeness)
        return by_score(samples, {place: self._score(samples[place]) for place in likeness}, likeness)

    def _score(self, sample: Sample) -> float:
        if sample.logprob is None:
            return -float("inf")
        return sample.logprob * float(max(sample.tokens, 1) ** (1 - self.length_exponent))

"""The sample that a reward model scores highest (best of N; arXiv 2506.20544 and 2505.21941)."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from routing.context import Context
from routing.document_call import ask_document
from routing.errors import EngineError
from routing.generation import Endpoint, Engine, Generation
from routing.messages import last_user_text
from routing.notes import Degraded
from routing.other_model import OtherModel
from routing.sample import Ranking, Sample
from routing.selectors.chrf import chrf_likeness
from routing.selectors.considered import by_score


class Reward(BaseModel):
    """The sample with the highest score of a scoring model.

    scorer: the model, and the engine of the policy that serves it.
    endpoint: vLLM's ``score`` for a cross-encoder, which reads the last user message beside each sample, all in one
        call; ``pooling`` for a reward model, which reads the conversation with a sample at its end, one call for each.

    Each different sample is scored once; none is where all are equal. Where the scorer fails, chrF chooses, and a
    note says so. The agreement is the winner's by chrF.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    needs_logprobs: ClassVar[bool] = False
    is_decided: ClassVar[None] = None

    kind: Literal["reward"] = "reward"
    scorer: OtherModel
    endpoint: Literal["score", "pooling"] = "score"

    async def __call__(
        self, samples: Sequence[Sample], generation: Generation, engine: Engine, context: Context
    ) -> Ranking:
        """Samples by their score."""
        likeness = await chrf_likeness(samples)
        texts = list(dict.fromkeys(samples[place].text for place in likeness))
        if len(texts) < 2:
            return by_score(samples, likeness, likeness)
        try:
            scores = await self._scores(texts, generation, engine)
        except EngineError as error:
            context.notes(Degraded(self.kind, error.code, "mbr"))
            return by_score(samples, likeness, likeness)
        score_of = dict(zip(texts, scores, strict=True))
        return by_score(samples, {place: score_of[samples[place].text] for place in likeness}, likeness)

    async def _scores(self, texts: Sequence[str], generation: Generation, engine: Engine) -> list[float]:
        if self.endpoint == "score":
            fields = {"text_1": last_user_text(generation), "text_2": list(texts)}
            return _pair_scores(
                await ask_document(self._call("score", generation, **fields), engine), len(texts)
            )
        calls = (self._conversation(text, generation) for text in texts)
        return await _together([ask_document(call, engine) for call in calls])

    def _conversation(self, text: str, generation: Generation) -> Generation:
        messages = [*generation.body["messages"], {"role": "assistant", "content": text}]
        # The raw score: activated ones crowd together near 1, where they cannot be told apart.
        return self._call("pooling", generation, messages=messages, task="classify", use_activation=False)

    def _call(self, endpoint: Endpoint, generation: Generation, **fields: Any) -> Generation:
        body = {"model": self.scorer.model or generation.model, **fields}
        return replace(
            generation,
            endpoint=endpoint,
            body=body,
            engine=self.scorer.engine,
            purpose="reward",
            mask=None,
        )


async def _together(calls: Sequence[Coroutine[Any, Any, dict[str, Any]]]) -> list[float]:
    """The rewards of all calls; where one fails the others are cancelled."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call) for call in calls]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [_reward(task.result()) for task in tasks]


def _pair_scores(document: dict[str, Any], count: int) -> list[float]:
    try:
        rows = sorted(document["data"], key=lambda row: row["index"])
        scores = [_finite(row["score"]) for row in rows]
    except (KeyError, TypeError, ValueError) as error:
        raise EngineError("The engine's answer holds no scores.") from error
    if len(scores) != count:
        raise EngineError("The engine's answer does not hold one score for each text.")
    return scores


def _reward(document: dict[str, Any]) -> float:
    """The one number that a reward model has for a conversation: a model with several classes is none."""
    try:
        ((score,),) = (row["data"] for row in document["data"])
        return _finite(score)
    except (KeyError, TypeError, ValueError) as error:
        raise EngineError("The engine's answer is not one score for the conversation.") from error


def _finite(score: Any) -> float:
    if not isfinite(value := float(score)):
        raise ValueError("not a finite number")
    return value

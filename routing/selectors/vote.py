"""The answer that most samples come to (self-consistency, Wang et al., ICLR 2023, arXiv 2203.11171)."""

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from routing.context import Context
from routing.final_answer.extract import AnswerKind, final_answer
from routing.generation import Engine, Generation
from routing.sample import Ranking, Sample
from routing.selectors.considered import considered, ranked


class Vote(BaseModel):
    """A majority over final answers. Of answers with equally many votes the one that a sample came to first wins.

    answer: what kind of final answer is looked for in the samples.

    A sample without a final answer cannot win unless none has one. The agreement is the share of considered samples
    with the winning answer. No calls; about 1 ms a page of text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    needs_logprobs: ClassVar[bool] = False

    kind: Literal["vote"] = "vote"
    answer: AnswerKind = "auto"

    async def __call__(
        self, samples: Sequence[Sample], _generation: Generation, _engine: Engine, _context: Context
    ) -> Ranking:
        """Samples with the winning answer first, then those of the next; the first sample of each leads."""
        places = considered(samples)
        answers = self._answers(samples, places)
        votes = Counter(answers.values())
        votes[None] = 0
        first = {answer: place for place, answer in reversed(answers.items())}
        order = sorted(places, key=lambda place: (-votes[answers[place]], first[answers[place]], place))
        winning = votes[answers[order[0]]] if order else 0
        return ranked(samples, order, winning / len(places) if len(places) > 1 else 1.0)

    def is_decided(self, samples: Sequence[Sample], outstanding: int) -> bool:
        """Whether the winning answer is certain. Which of its samples comes first may still change.

        An outstanding sample may take any place, the greedy one's too, so a lead must hold without the tie rule; and
        where no sample says something that keeps the contract yet, one that does would win alone.
        """
        if outstanding == 0:
            return True
        if not any(sample.keeps_contract and sample.says_something for sample in samples):
            return False
        answers = self._answers(samples, considered(samples)).values()
        votes = Counter(answer for answer in answers if answer is not None).most_common(2)
        most, next_most = [*(count for _, count in votes), 0, 0][:2]
        return most > next_most + outstanding

    def _answers(self, samples: Sequence[Sample], places: Sequence[int]) -> dict[int, str | None]:
        return {place: final_answer(samples[place].text, self.answer) for place in places}

"""Which samples may win, whatever the selector: an answer that says nothing never does where another says something."""

from typing import Any

import pytest

from routing.other_model import OtherModel
from routing.sample import Sample
from routing.selector import Selector
from routing.selectors.chops import Chops
from routing.selectors.considered import considered
from routing.selectors.likelihood import Likelihood
from routing.selectors.mbr import Mbr
from routing.selectors.reward import Reward
from routing.selectors.vote import Vote
from routing.selectors.xmbr import Xmbr
from tests.routing.selectors.selecting import AnsweringEngine, asked, context_in, samples_of

ELSEWHERE = OtherModel(model="other")
SELECTORS: list[Selector] = [
    Mbr(), Mbr(embedder=ELSEWHERE), Xmbr(language="sw"), Likelihood(), Reward(scorer=ELSEWHERE), Vote(), Chops(),
]  # fmt: skip


def _document(generation: Any) -> dict[str, Any]:
    if generation.endpoint == "score":
        return {
            "data": [{"index": place, "score": -place} for place, _ in enumerate(generation.body["text_2"])]
        }
    return {
        "data": [{"index": place, "embedding": [1, 1]} for place, _ in enumerate(generation.body["input"])]
    }


@pytest.mark.parametrize("selector", SELECTORS, ids=lambda selector: str(selector.kind))
@pytest.mark.parametrize("nothing", ["", " \n", "\u3000"])
async def test_samples_that_say_nothing_agree_with_one_another_and_do_not_win(
    selector: Selector, nothing: str
) -> None:
    texts = (nothing, "أربعة وعشرون كيلومترا", nothing, "لا أعرف", nothing)
    samples = samples_of(*texts, logprob=[-0.01, -1.0, -0.01, -2.0, -0.01])
    engine = AnsweringEngine(lambda _: "BEST: 1", _document)
    ranking = await selector(samples, asked(), engine, context_in("sw")[0])
    assert {*ranking.order[:2]} == {1, 3}
    assert sorted(ranking.order) == [0, 1, 2, 3, 4]


def test_an_answer_in_another_language_says_more_than_none() -> None:
    assert considered(samples_of("", "Nairobi.", breaking=[1])) == (1,)
    assert considered(samples_of("", "Nairobi.", "नैरोबी।", breaking=[1])) == (2,)
    assert considered(samples_of("", "")) == (0, 1)
    assert considered(samples_of("", "", breaking=[0])) == (1,)


def test_a_call_of_a_tool_says_something() -> None:
    (spoken,) = samples_of("")
    call = {"function": {"name": "tafuta", "arguments": "{}"}}
    calling = Sample({"message": {"role": "assistant", "content": None, "tool_calls": [call]}})
    assert considered([spoken, calling]) == (1,)

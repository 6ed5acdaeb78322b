import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.calibration.outcome import Outcome, write_outcome
from gateway.calibration.run import run_calibration
from gateway.calibration.sweep import SweepOutcome, SweepRequest, run_sweep
from gateway.calibration.sweep_report import sweep_document, verdict, write_sweep
from routing.errors import ConfigError
from routing.steering.profile_file import read_profile, read_profiles
from tests.gateway.calibration.conftest import MakeRequest, write_lines
from tests.gateway.calibration.scripted_reader import Heard, ScriptedReader

QUESTIONS = 24
LANGUAGES = ("en", "sw", "ar")


@dataclass
class ScriptedAnswerer:
    """Knows a third of the answers; in Swahili all of them, where a name holds what `helps` says.

    fails_after: calls after which it fails as an engine may.
    """

    helps: str | None
    fails_after: int | None = None
    calls: list[tuple[str | None, int]] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    is_closed: bool = False

    def start(self, profiles: Path, count: int) -> "ScriptedAnswerer":
        self.loaded = [profile.reference for profile in read_profiles(profiles)]
        assert len(self.loaded) == count
        return self

    def answer(self, questions: Sequence[str], reference: str | None, most_tokens: int) -> list[str]:
        assert reference is None or reference in self.loaded
        assert most_tokens == 9
        if self.fails_after is not None and len(self.calls) >= self.fails_after:
            raise RuntimeError("out of memory")
        self.calls.append((reference, len(questions)))
        is_helped = self.helps is not None and reference is not None and self.helps in reference
        return [self._answer(question, is_helped) for question in questions]

    def _answer(self, question: str, is_helped: bool) -> str:
        tag, number = question.split()
        knows = int(number) % 3 == 0 or (is_helped and tag == "sw")
        return f"{tag}: {int(number) + 100 if knows else 7}"

    def close(self) -> None:
        self.is_closed = True


@dataclass(frozen=True)
class Swept:
    outcome: Outcome
    make_request: MakeRequest
    sweep: SweepRequest

    def run(self, answerer: ScriptedAnswerer, heard: Heard | None = None) -> SweepOutcome:
        return run_sweep(self.make_request(), self.sweep, self.outcome, answerer.start, heard or Heard())


@pytest.fixture
def swept(make_request: MakeRequest, tmp_path: Path) -> Swept:
    lines = [
        {"language": tag, "id": number, "question": f"{tag} {number}", "answer": str(number + 100)}
        for tag in LANGUAGES
        for number in range(QUESTIONS)
    ]
    sweep = SweepRequest(write_lines(tmp_path / "questions.jsonl", lines), "number", 9)
    outcome = run_calibration(make_request(), ScriptedReader, Heard())
    write_outcome(outcome, make_request().output)
    return Swept(outcome, make_request, sweep)


def test_the_profile_that_helps_is_chosen_for_the_language_that_it_helps(swept: Swept) -> None:
    answerer = ScriptedAnswerer(helps="-hard-l2-5")
    found = swept.run(answerer)
    assert found.chosen is not None
    assert "-hard-l2-5" in found.chosen.name
    assert found.chosen.origin.languages == ("sw",)
    gain = found.choice.by_language["sw"]
    assert gain.after == 1.0
    assert gain.low > 0.3
    assert found.choice.by_language["ar"].gain == 0
    assert found.placebo_choice.overall.gain == 0
    # Everybody was asked everything once, in one engine.
    assert {way for way, _ in answerer.calls} == {None, *answerer.loaded}
    assert len(answerer.calls) == 1 + len(answerer.loaded)
    assert answerer.is_closed
    document = sweep_document(found)
    assert verdict(document) == f"{found.chosen.reference} helps in sw."
    assert document["ways"][0]["accuracy"] == {tag: pytest.approx(1 / 3) for tag in LANGUAGES}


def test_the_chosen_profile_lies_beside_the_others(swept: Swept) -> None:
    found = swept.run(ScriptedAnswerer(helps="-soft1-l2-5"))
    folder = swept.make_request().output
    write_sweep(found, folder)
    assert found.chosen is not None
    assert (
        read_profile(folder / "profiles" / f"{found.chosen.name}.safetensors").reference
        == found.chosen.reference
    )
    assert json.loads((folder / "sweep.json").read_text("utf-8")) == sweep_document(found)
    assert "<td>sw</td><td>12</td>" in (folder / "sweep.html").read_text("utf-8")


@pytest.mark.parametrize("helps", [None, "placebo"])
def test_where_nothing_helps_that_is_said(swept: Swept, helps: str | None) -> None:
    found = swept.run(ScriptedAnswerer(helps))
    assert found.chosen is None
    assert verdict(sweep_document(found)).startswith("Nothing helps")
    # A gain that any experts bring is seen where the placebos are.
    assert (found.placebo_choice.overall.gain > 0.2) == (helps == "placebo")
    write_sweep(found, swept.make_request().output)


def test_a_sweep_that_was_broken_off_goes_on(swept: Swept) -> None:
    whole = swept.run(ScriptedAnswerer("-hard-"))
    (Path(swept.make_request().output) / "sweep").rename(swept.make_request().output / "elsewhere")
    broken = ScriptedAnswerer("-hard-", fails_after=3)
    with pytest.raises(RuntimeError):
        swept.run(broken)
    assert broken.is_closed
    rest, heard = ScriptedAnswerer("-hard-"), Heard()
    assert sweep_document(swept.run(rest, heard)) == sweep_document(whole)
    assert len(rest.calls) == len(rest.loaded) + 1 - 3
    assert heard.total == heard.done > 0


def test_a_sweep_that_is_done_starts_no_engine(swept: Swept) -> None:
    once = swept.run(ScriptedAnswerer("-hard-"))

    def refuse(_profiles: Path, _count: int) -> ScriptedAnswerer:
        raise AssertionError("an engine was started")

    again = run_sweep(swept.make_request(), swept.sweep, swept.outcome, refuse, Heard())
    assert sweep_document(again) == sweep_document(once)


def test_a_model_without_experts_of_the_task_is_not_swept(swept: Swept, make_request: MakeRequest) -> None:
    request = make_request(output=make_request().output / "other")
    write_lines(request.task, [{"text": f"river {number}"} for number in range(70)])
    outcome = run_calibration(request, ScriptedReader, Heard())
    with pytest.raises(ConfigError, match="no threshold of the sweep leaves an expert"):
        run_sweep(request, swept.sweep, outcome, ScriptedAnswerer(None).start, Heard())

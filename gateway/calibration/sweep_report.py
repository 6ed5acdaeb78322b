"""What a sweep found: for scripts, for people, and as a profile."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from gateway.calibration.html_page import page, table
from gateway.calibration.sweep import SweepOutcome
from routing.calibration.sweep_choice import Gain, SweepChoice
from routing.steering.profile_file import SUFFIX, write_profile

_EXPLANATION = """
<p>The profile was chosen by one half of the questions, by mean accuracy over languages but English; gains are those of
the other half, with 95% intervals from a bootstrap over questions. Placebos do the same to as many other experts of the
same layers, and one of them was chosen in the same way: a gain that placebos have as well is not the profile's.
Steering costs no tokens, so unsteered answers are the baseline of equal compute.</p>
"""


def write_sweep(outcome: SweepOutcome, folder: Path) -> None:
    """Writes ``sweep.json``, ``sweep.html``, and the chosen profile beside the others where one was chosen."""
    document = sweep_document(outcome)
    (folder / "sweep.json").write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    (folder / "sweep.html").write_text(_page(document), "utf-8")
    if outcome.chosen is not None:
        write_profile(outcome.chosen, folder / "profiles" / f"{outcome.chosen.name}{SUFFIX}")


def sweep_document(outcome: SweepOutcome) -> dict[str, Any]:
    """Everything that was found out. Accuracies of ways are of all questions, those of gains of held-out ones."""
    ways = ["unsteered", *(profile.reference for profile in outcome.profiles)]
    return {
        "chosen": outcome.chosen.reference if outcome.chosen else None,
        "languages": list(outcome.choice.helped),
        "held_out": _choice(outcome.choice),
        "placebo": _choice(outcome.placebo_choice),
        "ways": [
            {
                "way": way,
                "accuracy": {tag: float(one.correct[row].mean()) for tag, one in outcome.scores.items()},
            }
            for row, way in enumerate(ways)
        ],
    }


def verdict(document: Mapping[str, Any]) -> str:
    """One sentence: what was chosen, and for which languages, or that nothing helps."""
    if document["chosen"] is None:
        return "Nothing helps: no profile was better than none on the questions to choose by."
    if not document["languages"]:
        return f"Nothing helps: {document['chosen']} was best to choose by, and held-out questions do not confirm it."
    return f"{document['chosen']} helps in {', '.join(document['languages'])}."


def _choice(choice: SweepChoice) -> dict[str, Any]:
    return {
        "overall": _gain(choice.overall),
        "by_language": {tag: _gain(gain) for tag, gain in choice.by_language.items()},
    }


def _gain(gain: Gain) -> dict[str, float]:
    return {
        "questions": gain.questions,
        "before": gain.before,
        "after": gain.after,
        "gain": gain.gain,
        "low": gain.low,
        "high": gain.high,
    }


def _page(document: Mapping[str, Any]) -> str:
    head = ("Language", "Questions", "Unsteered", "Steered", "Gain (95%)", "Placebo's gain (95%)")
    held, placebo = document["held_out"], document["placebo"]
    rows = [_row("all but en", held["overall"], placebo["overall"])]
    rows += [_row(tag, gain, placebo["by_language"][tag]) for tag, gain in held["by_language"].items()]
    tags = list(document["ways"][0]["accuracy"])
    ways = [(one["way"], *(f"{one['accuracy'][tag]:.1%}" for tag in tags)) for one in document["ways"]]
    parts = [
        table((), [(verdict(document),)]),
        _EXPLANATION,
        table(head, rows),
        "<h2>Every profile, all questions</h2>",
        table(("Profile", *tags), ways),
    ]
    return page("Router steering: sweep", parts)


def _row(name: str, gain: Mapping[str, float], placebo: Mapping[str, float]) -> tuple[str, ...]:
    questions = str(int(gain["questions"]))
    return name, questions, f"{gain['before']:.1%}", f"{gain['after']:.1%}", _points(gain), _points(placebo)


def _points(gain: Mapping[str, float]) -> str:
    gained, low, high = (100 * gain[name] for name in ("gain", "low", "high"))
    return f"{gained:+.1f} ({low:+.1f} to {high:+.1f})"

"""How often the answer-language contract is wrong, how early the watcher decides, and what both cost.

python -m benchmarks.contract --data ../shared/data
"""

import random
import statistics
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.contract_sets import (
    Case,
    broken_answers,
    ntrex_lines,
    phrases,
    right_answers,
    romanised_answers,
    tatoeba_lines,
)
from benchmarks.language_confusion import Completion, PassRates, read_completions
from routing.contract.answer_lines import AnswerLines
from routing.contract.judge import judge
from routing.contract.kinship import kinship
from routing.contract.line import judge_line
from routing.contract.watch import Watcher
from routing.detection.detector import load_detector
from routing.detection.tags import primary_language
from routing.language import Detector

_SENTENCES = 3  # of an answer made from NTREX


@click.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--wrong", is_flag=True, help="Also prints the answers judged wrongly.")
def main(data: Path, wrong: bool) -> None:
    """Measures false alarms, misses, agreement with the Language Confusion Benchmark, and cost."""
    detector = load_detector()
    ntrex = ntrex_lines(data)
    sentences = [Case(tag, "sentence", line) for tag, lines in ntrex.items() for line in lines]
    tatoeba = tatoeba_lines(data, {primary_language(tag) for tag in [*ntrex, *phrases()]})
    short = [Case(tag, "sentence", line) for tag, lines in tatoeba.items() for line in lines]
    rates = PassRates(data)
    print("right answers: judged broken (false alarms)")
    for title, cases in (("own set", right_answers()), ("NTREX", sentences), ("Tatoeba", short)):
        _print_false_alarms(title, cases, detector, wrong)
        failed = sum(not _passes(case, rates) for case in cases)
        print(f"    failed by LCB's lines and words: {_percent(failed, len(cases))}")
    print("broken answers: judged broken (caught)")
    for title, cases in (("own set", broken_answers()), ("romanised", romanised_answers())):
        _print_caught(title, cases, detector, wrong)
    _print_caught("NTREX", _in_other_languages(ntrex), detector, wrong)
    _print_watching(right_answers(), broken_answers(), detector)
    _print_language_confusion(data, rates, detector)
    _print_cost(sentences, detector)


def _outcomes(cases: Iterable[Case], detector: Detector) -> list[tuple[Case, str]]:
    return [(case, judge(case.text, case.owed, detector).outcome) for case in cases]


def _print_false_alarms(title: str, cases: Sequence[Case], detector: Detector, wrong: bool) -> None:
    outcomes = _outcomes(cases, detector)
    count = Counter(outcome for _, outcome in outcomes)
    languages = len({case.owed for case in cases})
    print(f"  {title}: {count['broken']} of {len(cases)} ({_percent(count['broken'], len(cases))})"
          f" in {languages} languages; unjudged {_percent(count['unjudged'], len(cases))}")  # fmt: skip
    _print_cases([case for case, outcome in outcomes if outcome == "broken"], wrong)


def _passes(case: Case, rates: PassRates) -> bool:
    language = primary_language(case.owed)
    return rates.passes_lines(case.text, language) and rates.passes_words(case.text, language)


def _print_caught(title: str, cases: Sequence[Case], detector: Detector, wrong: bool) -> None:
    outcomes = _outcomes(cases, detector)
    for kind in dict.fromkeys(case.kind for case in cases):
        found = Counter(outcome for case, outcome in outcomes if case.kind == kind)
        total = sum(found.values())
        print(f"  {title}, {kind}: {_percent(found['broken'], total)} of {total}"
              f"; unjudged {_percent(found['unjudged'], total)}")  # fmt: skip
    _print_cases([case for case, outcome in outcomes if outcome != "broken"], wrong)


def _print_cases(cases: Iterable[Case], wrong: bool) -> None:
    if wrong:
        for case in cases:
            print(f"    {case.owed} {case.kind}: {case.text!r}")


def _in_other_languages(ntrex: Mapping[str, list[str]]) -> list[Case]:
    """Three sentences in another language: English, and any of the 73, ten times each."""
    draw = random.Random(0)
    cases = []
    for owed in ntrex:
        for other in ["en"] * 10 + draw.choices(list(ntrex), k=10):
            if kinship(primary_language(other), primary_language(owed)) in ("none", "cousins"):
                start = draw.randrange(len(ntrex[other]) - _SENTENCES)
                kind = "whole, in English" if other == "en" else "whole, in another of 73"
                cases.append(Case(owed, kind, "\n".join(ntrex[other][start : start + _SENTENCES])))
    return cases


def _print_watching(right: Sequence[Case], broken: Sequence[Case], detector: Detector) -> None:
    """The watcher's decisions, fed four characters at a time."""
    whole = [case for case in broken if case.kind.startswith("whole")]
    for title, cases, wrong in (("right", right, "break"), ("whole breaks", whole, "pass")):
        decided = [_watched(case, detector) for case in cases]
        mistakes = sum(decision == wrong for decision, _ in decided)
        held = sorted(length for _, length in decided)
        print(f"watcher, {title}: {mistakes} of {len(cases)} wrong ({_percent(mistakes, len(cases))});"
              f" held p50 {held[len(held) // 2]}, p95 {held[len(held) * 95 // 100]}; most {held[-1]}")  # fmt: skip


def _watched(case: Case, detector: Detector) -> tuple[str, int]:
    watcher = Watcher(case.owed, detector)
    for end in range(0, len(case.text), 4):
        decision = watcher.feed(case.text[end : end + 4])
        if decision != "hold":
            return decision, end + 4
    return watcher.end(), len(case.text)


@dataclass(frozen=True, slots=True)
class _Compared:
    """What both metrics say of one answer."""

    passes_lines: bool
    passes_words: bool
    is_kept: bool
    has_no_wrong_line: bool


def _print_language_confusion(data: Path, rates: PassRates, detector: Detector) -> None:
    groups: dict[str, list[_Compared]] = {}
    for one in read_completions(data):
        groups.setdefault(f"{one.model}, {one.task}", []).append(_compared(one, rates, detector))
    print("Language Confusion Benchmark: its LPR and WPR; answers kept, and without a wrong line, here")
    for title, found in groups.items():
        wpr = _mean(one.passes_words for one in found if one.passes_lines)
        lcb_alone = sum(one.has_no_wrong_line and not one.passes_lines for one in found)
        us_alone = sum(one.passes_lines and not one.has_no_wrong_line for one in found)
        print(f"  {title} ({len(found)}): LPR {_mean(one.passes_lines for one in found)}, WPR {wpr},"
              f" kept {_mean(one.is_kept for one in found)},"
              f" no wrong line {_mean(one.has_no_wrong_line for one in found)};"
              f" wrong for LCB alone {lcb_alone}, for us alone {us_alone}")  # fmt: skip


def _compared(one: Completion, rates: PassRates, detector: Detector) -> _Compared:
    verdict = judge(one.text, one.language, detector)
    lines, words = rates.passes_lines(one.text, one.language), rates.passes_words(one.text, one.language)
    return _Compared(lines, words, verdict.outcome != "broken", not verdict.wrong_lines)


def _mean(values: Iterable[bool]) -> str:
    return f"{100 * statistics.fmean(values):.1f}"


def _print_cost(cases: Sequence[Case], detector: Detector) -> None:
    taken = []
    for case in random.Random(0).sample(cases, min(3000, len(cases))):
        lines = AnswerLines()
        for prose in lines.feed(case.text) + lines.end():
            start = time.process_time_ns()
            judge_line(prose, case.owed, detector)
            taken.append((time.process_time_ns() - start) / 1000)
    taken.sort()
    print(f"cost of a line, CPU µs: p50 {taken[len(taken) // 2]:.0f}, p99 {taken[len(taken) * 99 // 100]:.0f}"
          f" ({len(taken)} lines)")  # fmt: skip


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / max(1, whole):.2f}%"


if __name__ == "__main__":
    main()

"""How often languages are told rightly, how sure that is, and what it costs, beside other detectors.

python -m benchmarks.detection --data ../shared/data --plot docs/img/detection-reliability.png
"""

import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from benchmarks.detection_sets import Sample, Sets, read_sets
from benchmarks.detection_systems import Answer, System, compared, load_systems
from benchmarks.reliability import Judged, calibration_error, draw, reliability

_PROMPT_SETS = ("Language Confusion prompts", "XQuAD questions", "English commands", "Hinglish commands")
_LONGEST_PROMPT = 500
_BY_WORDS = ("NTREX, 3 words", "NTREX, 6 words", "NTREX, 12 words")
_CALIBRATED_ON = (
    *_BY_WORDS,
    "Language Confusion prompts",
    "XQuAD questions",
    "XCOPA premises",
    "word pairs",
    "single words",
    "English commands",
    "Hinglish commands",
)


@click.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--half", type=click.Choice(["first", "second"]), default="second", show_default=True,
              help="Which half of the public sets: the detector was tuned on the first.")  # fmt: skip
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Writes the reliability there.")
@click.option("--languages", is_flag=True, help="Also prints each language of NTREX.")
def main(data: Path, half: str, plot: Path | None, languages: bool) -> None:
    """Measures the detector and others on public sets and on those in benchmarks/data."""
    sets = read_sets(data, half)
    systems = load_systems()
    answers = {
        name: {title: [system(s.text) for s in sets[title]] for title in sets}
        for name, system in systems.items()
    }
    print(f"{half} half of the public sets; right in %, macro-F1 in %")
    for title, samples in sets.items():
        _print_row(title, samples, {name: answers[name][title] for name in systems})
    _print_marks(sets, answers["dragoman"])
    _print_scripts(sets, answers["dragoman"])
    if languages:
        _print_languages(sets, answers["dragoman"])
    _print_cost(sets, systems)
    judged = [
        Judged(answer.confidence, answer.language == compared(sample.language))
        for title in _CALIBRATED_ON
        for sample, answer in zip(sets[title], answers["dragoman"][title], strict=True)
        if answer.language != "und"
    ]
    bins = reliability(judged)
    print(f"\nexpected calibration error {100 * calibration_error(judged):.2f}% of {len(judged)} detections")
    for one in bins:
        print(f"  said {one.said:.3f}  was {one.was:.3f}  ({one.count})")
    if plot:
        draw(bins, plot)


def _print_row(title: str, samples: Sequence[Sample], answers: Mapping[str, Sequence[Answer]]) -> None:
    gold = [compared(sample.language) for sample in samples]
    if set(gold) <= {"mul"}:
        return
    print(f"\n{title} ({len(samples)} texts, {len(set(gold))} languages)")
    for name, given in answers.items():
        said = [answer.language for answer in given]
        right = statistics.fmean(a == b for a, b in zip(gold, said, strict=True))
        print(f"  {name:10} {100 * right:6.2f} {100 * _macro_f1(gold, said):6.2f}")


def _macro_f1(gold: Sequence[str], said: Sequence[str]) -> float:
    """The mean over the set's languages of the harmonic mean of precision and recall."""
    hits = Counter(a for a, b in zip(gold, said, strict=True) if a == b)
    in_gold, in_said = Counter(gold), Counter(said)
    return statistics.fmean(2 * hits[tag] / (in_gold[tag] + in_said[tag]) for tag in in_gold)


def _print_marks(sets: Sets, answers: Mapping[str, Sequence[Answer]]) -> None:
    print("\nhow many were called mixed, romanised, undecided, in % (dragoman)")
    for title in sets:
        given = answers[title]
        mixed, romanised, undecided = (
            100 * statistics.fmean(marks)
            for marks in (
                [answer.mixed for answer in given],
                [answer.romanised for answer in given],
                [answer.language == "und" for answer in given],
            )
        )
        print(f"  {title:28} mixed {mixed:6.2f}  romanised {romanised:6.2f}  undecided {undecided:6.2f}")


def _print_scripts(sets: Sets, answers: Mapping[str, Sequence[Answer]]) -> None:
    print("\nlanguage and script both right in % at 3, 6 and 12 words (dragoman)")
    for tag in ("zh-Hans", "zh-Hant", "sr-Cyrl", "sr-Latn"):
        figures = []
        for title in _BY_WORDS:
            pairs = zip(sets[title], answers[title], strict=True)
            figures.append(
                statistics.fmean(answer.tag == tag for sample, answer in pairs if sample.language == tag)
            )
        print(f"  {tag:8}", *(f"{100 * figure:6.1f}" for figure in figures))


def _print_languages(sets: Sets, answers: Mapping[str, Sequence[Answer]]) -> None:
    print("\nright in % by language at 3, 6 and 12 words (dragoman)")
    rights: dict[str, list[float]] = {}
    for title in _BY_WORDS:
        by_language: dict[str, list[bool]] = {}
        for sample, answer in zip(sets[title], answers[title], strict=True):
            right = answer.language == compared(sample.language)
            by_language.setdefault(sample.language, []).append(right)
        for language, marks in by_language.items():
            rights.setdefault(language, []).append(100 * statistics.fmean(marks))
    for language, figures in sorted(rights.items(), key=lambda item: item[1][-1]):
        print(f"  {language:8}", *(f"{figure:6.1f}" for figure in figures))


def _print_cost(sets: Sets, systems: Mapping[str, System]) -> None:
    """CPU time of the thread, the least of three calls: other processes on the machine do not count."""
    texts = {
        title: [sample.text for sample in sets[title] if len(sample.text) <= _LONGEST_PROMPT]
        for title in _PROMPT_SETS
    }
    print(f"\nCPU time a call in µs, prompts of at most {_LONGEST_PROMPT} characters: p50, p99")
    for name, system in systems.items():
        costs = {
            title: [min(_cost_us(system, text) for _ in range(3)) for text in texts[title]] for title in texts
        }
        costs["all of these"] = [cost for title in texts for cost in costs[title]]
        print(f"  {name}")
        for title, of_set in costs.items():
            ordered = sorted(of_set)
            p50, p99 = ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]
            print(f"    {title:28} {p50:7.1f} {p99:7.1f}  ({len(ordered)} prompts)")


def _cost_us(system: System, text: str) -> float:
    began = time.thread_time_ns()
    system(text)
    return (time.thread_time_ns() - began) / 1000


if __name__ == "__main__":
    main()

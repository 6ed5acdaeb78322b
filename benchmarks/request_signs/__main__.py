"""How often each sign of a request is seen, and how often it is seen where it is not.

python -m benchmarks.request_signs --data ../shared/data
"""

import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from benchmarks.request_signs.labelled import Labelled, half_of, read_labelled
from benchmarks.request_signs.public_sets import Counted, public_sets
from routing.request_signs.signs import RequestSigns, read_signs

_REQUESTS = Path(__file__).with_name("requests.tsv")
_SIGNS = (
    "target",
    "translation_request",
    "several_languages",
    "small_talk",
    "culture_bound",
    "span_extraction",
    "code_only",
)


@click.command()
@click.option("--half", type=click.Choice(["first", "second", "both"]), default="second", show_default=True,
              help="Which half of the labelled requests: word lists were tuned on the first.")  # fmt: skip
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Public sets.")
@click.option("--errors", is_flag=True, help="Prints what was read wrongly. Not for the second half.")
def main(half: str, data: Path | None, errors: bool) -> None:
    """Measures on the project's own labelled requests, and on public sets that a user brings."""
    every = read_labelled(_REQUESTS)
    labelled = every if half == "both" else half_of(every, half)
    read = [read_signs(one.text, one.language) for one in labelled]
    print(
        f"{len(labelled)} of {len(every)} labelled requests in {len({one.language for one in every})} languages"
    )
    for sign in _SIGNS:
        _print_sign(sign, labelled, read)
    _print_languages(labelled, read)
    if errors:
        _print_errors(labelled, read)
    _print_cost(labelled)
    for counted in public_sets(data) if data else ():
        _print_public(counted)


def _print_sign(sign: str, labelled: Sequence[Labelled], read: Sequence[RequestSigns]) -> None:
    pairs = [
        (getattr(one.signs, sign), getattr(seen, sign)) for one, seen in zip(labelled, read, strict=True)
    ]
    print(f"  {sign:20} {_precision_and_recall(pairs)}")


def _print_languages(labelled: Sequence[Labelled], read: Sequence[RequestSigns]) -> None:
    pairs: dict[str, list[tuple[object, object]]] = defaultdict(list)
    for one, seen in zip(labelled, read, strict=True):
        pairs[one.language].append((one.signs.target, seen.target))
    print("target, by the language of the request")
    for language in sorted(pairs):
        print(f"  {language:8} {_precision_and_recall(pairs[language])}")


def _precision_and_recall(pairs: Iterable[tuple[object, object]]) -> str:
    """What is right of what was seen, and of what there was to see, with the counts."""
    pairs = list(pairs)
    right = sum(1 for owed, seen in pairs if seen and seen == owed)
    seen_at_all = sum(1 for _, seen in pairs if seen)
    owed_at_all = sum(1 for owed, _ in pairs if owed)
    return f"precision {_share(right, seen_at_all)}   recall {_share(right, owed_at_all)}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:6.1%} ({part}/{whole})" if whole else "     - (0/0)"


def _print_errors(labelled: Sequence[Labelled], read: Sequence[RequestSigns]) -> None:
    for one, seen in zip(labelled, read, strict=True):
        wrong = [
            f"{sign}: {getattr(seen, sign)} for {getattr(one.signs, sign)}"
            for sign in _SIGNS
            if getattr(seen, sign) != getattr(one.signs, sign)
        ]
        if wrong:
            print(f"{one.language}\t{'; '.join(wrong)}\t{one.text!r}")


def _print_cost(labelled: Sequence[Labelled]) -> None:
    short = [_cost_us(one.text, one.language) for one in labelled]
    long = [_cost_us((one.text + " ") * (500 // len(one.text) + 1), one.language) for one in labelled]
    print(f"cost: {statistics.median(short):.0f} µs a request, at most {max(short):.0f}; "
          f"repeated to 500 characters {statistics.median(long):.0f} µs, at most {max(long):.0f}")  # fmt: skip


def _cost_us(text: str, language: str) -> float:
    """The least of five: what a quiet machine takes."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        read_signs(text, language)
        times.append(time.perf_counter() - began)
    return min(times) * 1e6


def _print_public(counted: Counted) -> None:
    print(f"{counted.title}: {counted.texts} texts; " + ", ".join(_rates(counted.seen, counted.texts)))


def _rates(seen: Counter[str], texts: int) -> list[str]:
    return [f"{what} {number / texts:.2%} ({number})" for what, number in seen.most_common()]


if __name__ == "__main__":
    main()

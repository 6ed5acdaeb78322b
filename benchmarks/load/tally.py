"""What locust's own report does not have, by language: detection, answer language, and cost in tokens."""

from collections import Counter
from collections.abc import Iterator
from html import escape

from benchmarks.load.stream import Seen
from benchmarks.load.workload import Prompt

_HEAD = (
    "language",
    "requests",
    "told right",
    "judged",
    "contract kept",
    "of these repaired",
    "prompt tokens a character",
    "answer tokens a request",
)
_JUDGED = ("kept", "repaired", "broken")


class Tally:
    """Of all clients together."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}

    def count(self, prompt: Prompt, seen: Seen, told: str | None) -> None:
        """One answer. told: the language that the gateway named, None for what is no Dragoman."""
        counter = self._counts.setdefault(prompt.language, Counter())
        counter["requests"] += 1
        counter["shown"] += told is not None
        counter["told"] += told is not None and told.split("-")[0] == prompt.language.split("-")[0]
        counter[seen.contract] += 1
        counter["prompt tokens"] += seen.prompt_tokens
        counter["prompt chars"] += len(prompt.text)
        counter["completion tokens"] += seen.completion_tokens

    def table(self) -> str:
        """In Markdown. A dash stands where there is nothing to take a share of."""
        rows = [_HEAD, ("---",) * len(_HEAD), *self._rows()]
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def html(self) -> str:
        """The same for a report in HTML, with a heading."""
        head, *rows = [_HEAD, *self._rows()]
        cells = [
            f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in row)}</tr>"
            for tag, row in (("th", head), *(("td", row) for row in rows))
        ]
        return f"<h2>Languages: detection, contract, cost</h2><table border=1>{''.join(cells)}</table>"

    def _rows(self) -> Iterator[tuple[str, ...]]:
        for language, seen in sorted(self._counts.items()):
            judged = sum(seen[outcome] for outcome in _JUDGED)
            yield (
                language,
                str(seen["requests"]),
                _share(seen["told"], seen["shown"]),
                str(judged),
                _share(judged - seen["broken"], judged),
                _share(seen["repaired"], judged),
                f"{seen['prompt tokens'] / max(1, seen['prompt chars']):.2f}",
                f"{seen['completion tokens'] / seen['requests']:.0f}",
            )


def with_table(report: str, tally: Tally) -> str:
    """locust's report with the table at its end. Its scripts speak of ``</body>`` too: the last one counts."""
    before, end, after = report.rpartition("</body>")
    return f"{before}{tally.html()}{end}{after}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"

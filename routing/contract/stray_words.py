"""Words that stand out of a line: in another script than the one owed, and no names."""

import re

from routing.contract.owed_scripts import owed_scripts

_LATIN_WORD = re.compile(r"(?<![A-Za-z0-9._-])[a-z]{4,}(?![A-Za-z0-9_-])")
# Scripts that models slip into. Of others, letters stand in formulas (Greek) or in loans.
_RUNS = {
    "Hani": re.compile(r"[\u3400-\u9fff]+"),
    "Hira": re.compile(r"[\u3041-\u309f]+"),
    "Kana": re.compile(r"[\u30a1-\u30fa]+"),
    "Hang": re.compile(r"[\uac00-\ud7a3]+"),
    "Cyrl": re.compile(r"[\u0400-\u052f]+"),
    "Arab": re.compile(r"[\u0620-\u064a\u066e-\u06d3]+"),
    "Deva": re.compile(r"[\u0900-\u0963\u0970-\u097f]+"),
    "Thai": re.compile(r"[\u0e01-\u0e4e]+"),
}


def stray_words(prose: str, owed: str) -> list[str]:
    """Lower-case words of more than three Latin letters where another script is owed, and words in a third script.

    The word level of the Language Confusion Benchmark (arXiv 2406.20052) without its list of English words: Latin
    words of all languages count. Names are capitalised; code, quotations and asides are left out before.
    """
    allowed = owed_scripts(owed)
    found = [] if "Latn" in allowed else _LATIN_WORD.findall(prose)
    if not prose.isascii():
        found += [
            word for script, run in _RUNS.items() if script not in allowed for word in run.findall(prose)
        ]
    return found

"""What words are made of."""

import re
import sys
import unicodedata

from routing.final_answer.word_characters import marks


def test_every_combining_mark_and_nothing_else_is_one() -> None:
    found = re.compile(f"[{marks()}]")
    characters = map(chr, range(sys.maxunicode + 1))
    wrong = [
        character
        for character in characters
        if bool(found.match(character)) != (unicodedata.category(character)[0] == "M")
    ]
    assert all(
        0xE0100 <= ord(character) <= 0xE01EF for character in wrong
    )  # variants of ideographs, no vowels

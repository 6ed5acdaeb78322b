"""Cutting Markdown that is still being written."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.translation.blocks import Block, BlockCutter
from tests.routing.translation.texts import MIXED, cut

Cut = Callable[[list[str]], list[Block]]


def _blocks(pieces: list[str]) -> list[Block]:
    cutter = BlockCutter()
    return [block for piece in pieces for block in cutter.feed(piece)] + cutter.end()


def _loses_nothing(cut_up: Cut, pieces: list[str]) -> None:
    assert "".join(block.text for block in cut_up(pieces)) == "".join(pieces)


@settings(max_examples=300)
@given(MIXED, st.data())
def test_the_blocks_together_are_the_text_however_it_arrives(text: str, data: st.DataObject) -> None:
    pieces = cut(text, data)
    _loses_nothing(_blocks, pieces)
    assert all(block.text for block in _blocks(pieces))


def test_a_cutter_that_drops_blank_lines_is_noticed() -> None:
    def wrong(pieces: list[str]) -> list[Block]:
        return [block for block in _blocks(pieces) if block.text.strip()]

    with pytest.raises(AssertionError):
        _loses_nothing(wrong, ["Habari.\n\nNzuri.\n"])


DOCUMENT = """# शीर्षक

पहला अनुच्छेद।
दूसरी पंक्ति।

- एक
- दो
  और भी
1. तीन

| क | ख |
|---|---|
| १ | २ |

```python
print("नहीं")

# नहीं
```

$$
x^2
$$
अंत।
"""


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_each_kind_of_block_is_told_apart(size: int) -> None:
    pieces = [DOCUMENT[start : start + size] for start in range(0, len(DOCUMENT), size)]
    blocks = [block for block in _blocks(pieces) if block.text.strip()]
    assert [block.text for block in blocks if block.translatable] == [
        "# शीर्षक\n",
        "पहला अनुच्छेद।\nदूसरी पंक्ति।\n",
        "- एक\n",
        "- दो\n  और भी\n",
        "1. तीन\n",
        "| क | ख |\n|---|---|\n| १ | २ |\n",
        "अंत।\n",
    ]
    assert [block.text for block in blocks if not block.translatable] == [
        '```python\nprint("नहीं")\n\n# नहीं\n```\n',
        "$$\nx^2\n$$\n",
    ]


def test_a_block_comes_as_soon_as_the_next_begins() -> None:
    cutter = BlockCutter()
    assert cutter.feed("Aya ya kwanza.\n") == []
    assert [block.text for block in cutter.feed("\nAya")] == ["Aya ya kwanza.\n", "\n"]


SENTENCES = {
    "sw": "Nairobi ni mji mkuu wa Kenya. ",
    "hi": "नैरोबी केन्या की राजधानी है। ",
    "ja": "ナイロビはケニアの首都です。",
    "am": "ናይሮቢ የኬንያ ዋና ከተማ ናት። ",
    "my": "နိုင်ရိုဘီသည် ကင်ညာနိုင်ငံ၏ မြို့တော် ဖြစ်သည်။",
    "ar": "نيروبي هي عاصمة كينيا؟ ",
    "th": "ไนโรบีเป็นเมืองหลวงของเคนยา ",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_a_long_paragraph_is_cut_at_the_ends_of_sentences(language: str) -> None:
    sentence = SENTENCES[language]
    cutter = BlockCutter()
    early = [block for character in sentence * 80 for block in cutter.feed(character)]
    assert len(early) > 2
    for block in early:
        assert block.translatable
        assert len(block.text) < 1300
        assert len(block.text) % len(sentence) == 0


@given(st.data())
def test_no_grapheme_is_cut_between_blocks(data: st.DataObject) -> None:
    text = "क्षत्रिय नि। " * 60 + "e\u0301! \u0301x. " * 60
    for block in _blocks(cut(text, data))[1:]:
        assert not unicodedata.category(block.text[0]).startswith("M")


def test_code_within_a_long_paragraph_is_not_cut() -> None:
    text = "Maelezo ya kutosha kabisa. " * 12 + "`a. b. c. " + "d. " * 200 + "`" + " Mwisho wa aya. " * 40
    pieces = [block.text for block in _blocks(list(text))]
    assert all(piece.count("`") % 2 == 0 for piece in pieces)

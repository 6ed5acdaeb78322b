import time

from hypothesis import given
from hypothesis import strategies as st

from routing.request_signs.phrases import Hit, Meaning, Phrases

WORDS = st.sampled_from(["a", "b", "ab", "abc", "用", "英", "में", "بال"])
PHRASES = st.lists(
    st.tuples(st.lists(WORDS, min_size=1, max_size=3), st.booleans()).map(
        lambda drawn: [*drawn[0][:-1], drawn[0][-1] + "*" * drawn[1]]
    ),
    max_size=8,
)


def _slowly(phrases: list[list[str]], words: list[str]) -> set[tuple[str, int, int]]:
    found = set()
    for phrase in phrases:
        for start in range(len(words) - len(phrase) + 1):
            pairs = zip(phrase, words[start:], strict=False)
            if all(word.startswith(one[:-1]) if one.endswith("*") else word == one for one, word in pairs):
                found.add((" ".join(phrase), start, start + len(phrase)))
    return found


@given(PHRASES, st.lists(WORDS, max_size=12))
def test_all_phrases_are_found_where_a_slow_search_finds_them(
    phrases: list[list[str]], words: list[str]
) -> None:
    tree = Phrases()
    for phrase in phrases:
        tree.add(phrase, Meaning(" ".join(phrase)))
    hits = tree.find(words)
    assert {(hit.meaning.kind, hit.start, hit.end) for hit in hits} == _slowly(phrases, words)
    assert len(set(hits)) == len(hits)


def test_a_phrase_may_mean_several_things() -> None:
    tree = Phrases()
    tree.add(["in", "french"], Meaning("in", "fr"))
    tree.add(["in", "french"], Meaning("into", "fr"))
    assert tree.find(["write", "in", "french"]) == [
        Hit(Meaning("in", "fr"), 1, 3),
        Hit(Meaning("into", "fr"), 1, 3),
    ]


def test_a_phrase_of_no_words_is_nowhere() -> None:
    tree = Phrases()
    tree.add([], Meaning("ask"))
    assert tree.find(["a", "b"]) == []


def test_time_grows_with_the_length_of_the_sentence_only() -> None:
    tree = Phrases()
    tree.add(["a"] * 5, Meaning("ask"))
    tree.add(["b*"], Meaning("ask"))

    def cost_s(words: list[str]) -> float:
        began = time.process_time()
        tree.find(words)
        return time.process_time() - began

    short, long = (min(cost_s(["a", "b" * 99] * length) for _ in range(3)) for length in (1_000, 10_000))
    assert long < 40 * short

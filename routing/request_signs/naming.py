"""Which languages a sentence asks for."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from routing.request_signs.lexicon import languages_with
from routing.request_signs.phrases import Hit
from routing.request_signs.readings import Reading

_LONGEST_ASIDE = 12


def languages_asked_for(reading: Reading) -> frozenset[str]:
    """The tags of the languages that a sentence wants text in; empty where it only talks of languages."""
    if not reading.has("in", "into", "named"):
        return frozenset()
    if reading.has("veto") or (reading.has("word", "lesson") and not reading.has("translate", "named")):
        return frozenset()
    asked = _longest(_asked_for(reading))
    if reading.language in languages_with("follows"):
        asked = _no_adjectives(reading, asked)
    return frozenset(hit.meaning.tag for hit in _with_neighbours(reading, asked))


def _asked_for(reading: Reading) -> list[Hit]:
    """The hits that name a language as one to write in, in a sentence that asks for text."""
    if reading.has("translate"):
        kinds = ["in", "into", "named"]
    elif reading.has("ask"):
        kinds = ["in", "named"]
    else:
        kinds = ["in", "named"] if _is_an_aside(reading) else ["named"]
    first_barrier = min((hit.start for hit in reading.of("barrier")), default=len(reading.sentence.words))
    return [hit for hit in reading.of(*kinds) if hit.start <= first_barrier]


def _is_an_aside(reading: Reading) -> bool:
    """Whether the sentence is but the name of a language and words of politeness: ``in French, please``."""
    words = reading.sentence.words
    said = {place for hit in reading.of("in", "polite") for place in range(hit.start, hit.end)}
    return len(words) <= _LONGEST_ASIDE and all(
        place in said or word == "," for place, word in enumerate(words)
    )


def _no_adjectives(reading: Reading, hits: Sequence[Hit]) -> list[Hit]:
    """Without those that something follows which could be a noun: ``in French restaurants``."""
    may_follow = {hit.start for hit in reading.of("follows", "in", "into", "ask", "translate")}
    may_follow.add(len(reading.sentence.words))
    return [hit for hit in hits if hit.meaning.kind == "named" or hit.end in may_follow]


def _longest(hits: Sequence[Hit]) -> list[Hit]:
    """Those that lie in no longer one: not ``Chinese`` in ``traditional Chinese``."""
    longest: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if not longest or hit.end > longest[-1].end or _length(hit) == _length(longest[-1]):
            longest.append(hit)
    return longest


def _length(hit: Hit) -> int:
    return hit.end - hit.start


def _with_neighbours(reading: Reading, asked: Sequence[Hit]) -> Sequence[Hit]:
    """With the languages that stand beside one that is asked for, joined by ``and``: ``in Hindi, Urdu and English``."""
    if not asked or not reading.has("and", "also"):
        return asked
    names = _longest([*asked, *reading.of("bare", "also", "in", "into")])
    after, before = _joins(reading)
    starts, ends = defaultdict(list), defaultdict(list)
    for hit in names:
        starts[hit.start].append(hit)
        ends[hit.end].append(hit)
    group, waiting, is_joined = set(asked), list(asked), False
    while waiting:
        hit = waiting.pop()
        near = [(starts[place], joins) for place, joins in after[hit.end]]
        near += [(ends[place], joins) for place, joins in before[hit.start]]
        for others, joins in near:
            is_joined |= joins and bool(others)
            waiting += [other for other in others if other not in group]
            group.update(others)
    return list(group) if is_joined else asked


_Joins = defaultdict[int, list[tuple[int, bool]]]


def _joins(reading: Reading) -> tuple[_Joins, _Joins]:
    """From where to where words join languages, forwards and back, and whether by themselves, as a comma does not."""
    after: _Joins = defaultdict(list)
    before: _Joins = defaultdict(list)
    for start, end, joins in _joints(reading):
        after[start].append((end, joins))
        before[end].append((start, joins))
    return after, before


def _joints(reading: Reading) -> Iterator[tuple[int, int, bool]]:
    for hit in reading.of("and"):
        yield hit.start, hit.end, reading.sentence.words[hit.start] != ","
    for hit in reading.of("also"):
        yield hit.start, hit.start, True
        yield hit.end, hit.end, True

"""Which samples a selector considers, and the order that scores put them into."""

from collections.abc import Mapping, Sequence

from routing.sample import Ranking, Sample


def considered(samples: Sequence[Sample]) -> tuple[int, ...]:
    """The places of the samples that say something, and of these the ones that keep the contract; where there are none
    the places that are left.

    Answers without a word are all alike and very likely: what they win by is no merit.
    """
    everywhere = tuple(range(len(samples)))
    saying = tuple(place for place in everywhere if samples[place].says_something) or everywhere
    return tuple(place for place in saying if samples[place].keeps_contract) or saying


def ranked(samples: Sequence[Sample], order: Sequence[int], agreement: float) -> Ranking:
    """The ranking with this order of the considered samples; the others follow as they came."""
    chosen = set(order)
    others = (place for place in range(len(samples)) if place not in chosen)
    return Ranking((*order, *others), agreement)


def by_score(
    samples: Sequence[Sample], scores: Mapping[int, float], likeness: Mapping[int, float]
) -> Ranking:
    """The considered samples by their scores, highest first; the first of equal ones wins, so the greedy one does.

    likeness: how alike each is to the others; that of the best is the agreement. Both by place.
    """
    order = sorted(scores, key=lambda place: (-scores[place], place))
    return ranked(samples, order, likeness[order[0]])

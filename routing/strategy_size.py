"""How many answers a strategy may draw for one request: nested samples multiply."""

from routing.strategies.attempt import Attempt
from routing.strategies.fuse import Fuse
from routing.strategies.samples import Samples
from routing.strategies.vote_across import VoteAcross
from routing.strategy import Strategy

MOST_ANSWERS = 64
"""More than this for one request is a mistake, or an attack."""


def answers_drawn(strategy: Strategy) -> int:
    """The most answers that it draws in place of one; translations and judges are not counted."""
    if isinstance(strategy, Samples | Fuse):
        return strategy.n * answers_drawn(strategy.inner)
    if isinstance(strategy, VoteAcross):
        return len(strategy.pivots) * answers_drawn(strategy.inner)
    if isinstance(strategy, Attempt):
        tries = [strategy.inner] * (1 + strategy.retries) + list(strategy.otherwise)
        return sum(answers_drawn(each) for each in tries)
    inner = getattr(strategy, "inner", None)
    return 1 if inner is None else answers_drawn(inner)

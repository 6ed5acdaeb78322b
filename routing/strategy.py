"""Every strategy there is, as one type told apart by ``kind``.

A new strategy is a file in routing/strategies/ and its name here, twice if it nests another: such a one has a field
``inner: "Strategy"``, imports the name for type checkers alone, and is completed below.
"""

from typing import Annotated

from pydantic import Field

from routing.strategies.attempt import Attempt
from routing.strategies.direct import Direct
from routing.strategies.fuse import Fuse
from routing.strategies.pivot_reason import PivotReason
from routing.strategies.romanize import Romanize
from routing.strategies.route import Route
from routing.strategies.samples import Samples
from routing.strategies.self_translate import SelfTranslate
from routing.strategies.steer import Steer
from routing.strategies.vote_across import VoteAcross

Strategy = Annotated[
    Direct | Route | Steer | PivotReason | SelfTranslate | Samples | VoteAcross | Fuse | Romanize | Attempt,
    Field(discriminator="kind"),
]
"""What is done with a request: a frozen value that is awaited with a generation, an engine and a context.

It returns the stream of the answer, which the caller then holds and closes. ``takes_n`` says whether it makes one
engine call, which may be asked for several answers at once.
"""

for _nesting in (Steer, SelfTranslate, Samples, VoteAcross, Fuse, Romanize, Attempt):
    _nesting.model_rebuild(_types_namespace={"Strategy": Strategy})

"""Every strategy there is, as one type told apart by ``kind``.

A new strategy is a file in routing/strategies/ and its name here. One that nests another has a field
``inner: "Strategy"``, imports the name for type checkers alone, and is completed below with
``model_rebuild(_types_namespace={"Strategy": Strategy})``.
"""

from typing import Annotated

from pydantic import Field

from routing.strategies.direct import Direct
from routing.strategies.route import Route

Strategy = Annotated[Direct | Route, Field(discriminator="kind")]
"""What is done with a request: a frozen value that is awaited with a generation and an engine.

It returns the stream of the answer, which the caller then holds and closes.
"""

"""What a key may use at most, as the keys file says it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=1)]


class KeyLimits(BaseModel):
    """None for as much as the gateway has. All but ``max_tokens`` are counted by each gateway process for itself.

    requests_per_minute, concurrent_requests: of the clients' requests, however many calls a strategy makes of them.
    tokens_per_minute, tokens_per_day: of all calls, read and written, counted as if they were English.
    max_tokens: that one request may ask for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    requests_per_minute: Count | None = None
    concurrent_requests: Count | None = None
    tokens_per_minute: Count | None = None
    tokens_per_day: Count | None = None
    max_tokens: Count | None = None

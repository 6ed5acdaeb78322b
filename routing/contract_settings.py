"""What a policy or a request asks about the language of the answer."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from routing.generation import MaskMode

Level = Literal["off", "flag", "mask", "retry"]


class ContractSettings(BaseModel):
    """What is done so that an answer is in the language that it owes.

    level: ``off``: nothing. ``flag``: the answer is judged, and the outcome told and counted. ``mask``: besides,
        decoding is held to the language's script, where it has one of its own and the engine can. ``retry``: the
        beginning of the answer is held back until it is seen to be in the language, and asked for again if it is not.
    retries: for ``retry``: how often the answer is asked for again, with a stronger instruction.
    otherwise: for ``retry``: what is done with an answer that is still in another language: ``translate`` it, or
        ``send`` it and say so, as is done too where translating fails.
    mask: for ``mask``: how hard decoding is held. ``hard``: a token of another script is never drawn. ``gate``: it is
        not drawn where one of the language's own is likely, so a name or a term may come through (arXiv 2510.17555).
        ``bias``: it is drawn seldom.
    latin: for ``mask``: whether words in Latin letters (names, terms, code) may stand in the answer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Level = "flag"
    retries: Annotated[int, Field(ge=1, le=3)] = 1
    otherwise: Literal["translate", "send"] = "translate"
    mask: MaskMode = "hard"
    latin: bool = True


OFF = ContractSettings(level="off")

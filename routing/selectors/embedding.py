"""How alike texts are, by their embeddings from an engine."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.document_call import ask_document
from routing.errors import EngineError
from routing.generation import Engine, Generation
from routing.other_model import OtherModel
from routing.selectors.utility import utilities

Vectors = NDArray[np.float64]


async def embedding_utilities(
    candidates: Sequence[str],
    evidence: Sequence[str],
    embedder: OtherModel,
    generation: Generation,
    engine: Engine,
) -> list[float]:
    """For each candidate its mean cosine with the other candidates and the evidence, 0 to 1 (below 0 counts as 0).

    One call to ``/embeddings`` for all texts, each sent once. Raises what the engine raises, and `EngineError` where
    what it answers are no embeddings of these texts.
    """
    texts = list(dict.fromkeys([*candidates, *evidence]))
    vectors = _vectors(await ask_document(_call(texts, embedder, generation), engine), len(texts))
    places = [texts.index(text) for text in (*candidates, *evidence)]
    cosines = np.clip(vectors @ vectors.T, 0, 1)
    likeness = ((cosines + cosines.T) / 2)[np.ix_(places[: len(candidates)], places)]  # both ways the same
    return utilities(likeness.tolist())


def _call(texts: Sequence[str], embedder: OtherModel, generation: Generation) -> Generation:
    body = {"model": embedder.model or generation.model, "input": list(texts), "encoding_format": "float"}
    return replace(
        generation, endpoint="embeddings", body=body, engine=embedder.engine, purpose="embed", mask=None
    )


def _vectors(document: dict[str, Any], count: int) -> Vectors:
    """[count, dimensions] f64, rows of length 1 (or 0)."""
    try:
        rows = sorted(document["data"], key=lambda row: row["index"])
        vectors = np.asarray([row["embedding"] for row in rows], dtype=np.float64)
    except (KeyError, TypeError, ValueError) as error:
        raise EngineError("The engine's answer holds no embeddings.") from error
    if vectors.ndim != 2 or len(vectors) != count:
        raise EngineError("The engine's answer does not hold one embedding for each text.")
    with np.errstate(over="ignore"):
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all():
        raise EngineError("The engine's answer holds an embedding without a length.")
    unit: Vectors = vectors / np.where(lengths == 0, 1, lengths)
    return unit

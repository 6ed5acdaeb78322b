"""Language masks in the engines of these tests: a little vocabulary of bytes and pieces instead of the tokenizer's.

What is called here runs in the process of the engines, under either of vLLM's model runners.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from kernels.token_mask import CharacterSet, MaskTable
from tests.gateway.vllm.steering.engine_process import Answer, Ask, EngineSpec, ask, engine, preemptions
from tests.gateway.vllm.steering.tiny_models import VOCAB
from tests.kernels.token_mask.vocabularies import BYTES, RANGES, SHARED, TEXTS

_PIECES = {
    text.encode()[start : start + 2] for text in TEXTS.values() for start in range(len(text.encode()) - 1)
}
TOKENS = [*BYTES, *sorted(_PIECES), *[None] * VOCAB][:VOCAB]


@cache
def table(language: str) -> MaskTable:
    """The last token ends an answer."""
    return MaskTable(TOKENS, CharacterSet.of([*RANGES[language], *SHARED]), [VOCAB - 1])


def ask_masked(spec: EngineSpec, requests: list[Ask]) -> tuple[list[Answer], int]:
    """The answers of one batch, and how often the gate acted meanwhile."""
    with _little_vocabulary(spec) as mask:
        before = mask.gate_acted
        return ask(spec, requests), mask.gate_acted - before


def masked_preemptions(spec: EngineSpec, requests: list[Ask]) -> tuple[list[Answer], int]:
    """As `preemptions`."""
    with _little_vocabulary(spec):
        return preemptions(spec, requests)


class _Tables:
    def table(self, language: str, *, latin: bool) -> MaskTable:
        del latin
        return table(language)


@contextmanager
def _little_vocabulary(spec: EngineSpec) -> Iterator[Any]:
    from gateway.vllm.language_mask import LanguageMask
    from gateway.vllm.mask_worker import _processors

    core: Any = engine(spec).llm_engine.engine_core
    runner = core.engine_core.model_executor.driver_worker.worker.model_runner
    mask: Any
    (mask,) = (each for each in _processors(runner) if isinstance(each, LanguageMask))
    own, mask._tables = mask._tables, _Tables()
    try:
        yield mask
    finally:
        mask._tables = own

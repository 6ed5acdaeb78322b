"""Holds decoding to the script of a language, by vLLM's own interface for logits processors.

vLLM loads it with ``--logits-processors gateway.vllm.language_mask:LanguageMask``. A request asks for it in its extra
arguments (``vllm_xargs``): ``dragoman_mask``, a BCP-47 tag, and ``dragoman_mask_latin``, 0 or 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from vllm import SamplingParams
from vllm.tokenizers import cached_tokenizer_from_config
from vllm.v1.sample.logits_processor import BatchUpdate, LogitsProcessor, MoveDirectionality

from gateway.vllm.token_bytes import token_bytes
from kernels.token_mask import CharacterSet, MaskTable, open_bytes
from routing.language_ranges import policy_tag
from routing.mask_scripts import has_own_script, mask_ranges

if TYPE_CHECKING:
    from vllm.config import VllmConfig

MASK_ARGUMENT = "dragoman_mask"
LATIN_ARGUMENT = "dragoman_mask_latin"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request asks for: a language with a script of its own, and whether Latin letters may stand in it."""

    language: str
    latin: bool


def wanted_mask(arguments: Mapping[str, Any] | None) -> Wanted | None:
    """The mask that a request's extra arguments ask for. Raises `ValueError` that names what is wrong."""
    if not arguments or MASK_ARGUMENT not in arguments:
        return None
    language, latin = arguments[MASK_ARGUMENT], arguments.get(LATIN_ARGUMENT, 1)
    if not isinstance(language, str):
        raise ValueError(f"{MASK_ARGUMENT} must be a language tag")  # noqa: TRY004  # vLLM makes a 400 of this
    try:
        tag = policy_tag(language)
    except ValueError:
        raise ValueError(f"{MASK_ARGUMENT}: `{language[:40]}` is not a BCP-47 language tag") from None
    if not has_own_script(tag):
        raise ValueError(f"{MASK_ARGUMENT}: `{tag}` has no script of its own to hold a text to")
    if latin not in (0, 1):
        raise ValueError(f"{LATIN_ARGUMENT} must be 0 or 1")
    return Wanted(tag, bool(latin))


@dataclass(slots=True)
class _Row:
    """A request in the batch: its mask's table, its tokens so far, how many were read, and the state after those."""

    table: MaskTable
    output: list[int]
    read: int = 0
    state: bytes = b""

    def catch_up(self) -> bytes:
        self.state = open_bytes(self.table, self.output[self.read :], self.state)
        self.read = len(self.output)
        return self.state


class LanguageMask(LogitsProcessor):
    """vLLM's logits processor; one object for each worker, which sees every batch.

    A row whose mask leaves it no token, because a grammar allows none of the mask's, loses the mask for that token.
    Rows without a mask are not touched. On a GPU each masked row costs a copy of its mask where its state changes; no
    GPU has run this yet.
    """

    @classmethod
    def validate_params(cls, sampling_params: SamplingParams) -> None:
        """Called before a request is taken; what it raises becomes a 400."""
        wanted_mask(sampling_params.extra_args)

    def __init__(self, vllm_config: "VllmConfig", device: torch.device, is_pin_memory: bool) -> None:  # noqa: ARG002
        self._config = vllm_config
        self._device = device
        self._tables: dict[Wanted, MaskTable] = {}
        self._masks: dict[tuple[int, bytes], torch.Tensor] = {}
        self._rows: dict[int, _Row] = {}
        self._tokens: list[bytes | None] | None = None

    def is_argmax_invariant(self) -> bool:
        """It changes which token is likeliest."""
        return False

    def update_state(self, batch_update: BatchUpdate | None) -> None:
        """Keeps the rows in step with the batch: removed, added, moved, in this order."""
        if batch_update is None:
            return
        for index in batch_update.removed:
            self._rows.pop(index, None)
        for index, params, _, output in batch_update.added:
            self._rows.pop(index, None)
            if (wanted := wanted_mask(params.extra_args)) is not None:
                self._rows[index] = _Row(self._table(wanted), output)
        for source, target, direction in batch_update.moved:
            self._move(source, target, direction)

    def apply(self, logits: torch.Tensor) -> torch.Tensor:
        """Rules out, in place, what the masks do not allow; ``logits`` [requests, vocabulary]."""
        for index, row in self._rows.items():
            mask = self._mask(row.table, row.catch_up(), logits.shape[-1])
            held = logits[index].masked_fill(mask, -torch.inf)
            logits[index] = torch.where(torch.isneginf(held).all(), logits[index], held)
        return logits

    def _move(self, source: int, target: int, direction: MoveDirectionality) -> None:
        moved, replaced = self._rows.pop(source, None), self._rows.pop(target, None)
        if moved is not None:
            self._rows[target] = moved
        if direction == MoveDirectionality.SWAP and replaced is not None:
            self._rows[source] = replaced

    def _table(self, wanted: Wanted) -> MaskTable:
        if wanted not in self._tables:
            characters = CharacterSet.of(mask_ranges(wanted.language, latin=wanted.latin))
            tokens, always = self._vocabulary()
            self._tables[wanted] = MaskTable(tokens, characters, always)
        return self._tables[wanted]

    def _vocabulary(self) -> tuple[list[bytes | None], list[int]]:
        model = self._config.model_config
        tokenizer = cached_tokenizer_from_config(model)
        if self._tokens is None:
            self._tokens = token_bytes(tokenizer, model.get_vocab_size())
        return self._tokens, _ends(tokenizer, model)

    def _mask(self, table: MaskTable, state: bytes, vocabulary: int) -> torch.Tensor:
        """True where a token is ruled out, padding of the vocabulary included."""
        key = (id(table), state)
        if key not in self._masks:
            allowed = torch.from_numpy(table.allowed(state))
            mask = torch.ones(vocabulary, dtype=torch.bool)
            mask[: len(allowed)] = ~allowed
            self._masks[key] = mask.to(self._device)
        return self._masks[key]


def _ends(tokenizer: Any, model: Any) -> list[int]:
    """The ids that end an answer, by the tokenizer and by the model's own configuration."""
    configured = model.try_get_generation_config().get("eos_token_id", [])
    ends = {*([configured] if isinstance(configured, int) else configured), tokenizer.eos_token_id}
    return sorted(token for token in ends if token is not None)

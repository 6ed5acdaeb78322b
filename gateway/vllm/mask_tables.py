"""The masks of the engine's tokenizer, one table for each language that was asked for."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vllm.tokenizers import cached_tokenizer_from_config

from gateway.vllm.token_bytes import token_bytes
from kernels.token_mask import CharacterSet, MaskTable
from routing.mask_scripts import mask_ranges

if TYPE_CHECKING:
    from vllm.config import ModelConfig


_MARK = re.compile(r"[<\[].+[>\]]")

_MOST_TABLES = 64
"""Few sites write more languages with scripts of their own; a client may ask for any number of tags."""


@dataclass(slots=True)
class MaskTables:
    """Built when first wanted: 0.4 s each, 0.7 s the first, of a vocabulary of 262,000, while the engine waits.

    1 to 9 MB each; the oldest are let go.
    """

    model: "ModelConfig"
    _tables: dict[tuple[str, bool], MaskTable] = field(default_factory=dict)
    _tokens: list[bytes | None] | None = None

    def table(self, language: str, *, latin: bool) -> MaskTable:
        """The masks that hold a text to a language, with or without Latin letters."""
        if (language, latin) not in self._tables:
            if len(self._tables) == _MOST_TABLES:
                del self._tables[next(iter(self._tables))]
            self._tables[language, latin] = self._built(language, latin)
        return self._tables[language, latin]

    def _built(self, language: str, latin: bool) -> MaskTable:
        tokenizer = cached_tokenizer_from_config(self.model)
        if self._tokens is None:
            self._tokens = token_bytes(tokenizer, self.model.get_vocab_size())
        characters = CharacterSet.of(mask_ranges(language, latin=latin))
        always = sorted({*_ends(tokenizer, self.model), *_marks(tokenizer)})
        return MaskTable(self._tokens, characters, [token for token in always if token < len(self._tokens)])


def _ends(tokenizer: Any, model: "ModelConfig") -> list[int]:
    """The ids that end an answer, by the tokenizer and by the model's own configuration."""
    configured = model.try_get_generation_config().get("eos_token_id", [])
    ends = {*([configured] if isinstance(configured, int) else configured), tokenizer.eos_token_id}
    return sorted(token for token in ends if token is not None)


def _marks(tokenizer: Any) -> list[int]:
    """Added tokens that a model marks its answer's parts with, as ``<think>`` and ``<tool_call>``, whatever it says.

    A model that could not close its thinking would never answer. Those that the tokenizer calls special are left to
    `token_bytes`: most of them begin turns, and are nothing to say.
    """
    added: dict[int, Any] = getattr(tokenizer, "added_tokens_decoder", {})
    return [token for token, one in added.items() if not one.special and _MARK.fullmatch(one.content.strip())]

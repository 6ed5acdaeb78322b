"""Translates with a model: fenced, structure kept and checked, asked again where something was lost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from routing.answer import ask_text_until
from routing.context import Context
from routing.errors import EngineError, StructureLost
from routing.generation import Engine, Generation, Mask
from routing.language_names import full_name
from routing.mask_scripts import has_own_script
from routing.notes import Retried
from routing.other_model import OtherModel, hidden_chat
from routing.translation.fence import Fenced, fence, goes_on_after, unfence
from routing.translation.listing import listed
from routing.translation.protected import Protected, protect, protect_each, restore
from routing.translation.shape import check_shape

# A translation has a length to be expected; a model that goes on for longer is not translating. Chinese doubles in
# Latin letters, and a tokenizer that has not seen a script takes up to four tokens for a character.
_TOKENS_PER_CHAR = 2
_TOKENS_PER_CHAR_OF_OTHER_SCRIPTS = 4
_TOKENS_AT_LEAST = 64

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Translator:
    """Translates from one language into another for one request.

    generation: the client's; hidden calls are made from it.
    source, target: BCP-47 tags.
    elsewhere: another model or engine than the request's.
    mask: the language that decoding is held to; None for none.

    Each translation is one greedy call, and a second one where the first lost or altered something that must come
    through byte for byte. Raises what the engine raises, and `StructureLost` where the second lost something too.
    """

    generation: Generation
    engine: Engine
    context: Context
    source: str
    target: str
    elsewhere: OtherModel | None = None
    mask: Mask | None = None

    async def text(self, text: str, purpose: str, **fields: str) -> str:
        """One text; ``purpose`` names the prompt too, and ``fields`` are the prompt's own."""
        protected = protect(text)
        if not protected.has_prose:
            return text

        def read(answer: str) -> str:
            check_shape(protected.text, answer)
            return restore(answer, protected)

        return await self._translated(protected, purpose, fields, read)

    async def texts(self, texts: Sequence[str]) -> list[str]:
        """The texts of a request in one call: each is understood beside the others (Translation Artifacts, 2020)."""
        if len(texts) == 1:
            return [await self.text(texts[0], "translate_request")]
        protected = protect_each(texts)
        listing = listed([one.text for one in protected])
        spans = tuple(span for one in protected for span in one.spans)

        def read(answer: str) -> list[str]:
            pieces = listing.split(answer)
            for piece, one in zip(pieces, protected, strict=True):
                check_shape(one.text, piece)
            return [restore(piece, one) for piece, one in zip(pieces, protected, strict=True)]

        whole = Protected(listing.text, spans, protected[0].first)
        fields = {"tag": listing.tag, "count": str(listing.count)}
        return await self._translated(whole, "translate_texts", fields, read)

    async def _translated(
        self, protected: Protected, purpose: str, fields: dict[str, str], read: Callable[[str], Read]
    ) -> Read:
        wrapped = fence(protected.text)
        prompt = self.context.prompts.text(
            purpose,
            self.target,
            source=full_name(self.source),
            target=full_name(self.target),
            opening=wrapped.opening,
            closing=wrapped.closing,
            mark="[[1]]",
            **fields,
        )
        try:
            return read(await self._ask(purpose, prompt, wrapped))
        except StructureLost:
            self.context.notes(Retried(purpose, StructureLost.code))
            marks = self.context.prompts.text(
                "keep_marks", self.target, marks=" ".join(protected.marks) or "-"
            )
            return read(await self._ask(purpose, f"{prompt}\n{marks}", wrapped))

    async def _ask(self, purpose: str, prompt: str, wrapped: Fenced) -> str:
        messages = [{"role": "system", "content": prompt}, {"role": "user", "content": wrapped.text}]
        per_char = _TOKENS_PER_CHAR_OF_OTHER_SCRIPTS if has_own_script(self.target) else _TOKENS_PER_CHAR
        limit = _TOKENS_AT_LEAST + per_char * len(wrapped.text)
        call = hidden_chat(self.generation, purpose, messages, self.elsewhere, max_tokens=limit)
        masked = replace(call, mask=self.mask)
        answer = await ask_text_until(masked, self.engine, lambda said: goes_on_after(said, wrapped))
        translated = unfence(answer, wrapped)
        if not translated.strip():
            raise EngineError("A translation came back empty.")
        return translated

"""Shows the model the user's words in a second script (arXiv 2407.02320)."""

import unicodedata
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from routing.answer import ask_text_until
from routing.context import Context
from routing.generation import Engine, Generation, Stream
from routing.language_names import english_name
from routing.language_ranges import ranges_of
from routing.messages import last_user_text, with_line
from routing.notes import Skipped
from routing.other_model import OtherModel, hidden_chat
from routing.romanise import romanised
from routing.strategies.direct import Direct
from routing.translation.fence import fence, goes_on_after, unfence

if TYPE_CHECKING:
    from routing.strategy import Strategy


# The same words take more tokens in a script that the tokenizer has seen less of.
_TOKENS_PER_CHAR = 4
_TOKENS_AT_LEAST = 64


class Romanize(BaseModel):
    """Adds the last user message once more, in Latin letters or in the language's own script, and hands it on.

    add: ``romanised``: for a script that the model reads badly; no engine call. ``native``: for text in Latin letters
        whose language has a script of its own; one engine call, by ``transliterator`` if it is not the request's model.
        ``auto``: whichever the text is not in.

    The original stays where it is. The paper saw gains in labelling for all models, and mixed ones elsewhere: measure.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    takes_n: ClassVar[bool] = False

    kind: Literal["romanize"] = "romanize"
    inner: "Strategy" = Direct()
    add: Literal["auto", "romanised", "native"] = "auto"
    transliterator: OtherModel | None = None

    async def __call__(self, generation: Generation, engine: Engine, context: Context) -> Stream:
        """The inner strategy's stream; raises what a call raises."""
        if reason := self._reason_to_skip(generation, context):
            context.notes(Skipped(self.kind, reason))
        elif self._adds_native(context):
            native = await self._native(generation, engine, context)
            generation = with_line(generation, context.prompts.text("native_line", text=native))
        else:
            latin = await romanised(last_user_text(generation), context.detection.language)
            generation = with_line(generation, context.prompts.text("romanised_line", text=latin))
        return await self.inner(generation, engine, context)

    def _adds_native(self, context: Context) -> bool:
        return self.add == "native" or (self.add == "auto" and context.detection.romanised)

    def _reason_to_skip(self, generation: Generation, context: Context) -> str | None:
        if generation.endpoint != "chat/completions":
            return "endpoint"
        text = last_user_text(generation)
        # A picture, a sum: a model that is asked to write it differently makes words up.
        if not any(map(str.isalpha, text)):
            return "no_words"
        if self._adds_native(context):
            return None if context.detection.romanised else "own_script"
        return "latin_script" if text.isascii() or _is_mostly_latin(text) else None

    async def _native(self, generation: Generation, engine: Engine, context: Context) -> str:
        wrapped = fence(last_user_text(generation))
        language = english_name(ranges_of(context.detection.language)[-1])
        prompt = context.prompts.text(
            "to_native_script", language=language, opening=wrapped.opening, closing=wrapped.closing
        )
        messages = [{"role": "system", "content": prompt}, {"role": "user", "content": wrapped.text}]
        limit = _TOKENS_AT_LEAST + _TOKENS_PER_CHAR * len(wrapped.text)
        call = hidden_chat(generation, "transliterate", messages, self.transliterator, max_tokens=limit)
        said = await ask_text_until(call, engine, lambda so_far: goes_on_after(so_far, wrapped))
        return unfence(said, wrapped).strip()


def _is_mostly_latin(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    latin = sum(unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    return latin * 2 > len(letters)

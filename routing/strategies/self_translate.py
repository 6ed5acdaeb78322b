"""The request into the pivot, the answer there, and the answer back into the user's language.

After Etxaniz et al. 2023 (self-translate), the context-aware cascade (arXiv 2606.27306) and selective pre-translation
(Mondshine et al. 2025). Unlike the first, the request is translated as one whole, never field by field.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from routing.answer import streamed
from routing.answer_document import as_asked
from routing.answer_form import is_grammar_asked, is_json_asked
from routing.back_translation import Translate, translated_back
from routing.context import Context
from routing.generation import Engine, Generation, Stream
from routing.json_answer import translated_json
from routing.labels import Line
from routing.language import UNDETERMINED, Detection
from routing.language_names import full_name
from routing.language_ranges import EachLanguageOnce, LanguageTag, WritableLanguage, ranges_of, same_language
from routing.messages import last_user_text, with_instruction
from routing.notes import Skipped
from routing.other_model import OtherModel
from routing.request_signs.signs import RequestSigns
from routing.resource_levels import resource_level
from routing.strategies.direct import Direct
from routing.translation.fence import fence
from routing.translation.parts import Part, PartText, parts_of, with_parts
from routing.translation.untranslated import Pair, check_translated
from routing.translator import Translator

if TYPE_CHECKING:
    from routing.strategy import Strategy

Reason = Literal[
    "high_resource", "culture_bound", "small_talk", "translation_request", "span_extraction", "code_only"
]
_REASONS: tuple[Reason, ...] = (
    "high_resource", "culture_bound", "small_talk", "translation_request", "span_extraction", "code_only",
)  # fmt: skip


class SelfTranslate(BaseModel):
    """Lets the inner strategy answer in the pivot.

    pivot: BCP-47 tag of the language solved in.
    translator, back_translator: other models for the way there and back; the request's own where left out.
    parts: which parts of the request are translated. Tool calls, names and schemas never are.
    json_strings: whether the strings in a JSON answer are translated; its keys and what the schema fixes never are.
    skip: kinds of request that are left to the inner strategy as they are, and said so.
    quality: how well each model translates each language into the pivot (model, then language; chrF++ on a parallel
        set), as the site measured it. Below ``min_quality`` the strategy leaves the request alone; unmeasured, it does
        not. On older models gains were negative below 30, and small below 40.

    Engine calls: one for the request, those of the inner strategy, and one for each block of prose in the answer; each
    translation that lost structure is asked for once more. The first block is sent while the next are being written.

    A request that comes back untranslated fails, since nobody would see it. Of an answer that is the contract's to
    tell: a line of verse in it may stay as it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    takes_n: ClassVar[bool] = False

    kind: Literal["self_translate"] = "self_translate"
    pivot: WritableLanguage = "en"
    inner: "Strategy" = Direct()
    translator: OtherModel | None = None
    back_translator: OtherModel | None = None
    parts: tuple[Part, ...] = ("instruction", "context", "examples")
    json_strings: bool = False
    skip: tuple[Reason, ...] = _REASONS
    quality: Mapping[Line, Annotated[Mapping[LanguageTag, float], EachLanguageOnce]] = Field(
        default_factory=dict
    )
    min_quality: Annotated[float, Field(ge=0, le=100)] = 40.0

    async def __call__(self, generation: Generation, engine: Engine, context: Context) -> Stream:
        """The answer in the language owed. Raises what a call raises, `StructureLost` and `NotTranslated`."""
        if reason := self._reason_to_skip(generation, context):
            context.notes(Skipped(self.kind, reason))
            return await self.inner(generation, engine, context)
        there = Translator(
            generation, engine, context, context.detection.language, self.pivot, self.translator
        )
        body = await self._translated_body(generation, there)
        stream = await self.inner(
            self._asked_in_pivot(generation, body, context), engine, self._inside(context)
        )
        if same_language(context.owed, self.pivot):
            return as_asked(stream, generation)
        back = replace(
            there,
            source=self.pivot,
            target=context.owed,
            elsewhere=self.back_translator,
            mask=generation.mask,
        )
        if is_json_asked(generation.body):
            return await translated_json(stream, back if self.json_strings else None, generation)
        answer = await translated_back(stream, self._block_translator(generation, back), generation)
        return as_asked(answer, generation)

    def _reason_to_skip(self, generation: Generation, context: Context) -> str | None:
        language = context.detection.language
        if generation.endpoint != "chat/completions":
            return "endpoint"
        if ranges_of(language)[-1] == UNDETERMINED or context.owed == UNDETERMINED:
            return "undetermined"
        if same_language(language, self.pivot):
            return "in_pivot"
        if is_grammar_asked(generation.body):
            return "form"
        if self._measured(generation.model, language) < self.min_quality:
            return "quality"
        return next((reason for reason in self.skip if _applies(reason, language, context.signs)), None)

    def _measured(self, model: str, language: str) -> float:
        measured = self.quality.get(model, {})
        return next((measured[tag] for tag in ranges_of(language) if tag in measured), 100.0)

    async def _translated_body(self, generation: Generation, there: Translator) -> Mapping[str, Any]:
        wanted = [part for part in parts_of(generation.body) if self._is_wanted(part, there.context)]
        if not wanted:
            return generation.body
        texts = await there.texts([part.text for part in wanted])
        for part, text in zip(wanted, texts, strict=True):
            check_translated(part.text, text, Pair(there.source, there.target), there.context.detector)
        changed = {part.place: text for part, text in zip(wanted, texts, strict=True)}
        return with_parts(generation.body, changed)

    def _is_wanted(self, part: PartText, context: Context) -> bool:
        if part.part not in self.parts or not part.text.strip():
            return False
        detected = context.detector.detect(part.text).language
        return not same_language(detected, self.pivot)

    def _asked_in_pivot(
        self, generation: Generation, body: Mapping[str, Any], context: Context
    ) -> Generation:
        prompt = context.prompts.text("answer_in_pivot", self.pivot, pivot=full_name(self.pivot))
        purpose = "pivot" if generation.purpose == "answer" else generation.purpose
        asked = replace(generation, body=body, purpose=purpose, mask=None, language=self.pivot)
        return streamed(with_instruction(asked, prompt))

    def _inside(self, context: Context) -> Context:
        signs = RequestSigns()
        return replace(context, detection=Detection(self.pivot, 1.0), signs=signs, owed=self.pivot, exempt="")

    def _block_translator(self, generation: Generation, back: Translator) -> Translate:
        question = fence(last_user_text(generation)).text

        async def translate(text: str) -> str:
            return await back.text(text, "translate_answer", question=question)

        return translate


def _applies(reason: Reason, language: str, signs: RequestSigns) -> bool:
    if reason == "high_resource":
        return resource_level(language) == "high"
    return bool(getattr(signs, reason))

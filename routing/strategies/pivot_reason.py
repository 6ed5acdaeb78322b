"""One call that understands and reasons in the pivot and answers in the user's language.

After CLP (Qin et al., EMNLP 2023), whose two turns are one here, and XLT (arXiv 2305.07004).
"""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from routing.answer import streamed
from routing.answer_document import as_asked
from routing.answer_form import has_form
from routing.context import Context
from routing.generation import Engine, Generation, Stream
from routing.language import UNDETERMINED
from routing.language_names import full_name
from routing.language_ranges import WritableLanguage, same_language
from routing.messages import with_instruction
from routing.notes import Skipped
from routing.reasoning_apart import told_apart


class PivotReason(BaseModel):
    """Asks the model to reason in the pivot first. The user's own words stay in the prompt as they are.

    pivot: BCP-47 tag of the language reasoned in.
    reasoning: whether the client gets it, as ``reasoning_content``, or it is dropped.

    One engine call. Left out where the answer is owed in the pivot or in no language that is known, where it has a form
    to keep, as a JSON schema leaves no room for reasoning, and where the client sets stop strings: those of the answer
    would end the reasoning, and with it everything.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    takes_n: ClassVar[bool] = True

    kind: Literal["pivot_reason"] = "pivot_reason"
    pivot: WritableLanguage = "en"
    reasoning: Literal["separate", "drop"] = "separate"

    async def __call__(self, generation: Generation, engine: Engine, context: Context) -> Stream:
        """The answer, its reasoning told apart; raises what the engine raises."""
        if reason := self._reason_to_skip(generation, context):
            context.notes(Skipped(self.kind, reason))
            return await engine.generate(generation)
        prompt = context.prompts.text(
            self.kind, context.owed, pivot=full_name(self.pivot), language=full_name(context.owed)
        )
        stream = await engine.generate(streamed(with_instruction(generation, prompt)))
        return as_asked(told_apart(stream, drops=self.reasoning == "drop"), generation)

    def _reason_to_skip(self, generation: Generation, context: Context) -> str | None:
        if generation.endpoint != "chat/completions":
            return "endpoint"
        if has_form(generation.body):
            return "form"
        if generation.body.get("stop"):
            return "stop"
        if context.owed == UNDETERMINED:
            return "undetermined"
        return "in_pivot" if same_language(context.owed, self.pivot) else None

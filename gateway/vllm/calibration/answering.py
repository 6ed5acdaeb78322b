"""The engine that answers questions in a sweep: vLLM, offline, steering as it does when it serves."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.vllm.calibration.offline import end_llm, start_llm
from gateway.vllm.steering.config import CONFIG_KEY
from routing.steering.request import Steering

_CANARY = 1
"""The canary of the start has a profile of its own."""


class AnsweringEngine:
    """A started engine that has loaded the profiles of a folder, proven to act by the canary of every start."""

    def __init__(self, model: str, profiles: Path, count: int, vllm_arguments: Mapping[str, Any]) -> None:
        """count: of the profiles. Raises `ConfigError` where vLLM refuses, or a profile does not fit."""
        steering = {CONFIG_KEY: {"profiles": str(profiles), "max_profiles": count + _CANARY}}
        self._llm = start_llm(
            model, {"additional_config": steering, "disable_log_stats": True, **vllm_arguments}
        )

    def answer(self, questions: Sequence[str], reference: str | None, most_tokens: int) -> list[str]:
        """The greedy answers, steered by the profile; unsteered for None."""
        from vllm import SamplingParams

        arguments = dict(Steering(reference).arguments) if reference else None
        params = SamplingParams(temperature=0.0, max_tokens=most_tokens, extra_args=arguments)
        tokenizer: Any = self._llm.get_tokenizer()
        if tokenizer.chat_template is None:
            outputs = self._llm.generate(list(questions), params, use_tqdm=False)
        else:
            chats: list[Any] = [[{"role": "user", "content": question}] for question in questions]
            outputs = self._llm.chat(chats, params, use_tqdm=False)
        return [output.outputs[0].text for output in outputs]

    def close(self) -> None:
        """Ends the engine and gives its memory back."""
        end_llm(self._llm)

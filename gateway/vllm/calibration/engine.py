"""The engine that reads texts for calibration: vLLM, offline, without answers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gateway.vllm.calibration.offline import end_llm, start_llm
from gateway.vllm.calibration.recording import ReadSequence
from gateway.vllm.calibration.steps import steps_of
from gateway.vllm.calibration.worker import START, TAKE, RecordingWorker
from routing.calibration.sequence_routing import SequenceRouting
from routing.errors import ConfigError
from routing.steering.model_match import RoutedModel

_STEP_TOKENS = 8192
_STEP_SEQUENCES = 64
_ROLES = ("user", "assistant")


class CalibrationEngine:
    """A started engine. model: what it has loaded."""

    def __init__(self, model: str, max_tokens: int, vllm_arguments: Mapping[str, Any]) -> None:
        """max_tokens: of a text; longer ones are cut. vllm_arguments: of ``vllm.LLM``, on top of ours.

        Takes as long as the model needs to load. Raises `ConfigError` where vLLM refuses, or the model has no
        routers that can be steered.
        """
        self._max_tokens = max_tokens
        self._step_tokens = max(_STEP_TOKENS, max_tokens + 1)
        self._llm = start_llm(model, {**self._arguments(), **vllm_arguments})
        self.model = RoutedModel(**self._call(START))

    def read(self, texts: Sequence[tuple[str, ...]]) -> SequenceRouting:
        """How the texts are routed. A text is turns of user and assistant in turn, in the model's own form."""
        encoded = [self._encode(turns) for turns in texts]
        found: dict[tuple[int, ...], ReadSequence] = {}
        for part in steps_of(encoded, _STEP_SEQUENCES, self._step_tokens):
            self._run(part)
            found |= {sequence.tokens: sequence for sequence in self._call(TAKE)}
        if not found.keys() >= set(encoded):
            raise ConfigError(
                "the engine read the texts in pieces; calibrate without options that cut prompts"
            )
        read = [found[tokens] for tokens in encoded]
        return SequenceRouting(
            np.stack([sequence.weights for sequence in read]),
            np.stack([sequence.shares for sequence in read]),
            np.array([len(sequence.tokens) for sequence in read], np.int64),
        )

    def close(self) -> None:
        """Ends the engine and gives its memory back."""
        end_llm(self._llm)

    def _arguments(self) -> dict[str, Any]:
        return {
            # A compiled or captured model does not run what records.
            "enforce_eager": True,
            # A text must be read whole, and in one step: then a batch of one size is the same batch every time.
            "enable_prefix_caching": False,
            "max_model_len": self._max_tokens + 1,
            "max_num_batched_tokens": self._step_tokens,
            "max_num_seqs": _STEP_SEQUENCES,
            "disable_log_stats": True,
            "worker_extension_cls": f"{RecordingWorker.__module__}.{RecordingWorker.__qualname__}",
        }

    def _encode(self, turns: tuple[str, ...]) -> tuple[int, ...]:
        tokenizer: Any = self._llm.get_tokenizer()
        if tokenizer.chat_template is None:
            tokens = tokenizer.encode("\n".join(turns))
        else:
            messages = [{"role": role, "content": turn} for role, turn in zip(_ROLES, turns, strict=False)]
            tokens = tokenizer.apply_chat_template(messages, tokenize=True, return_dict=False)
        return tuple(tokens[: self._max_tokens])

    def _run(self, prompts: Sequence[tuple[int, ...]]) -> None:
        from vllm import SamplingParams
        from vllm.inputs import TokensPrompt

        # One token is the least that vLLM generates, and it is never read.
        params = SamplingParams(max_tokens=1, temperature=0.0, detokenize=False)
        given = [TokensPrompt(prompt_token_ids=list(prompt)) for prompt in prompts]
        self._llm.generate(given, params, use_tqdm=False)

    def _call(self, name: str) -> Any:
        # Every rank's router sees every token and says the same.
        return self._llm.collective_rpc(name)[0]

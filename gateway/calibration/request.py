"""What a calibration is asked to do."""

from dataclasses import dataclass
from pathlib import Path

from gateway.calibration.routing_files import Reading, file_hash


@dataclass(frozen=True, slots=True)
class CalibrationRequest:
    """The words of the command line, checked there.

    model: a folder or a name, as vLLM takes it. model_name: what profiles call it; None for that name, or the
        folder's.
    parallel, task: files of texts. output: the folder that everything goes to.
    name: of the task; its profiles are ``NAME-soft`` and ``NAME-hard``.
    threshold: τ. unit: λ of the soft profile. layers: first and last to steer; None for the rule's choice.
    most_texts: of each language and of the task; None for all. max_tokens: of each text.
    seed: draws the texts, and the resamples that intervals are made from.
    vllm_arguments: of ``vllm.LLM``, as a JSON object.
    """

    model: str
    model_name: str | None
    parallel: Path
    task: Path
    output: Path
    name: str
    threshold: float
    unit: float
    layers: tuple[int, int] | None
    most_texts: int | None
    max_tokens: int
    seed: int
    vllm_arguments: str

    def reading(self) -> Reading:
        """What the routing depends on: not τ, λ and the layers, which can be changed without reading again."""
        return Reading(
            model=self.model,
            parallel=file_hash(self.parallel),
            task=file_hash(self.task),
            max_tokens=self.max_tokens,
            most_texts=self.most_texts,
            seed=self.seed,
            vllm_arguments=self.vllm_arguments,
        )

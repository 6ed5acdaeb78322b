"""The same requests under both of vLLM's model runners, step by step: logits and counts must be the same to the bit."""

from dataclasses import dataclass
from random import Random
from types import SimpleNamespace
from typing import Any, cast, get_args

import torch
from torch import Tensor
from vllm import SamplingParams
from vllm.v1.sample.logits_processor import BatchUpdate
from vllm.v1.worker.gpu.sample.logits_processor import LogitsProcRequestState

from gateway.vllm.language_mask import LanguageMask
from gateway.vllm.mask_tables import MaskTables
from kernels.token_mask import MaskTable
from routing.generation import MaskMode
from tests.gateway.vllm.host_waits import waiting_for_nothing
from tests.gateway.vllm.second_runner import LONGEST, SecondRunner
from tests.kernels.token_mask.vocabularies import RANGES, VOCABULARIES, tables

KINDS = list(VOCABULARIES)
TABLES = {kind: tables(kind) for kind in KINDS}
SLOTS = 6
PADDING = 3


class _LittleTables(MaskTables):
    """Those of a little vocabulary instead of a model's."""

    kind: str

    def table(self, language: str, *, latin: bool) -> MaskTable:
        return TABLES[self.kind][language]


def processor(kind: str, place: torch.device | LogitsProcRequestState) -> LanguageMask:
    """Of one of the little vocabularies."""
    config = SimpleNamespace(model_config=None, speculative_config=None)
    made = LanguageMask(cast(Any, config), place)
    made._tables = _LittleTables(cast(Any, None))
    made._tables.kind = kind
    return made


def width(kind: str) -> int:
    """Of a row of logits."""
    return len(VOCABULARIES[kind]) + PADDING


def second_runner(kind: str, device: str = "cpu") -> SecondRunner:
    """With `SLOTS` slots."""
    return SecondRunner(lambda state: processor(kind, state), SLOTS, width(kind), device)


@dataclass(frozen=True)
class Request:
    """parameters: with the mask, if it has one. said: its tokens after the prompt; it grows."""

    parameters: SamplingParams
    prompt: list[int]
    said: list[int]


def random_request(kind: str, random: Random) -> Request:
    """Held to any language in any mode, or not at all; its prompt, and what it has said, may end within a character."""
    mode: MaskMode = random.choice(get_args(MaskMode))
    mask = {"dragoman_mask": random.choice(list(RANGES)), "dragoman_mask_mode": mode}
    parameters = SamplingParams(
        temperature=random.choice([0.0, 0.4, 1.0, 1.7]),
        top_k=random.choice([0, 0, 1, 7]),
        top_p=random.choice([1.0, 0.8]),
        min_p=random.choice([0.0, 0.1]),
        extra_args=random.choice([mask, mask, mask, None]),
    )
    return Request(parameters, _cut_text(kind, random) or [3], _cut_text(kind, random))


def random_logits(kind: str, rows: int, seed: int) -> Tensor:
    """Of several breadths; of some rows a grammar has left little, of some one token."""
    noise = torch.Generator().manual_seed(seed)
    breadth = torch.tensor([1.0, 4.0, 20.0])[torch.randint(0, 3, (rows, 1), generator=noise)]
    ruled_out = torch.tensor([0.0, 0.9, 1.0])[torch.randint(0, 3, (rows, 1), generator=noise)]
    logits = torch.randn(rows, width(kind), generator=noise) * breadth
    left = torch.rand(logits.shape, generator=noise) >= ruled_out
    left[:, seed % width(kind)] = True
    return torch.where(left, logits, -torch.inf)


def agree(kind: str, seed: int, *, device: str = "cpu", steps: int = 6) -> bool:
    """Whether both say the same while requests come and go. Raises `AssertionError` where the second would wait.

    device: the second's; the first has the CPU.
    """
    random, first, second = Random(seed), processor(kind, torch.device("cpu")), second_runner(kind, device)
    requests: dict[int, Request] = {}
    batch: list[int] = []
    for _ in range(steps):
        new = [slot for slot in range(SLOTS) if slot not in requests or random.random() < 0.15]
        requests |= {slot: random_request(kind, random) for slot in new}
        if not batch or random.random() < 0.5:
            batch = random.sample(range(SLOTS), random.randint(1, SLOTS))
        logits = random_logits(kind, SLOTS, random.randrange(1 << 30))
        # Rows that are not in the batch are in the first runner's too; on no number does the gate act.
        logits[[slot for slot in range(SLOTS) if slot not in batch]] = torch.nan
        expected = _by_the_first(first, {slot: requests[slot] for slot in new}, logits)
        for slot in new:
            second.take(slot, requests[slot].parameters, requests[slot].prompt, requests[slot].said)
        there, context = logits[batch].to(device), second.context(batch)
        with waiting_for_nothing():
            second.processor.apply_staged_writes()
            second.processor.apply(there, context)
        after = there.cpu()
        if not torch.equal(after, expected[batch]) or first.gate_acted != second.processor.gate_acted:
            return False
        for slot, row in zip(batch, after, strict=True):
            _say(requests[slot], row, random)
            second.say(slot, requests[slot].said[-1])
    return True


def _by_the_first(mask: LanguageMask, new: dict[int, Request], logits: Tensor) -> Tensor:
    added = [(row, request.parameters, request.prompt, request.said) for row, request in new.items()]
    mask.update_state(BatchUpdate(batch_size=SLOTS, removed=[], added=added, moved=[]))
    return mask.apply(logits.clone())


def _say(request: Request, row: Tensor, random: Random) -> None:
    possible = torch.isfinite(row[:-PADDING]).nonzero().flatten().tolist()
    request.said.append(random.choice(possible or [0]))


def _cut_text(kind: str, random: Random) -> list[int]:
    """A character of one of the languages as single bytes, ended anywhere; nothing; or any tokens."""
    tokens = VOCABULARIES[kind]
    first, last = random.choice([run for ranges in RANGES.values() for run in ranges])
    data = chr(random.randint(first, last)).encode()[: random.randint(0, 4)]
    any_tokens = [random.randrange(len(tokens)) for _ in range(random.randint(0, LONGEST // 4))]
    return random.choice([[tokens.index(bytes([byte])) for byte in data], any_tokens])

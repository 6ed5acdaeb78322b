"""`sample` on CUDA in one launch: a cluster of thread blocks for each row (CUDA C++, compute capability 9.0 or higher).

For batches of few rows, for which the four launches of `_triton` may take longer than their work, and for draws with
temperature, min-p and masks: it knows no filter that ranks tokens. It has been run on the host and compiled; on a
GPU it has not run yet.
"""

import ctypes
import subprocess
from pathlib import Path

import torch
from torch import Tensor

from kernels.sample.arguments import Draws, Logprobs, Masks, Samples

SOURCE = Path(__file__).with_name("_cuda.cu")
MOST_DRAWS = 16
MOST_TOKENS = 1 << 20
"""What a block has shared memory for: 512 tiles of 256 tokens in each of eight blocks."""

_POINTERS = (
    *("logits", "temperature", "min_p", "seeds", "positions"),
    *("languages", "language_of_row", "penalty", "grammar"),
    *("ids", "raw", "processed", "log_sum_exp", "language_mass"),
)


class Call(ctypes.Structure):
    """What the kernel is given: addresses of contiguous tensors (null where there is none), distances, sizes.

    stride: words from a row of logits to the next. octets, grammar_octets: of a row of a mask's table.
    """

    _fields_ = (
        *((name, ctypes.c_void_p) for name in _POINTERS),
        *((name, ctypes.c_int64) for name in ("stride", "octets", "grammar_octets")),
        *((name, ctypes.c_int32) for name in ("rows", "draws", "vocabulary", "is_bfloat16")),
    )


def build(folder: Path, capability: int) -> Path:
    """Compiles the kernel for ``sm_<capability>`` with nvcc, in seconds; the library, for `ctypes.CDLL`.

    Raises `subprocess.CalledProcessError` where it does not compile, and `FileNotFoundError` where there is no nvcc.
    """
    library = folder / f"sample_sm_{capability}.so"
    options = (
        "-std=c++17",
        "-O3",
        "--use_fast_math",
        f"-arch=sm_{capability}",
        "-shared",
        "-Xcompiler",
        "-fPIC",
    )
    subprocess.run(["nvcc", *options, "-o", library, SOURCE], check=True)  # noqa: S603, S607
    return library


def sample_with_cuda(
    library: ctypes.CDLL,
    logits: Tensor,
    draws: Draws,
    seeds: Tensor,
    positions: Tensor,
    masks: Masks | None,
    *,
    stream: int,
    logprobs: bool,
) -> Samples:
    """`kernels.sample.sample` on a CUDA stream, for draws without top-nσ, top-k and top-p, which it does not look at.

    At most `MOST_DRAWS` draws of `MOST_TOKENS` tokens. Waits for nothing on the host; may be captured in a graph.

    Raises RuntimeError with CUDA's number where it cannot be started.
    """
    rows, count = draws.temperature.shape
    if logits.dtype == torch.float16:
        logits = logits.float()
    ids = torch.empty(rows, count, dtype=torch.int32, device=logits.device)
    sizes = ((rows, count), (rows, count), (rows,), (rows,))
    wanted = Logprobs(*(torch.empty(size, device=logits.device) for size in sizes)) if logprobs else None
    # Held until it is started, as the kernel has their addresses only; torch keeps their memory for the stream.
    tensors = _tensors(logits, draws, seeds, positions, masks) | _outputs(ids, wanted)
    call = Call(
        **{name: tensor.data_ptr() for name, tensor in tensors.items()},
        stride=logits.stride(0),
        octets=masks.languages.shape[1] * 4 if masks else 0,
        grammar_octets=masks.grammar.shape[1] * 4 if masks and masks.grammar is not None else 0,
        rows=rows,
        draws=count,
        vocabulary=logits.shape[1],
        is_bfloat16=logits.dtype == torch.bfloat16,
    )
    error = library.dragoman_sample(ctypes.byref(call), ctypes.c_void_p(stream)) if rows else 0
    if error:
        raise RuntimeError(f"the sampling kernel could not be started: CUDA error {error}")
    return Samples(ids, wanted)


def _tensors(
    logits: Tensor, draws: Draws, seeds: Tensor, positions: Tensor, masks: Masks | None
) -> dict[str, Tensor]:
    asked = {
        "temperature": draws.temperature,
        "min_p": draws.min_p,
        "seeds": seeds,
        "positions": positions,
    }
    if masks is not None:
        asked |= {
            "languages": masks.languages,
            "language_of_row": masks.language_of_row,
            "penalty": masks.penalty,
        }
        asked |= {} if masks.grammar is None else {"grammar": masks.grammar}
    return {"logits": logits, **{name: tensor.contiguous() for name, tensor in asked.items()}}


def _outputs(ids: Tensor, wanted: Logprobs | None) -> dict[str, Tensor]:
    if wanted is None:
        return {"ids": ids}
    return {"ids": ids, **{name: getattr(wanted, name) for name in Logprobs._fields}}

"""What Triton makes of a kernel for a GPU that need not be there: registers, spills and instructions.

With the tools in Triton's own wheel.
"""

import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

TOOLS = Path(triton.__file__).parent / "backends" / "nvidia" / "bin"


@dataclass(frozen=True, slots=True)
class Resources:
    """Of a program. registers: a thread's. spilled_bytes: of a thread's local memory. instructions: of the listing."""

    registers: int
    spilled_bytes: int
    instructions: int


def compile_for(
    kernel: Any,
    signature: Mapping[str, str],
    constants: Mapping[str, int | bool],
    capability: int,
    options: Mapping[str, Any],
    multiples_of_16: Sequence[str] = (),
) -> Resources:
    """Compiles for ``sm_<capability>``. signature: types of the arguments that are no constants, by name.

    Pointers are taken to lie on 16 bytes, as torch's do; of the numbers, those named to be multiples of 16.
    """
    kinds = {**signature, **dict.fromkeys(constants, "constexpr")}
    aligned = [
        index
        for index, name in enumerate(kernel.arg_names)
        if kinds[name].startswith("*") or name in multiples_of_16
    ]
    source = ASTSource(
        fn=kernel,
        signature={name: kinds[name] for name in kernel.arg_names},
        constexprs=dict(constants),
        attrs={(index,): [["tt.divisibility", 16]] for index in aligned},
    )
    compiled = triton.compile(source, target=GPUTarget("cuda", capability, 32), options=dict(options))
    return _resources(compiled.asm["cubin"])


def _resources(cubin: bytes) -> Resources:
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        usage = _output("cuobjdump", "--dump-resource-usage", file.name)
        listing = _output("nvdisasm", "-c", file.name)
    registers, local = re.search(r"REG:(\d+)", usage), re.search(r"LOCAL:(\d+)", usage)
    assert registers, usage
    assert local, usage
    instructions = re.findall(r"/\*[0-9a-f]{4,}\*/\s+(?!NOP)\S", listing)
    return Resources(int(registers[1]), int(local[1]), len(instructions))


def _output(tool: str, *arguments: str) -> str:
    return subprocess.run([TOOLS / tool, *arguments], check=True, capture_output=True, text=True).stdout

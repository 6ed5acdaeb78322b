"""A CUDA graph as far as there can be one without CUDA: a tape of operations and launches with the tensors they had.

A CUDA graph keeps a list of kernels with their addresses, numbers and grids, and nothing of the Python that called
them. So does this: replayed are torch's operations and Triton's launches, on the memory and with the numbers of the
capture. What the host does by other means, as numba does, is not replayed; what waits for the device is refused.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from triton.runtime.interpreter import InterpretedFunction

from tests.gateway.vllm.host_waits import waits_for_the_device

SIZES = [4, 8, 16]
"""Tokens of the graphs that are captured."""
_ALLOCATING = (
    torch.ops.aten.empty,
    torch.ops.aten.empty_like,
    torch.ops.aten.new_empty,
    torch.ops.aten.empty_strided,
)


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees every operation while entered, and puts it on the tape of the graph that is being captured, if one is."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.graph: RecordedGraph | None = None

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        graph, named = self.graph, kwargs or {}
        result = func(*args, **named)
        # An operation at which a graph is broken off has ended one and begun another.
        if graph is not None and graph is self.graph:
            graph.keep(func, args, named, result)
        return result

    def launch(self, original: Callable[..., None], *args: Any, **kwargs: Any) -> None:
        """Makes a launch of Triton's. What the interpreter does for it with torch is not the device's."""
        graph, self.graph = self.graph, None
        try:
            original(*args, **kwargs)
        finally:
            self.graph = graph
        if graph is not None and not kwargs["warmup"]:
            graph.tape.append(partial(original, *args, **kwargs))
            graph.launched.append(args[0].__name__)


class RecordedGraph:
    """In the place of `torch.cuda.CUDAGraph`. launched: names of the kernels, in order."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.tape: list[Callable[[], None]] = []
        self.launched: list[str] = []

    def capture_begin(self, **_: Any) -> None:
        assert self._recorder.graph is None
        self._recorder.graph = self

    def capture_end(self) -> None:
        self._recorder.graph = None

    def keep(self, func: Any, args: Any, kwargs: Any, result: Any) -> None:
        """Puts an operation on the tape that was just run."""
        assert not waits_for_the_device(func, args), f"{func} waits for the device, which a capture forbids"
        if func.overloadpacket not in _ALLOCATING:
            self.tape.append(partial(_run_again, func, args, kwargs, _tensors(result)))

    def replay(self) -> None:
        for run in self.tape:
            run()


def _tensors(values: Any) -> list[torch.Tensor]:
    return [value for value in tree_leaves(values) if isinstance(value, torch.Tensor)]


def _run_again(func: Any, args: Any, kwargs: Any, kept: list[torch.Tensor]) -> None:
    for old, new in zip(kept, _tensors(func(*args, **kwargs)), strict=True):
        if old.data_ptr() != new.data_ptr():  # else a view, or what was changed in place
            old.copy_(new)


@contextmanager
def recorded_graphs() -> Iterator[list[RecordedGraph]]:
    """Within, torch's CUDA graphs are recorded ones. Gives them as they are made."""
    recorder, made, run = Recorder(), [], InterpretedFunction.run

    def make() -> RecordedGraph:
        made.append(RecordedGraph(recorder))
        return made[-1]

    @contextmanager
    def captured(graph: RecordedGraph, *_: Any, **__: Any) -> Iterator[None]:
        graph.capture_begin()
        try:
            yield
        finally:
            graph.capture_end()

    def run_and_keep(kernel: Any, *args: Any, **kwargs: Any) -> None:
        recorder.launch(run, kernel, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch, recorder:
        patch.setattr(torch.cuda, "CUDAGraph", make)
        patch.setattr(torch.cuda, "graph", captured)
        patch.setattr(InterpretedFunction, "run", run_and_keep)
        yield made


def do_without_cuda(patch: pytest.MonkeyPatch, *modules: Any) -> None:
    """Takes streams and pools of memory out of these modules of vLLM's; recorded graphs need none."""
    from vllm.platforms import current_platform

    @contextmanager
    def pool(given: Any, _: Any) -> Iterator[Any]:
        yield given

    # A weak reference is for the pool's sake; recorded graphs hold their tensors.
    doing_nothing = {
        "capture_pool": pool,
        "graph_capture": lambda device: nullcontext(),
        "current_stream": lambda: None,
        "weak_ref_tensor": lambda tensor: tensor,
        "weak_ref_tensors": lambda tensors: tensors,
    }
    for module in modules:
        for name in doing_nothing.keys() & vars(module).keys():
            patch.setattr(module, name, doing_nothing[name])
    patch.setattr(type(current_platform), "get_global_graph_pool", lambda self: None)

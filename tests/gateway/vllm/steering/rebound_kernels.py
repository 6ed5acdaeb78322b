"""vLLM's search for kernels, beside numba. What is called here runs in the process of the engines."""

import sys
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

import pytest


def own_search() -> str:
    """What vLLM's own search says where numba is loaded; empty where nothing stopped it."""
    return _said(_own())


def hooked_search() -> str:
    """The same of ours."""
    from gateway.vllm.steering.kernel_rebinding import rebinding_beside_numba

    return _said(rebinding_beside_numba(_own()))


def _own() -> FunctionType:
    import vllm.triton_utils.dispatcher as dispatcher

    # Made anew: an engine of an earlier test may have put ours in its place.
    return FunctionType(dispatcher._rebind_kernels.__code__, vars(dispatcher))


def _said(search: FunctionType) -> str:
    import numba  # noqa: F401 - loads what the search stumbles over

    try:
        search([])
    except AttributeError as error:
        return str(error)
    return ""


def kernels_replaced_by_the_installed_search() -> tuple[bool, bool]:
    """Whether the search that the plugin installed replaces a module's attribute, and that of an object there."""
    import numba  # noqa: F401
    import vllm.triton_utils.dispatcher as dispatcher

    from gateway.vllm.plugin import register

    register()
    kernel: Any = object()
    wrapper: Any = object()
    module: Any = ModuleType("holds_a_kernel")
    module.plain, module.owner = kernel, SimpleNamespace(kernel=kernel)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, module.__name__, module)
        dispatcher._rebind_kernels([(kernel, wrapper)])
    return module.plain is wrapper, module.owner.kernel is wrapper

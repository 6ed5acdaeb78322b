"""Arrays by address, for functions that numba compiles: cheaper to hand over than arrays of Python's."""

from typing import Any

from numba import carray, njit, types
from numba.extending import intrinsic


@njit(forceinline=True)  # type: ignore[untyped-decorator]
def numbers_at(address: Any, count: Any, dtype: Any) -> Any:
    """[count] numbers of this type, which lie side by side."""
    return carray(pointer_to(address, dtype), (count,))


@njit(forceinline=True)  # type: ignore[untyped-decorator]
def table_at(address: Any, rows: Any, columns: Any, dtype: Any) -> Any:
    """[rows, columns] numbers of this type, which lie side by side."""
    return carray(pointer_to(address, dtype), (rows, columns))


@intrinsic  # type: ignore[untyped-decorator]
def pointer_to(_typing: Any, _address: Any, dtype: Any) -> Any:
    """The address as a pointer to numbers of this type."""
    pointer = types.CPointer(dtype.dtype)

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(pointer))

    return pointer(types.int64, dtype), generate

"""Who is let in, who waits, and who is sent away."""

import asyncio

import pytest

from gateway.admission import Admission
from gateway.settings import Queue
from routing.errors import Overloaded


def admission(max_inflight: int = 1, max_waiting: int = 2, max_wait_s: float = 5.0) -> Admission:
    return Admission(Queue(max_inflight=max_inflight, max_waiting=max_waiting, max_wait_s=max_wait_s))


async def _queue(gate: Admission, *priorities: int) -> tuple[list["asyncio.Task[None]"], list[int]]:
    """One waiting task for each priority, and the order in which they get in."""
    order: list[int] = []

    async def wait(priority: int) -> None:
        await gate.enter(priority)
        order.append(priority)

    tasks = []
    for priority in priorities:
        tasks.append(asyncio.create_task(wait(priority)))
        await asyncio.sleep(0)
    return tasks, order


async def test_the_lowest_priority_goes_first_and_equals_in_order_of_arrival() -> None:
    gate = admission(max_waiting=4)
    await gate.enter()
    tasks, order = await _queue(gate, 5, 0, 5, -1)
    for _ in tasks:
        gate.leave()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert order == [-1, 0, 5, 5]
    gate.leave()
    assert (gate.inflight, gate.waiting) == (0, 0)


async def test_a_full_queue_refuses_with_a_time_to_come_back() -> None:
    gate = admission()
    await gate.enter()
    tasks, _ = await _queue(gate, 0, 0)
    with pytest.raises(Overloaded) as refused:
        await gate.enter(0)
    assert refused.value.status == 429
    assert refused.value.retry_after_s >= 1
    for task in tasks:
        task.cancel()


async def test_the_last_in_a_full_queue_gives_way_to_one_that_goes_before_it() -> None:
    gate = admission()
    await gate.enter()
    tasks, order = await _queue(gate, 0, 9)
    urgent = asyncio.create_task(gate.enter(-5))
    with pytest.raises(Overloaded):
        await tasks[1]
    gate.leave()
    await urgent
    assert order == []
    gate.leave()
    await tasks[0]
    assert order == [0]


async def test_whoever_waits_too_long_is_refused() -> None:
    gate = admission(max_wait_s=0.01)
    await gate.enter()
    with pytest.raises(Overloaded):
        await gate.enter()
    assert gate.waiting == 0


async def test_a_waiter_that_leaves_in_the_moment_of_its_turn_passes_the_slot_on() -> None:
    gate = admission()
    await gate.enter()
    tasks, order = await _queue(gate, 0, 1)
    gate.leave()  # the first waiter has its turn now, but has not run yet
    tasks[0].cancel()
    await tasks[1]
    assert order == [1]
    gate.leave()
    assert (gate.inflight, gate.waiting) == (0, 0)


async def test_slots_never_leak_whatever_is_cancelled() -> None:
    gate = admission(max_inflight=3, max_waiting=50)

    async def visit(number: int) -> None:
        await gate.enter(number % 3)
        try:
            assert gate.inflight <= 3
            await asyncio.sleep(0.001 * (number % 4))
        finally:
            gate.leave()

    tasks = [asyncio.create_task(visit(number)) for number in range(50)]
    for number, task in enumerate(tasks):
        if number % 5 == 0:
            await asyncio.sleep(0.0005)
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (gate.inflight, gate.waiting) == (0, 0)

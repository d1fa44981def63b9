"""Work on many photos in order: read ahead, one thread a photo, then batches of photos together."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from bareface.errors import UsageError

Item = TypeVar("Item")
Step = TypeVar("Step")
Result = TypeVar("Result")


def overlapped(
    items: Iterable[Item],
    one: Callable[[Item], Step],
    many: Callable[[list[Step]], Sequence[Result]],
    *,
    threads: int,
    batch: int,
) -> Iterator[Result]:
    """Yield results in the order of the items, the two stages overlapping in threads.

    Parameters
    ----------
    items
        Read only a little ahead.
    one
        First stage, for each item.
    many
        Second stage, for up to `batch` results of the first.
    threads, batch
        Number of threads, and number of items in a batch of the second stage.

    Raises
    ------
    UsageError
        ``usage.forked``: reading on in a forked process, which lacks the threads.
    """
    process = os.getpid()
    with ThreadPoolExecutor(threads, thread_name_prefix="bareface") as pool:
        first: deque[Future[Step]] = deque()
        second: deque[Future[Sequence[Result]]] = deque()
        chunk: list[Step] = []

        def result(future: Future[Step]) -> Step:
            _same(process)
            return future.result()

        def results(future: Future[Sequence[Result]]) -> Sequence[Result]:
            _same(process)
            return future.result()

        def close_chunk() -> None:
            nonlocal chunk
            second.append(pool.submit(many, chunk))
            chunk = []

        try:
            for item in items:
                first.append(pool.submit(one, item))
                if len(first) > batch:
                    chunk.append(result(first.popleft()))
                if len(chunk) == batch:
                    close_chunk()
                while len(second) > 2:
                    yield from results(second.popleft())
            while first:
                chunk.append(result(first.popleft()))
                if len(chunk) == batch:
                    close_chunk()
            close_chunk()
            while second:
                yield from results(second.popleft())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _same(process: int) -> None:
    if os.getpid() != process:
        raise UsageError("usage.forked")

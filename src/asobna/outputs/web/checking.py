"""When a text is checked: short ones at once, long ones in a thread, none beyond its time.

A long text is read in parts, and each part takes bounded time. After `check_seconds` no other part
is begun: the answer holds what was found by then, marked as incomplete, and its thread is free.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import NamedTuple

from asobna.errors import LimitError
from asobna.outputs.drafts import Checked, Draft, Reference, check_draft
from asobna.outputs.web.limits import Limits


class BusyError(LimitError):
    """More texts wait than `checks_waiting` allows."""


class Outcome(NamedTuple):
    """A checked draft; `complete` is False when only its beginning was read or is told."""

    checked: Checked
    complete: bool


class Checking:
    """Runs checks within the limits. One for each process."""

    def __init__(self, reference: Reference, limits: Limits) -> None:
        self.reference = reference
        self.limits = limits
        self._threads = ThreadPoolExecutor(limits.checks_at_once, thread_name_prefix="check")
        self._waiting = 0
        self._ended = False

    async def check(self, draft: Draft) -> Outcome:
        """Check a draft. Raises LimitError for a text too long and BusyError when too many wait."""
        length, limits = len(draft.text), self.limits
        if length > limits.max_text_cp:
            raise LimitError(
                f"the text has {length:,} characters; at most {limits.max_text_cp:,} are read "
                "(max_text_cp): send it in parts"
            )
        if length <= limits.inline_cp:
            return self._told(check_draft(draft, self.reference.packs))
        if self._waiting >= limits.checks_waiting:
            raise BusyError("too many long texts at once (checks_waiting); try again in a moment")
        return self._told(await self._start(draft))

    def _told(self, checked: Checked) -> Outcome:
        most = self.limits.max_findings
        if len(checked.findings) <= most:
            return Outcome(checked, checked.whole)
        return Outcome(checked._replace(findings=checked.findings[:most]), False)

    def _start(self, draft: Draft) -> asyncio.Future[Checked]:
        self._waiting += 1
        last = monotonic() + self.limits.check_seconds
        future = self._threads.submit(
            check_draft, draft, self.reference.packs, lambda: monotonic() < last and not self._ended
        )
        future.add_done_callback(self._done)
        return asyncio.wrap_future(future)

    def _done(self, _: object) -> None:
        self._waiting -= 1

    def close(self) -> None:
        """Let running checks end with the part they are at; start no other."""
        self._ended = True
        self._threads.shutdown(wait=False, cancel_futures=True)

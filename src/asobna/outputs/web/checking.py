"""When a text is checked: short ones at once, long ones in a thread, none beyond its time.

A pattern is linear in the text, so a bounded text takes bounded time. What takes longer than
`check_seconds` is answered with the findings of its beginning, marked as incomplete.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from asobna.errors import LimitError
from asobna.outputs.drafts import Checked, Draft, Reference, check_draft
from asobna.outputs.web.limits import Limits

#: Code points of a long text that are checked first, so that something is there in time.
BEGINNING_CP = 20_000


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

    async def check(self, draft: Draft) -> Outcome:
        """Check a draft. Raises LimitError for a text too long and BusyError when too many wait."""
        length, limits = len(draft.text), self.limits
        if length > limits.max_text_cp:
            raise LimitError(
                f"the text has {length:,} characters; at most {limits.max_text_cp:,} are read "
                "(max_text_cp): send it in parts"
            )
        if length <= limits.inline_cp:
            return self._bounded(check_draft(draft, self.reference.packs))
        if self._waiting >= limits.checks_waiting:
            raise BusyError("too many long texts at once (checks_waiting); try again in a moment")
        return await self._in_thread(draft)

    async def _in_thread(self, draft: Draft) -> Outcome:
        whole = self._start(draft)
        try:
            seconds = self.limits.check_seconds
            return self._bounded(await asyncio.wait_for(asyncio.shield(whole), seconds))
        except TimeoutError:
            whole.cancel()
            return Outcome(check_draft(_beginning(draft), self.reference.packs), False)

    def _bounded(self, checked: Checked) -> Outcome:
        most = self.limits.max_findings
        if len(checked.findings) <= most:
            return Outcome(checked, True)
        return Outcome(checked._replace(findings=checked.findings[:most]), False)

    def _start(self, draft: Draft) -> asyncio.Future[Checked]:
        self._waiting += 1
        future = self._threads.submit(check_draft, draft, self.reference.packs)
        future.add_done_callback(self._done)
        return asyncio.wrap_future(future)

    def _done(self, _: object) -> None:
        self._waiting -= 1

    def close(self) -> None:
        """Let running checks end; start no other."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _beginning(draft: Draft) -> Draft:
    """The first paragraphs of a draft, or its first characters when it has none."""
    cut = draft.text[:BEGINNING_CP]
    return draft._replace(text=cut[: cut.rfind("\n") + 1] or cut)

"""Every limit with a name, its unit, its default and what happens when it is reached."""

from __future__ import annotations

#: Largest page or JSONL line read at once, in bytes. A longer one is a reject, `too-large`.
MAX_PAGE_BYTES = 64 * 1024 * 1024

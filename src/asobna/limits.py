"""Every limit with a name, its unit, its default and what happens when it is reached.

`asobna` reads what strangers wrote. Each limit can be raised or lowered for one run by the
environment: `ASOBNA_WALL_SECONDS=60 asobna read …`. The page docs/limits.md is made from this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from asobna.errors import ConfigError

#: Largest page or JSONL line read at once, in bytes. A longer one is a reject, `too-large`.
MAX_PAGE_BYTES = 64 * 1024 * 1024

_MIB = 1024 * 1024


class Limit(NamedTuple):
    """One named limit: its default, the unit, and the reason code of what it turns away."""

    name: str
    default: int
    unit: str
    reason: str
    meaning: str


LIMITS: tuple[Limit, ...] = (
    # the guarded process
    Limit(
        "wall_seconds", 20, "s", "time-limit", "time one page or one record of an archive may take"
    ),
    Limit("cpu_seconds", 15, "s", "cpu-limit", "processor time it may take"),
    Limit(
        "memory_bytes",
        768 * _MIB,
        "bytes",
        "memory-limit",
        "address space of the guarded process beyond what its libraries take",
    ),
    Limit(
        "temporary_bytes",
        16 * _MIB,
        "bytes",
        "damaged",
        "largest file the guarded process may write, in a folder of its own that is removed",
    ),
    Limit(
        "restarts",
        50,
        "times",
        "crashed",
        "times one archive is taken up again after a record that ended its process",
    ),
    # what comes out of one page
    Limit(
        "text_characters",
        5_000_000,
        "code points",
        "too-much-text",
        "text extracted from one page or one record",
    ),
    Limit(
        "documents",
        20_000,
        "documents",
        "too-many-documents",
        "documents in one page that is not a web archive",
    ),
    Limit(
        "answer_bytes",
        48 * _MIB,
        "bytes",
        "too-much-text",
        "longest answer for one document that is taken from the guarded process",
    ),
    # packed formats: .docx, .odt, .epub
    Limit("archive_entries", 5_000, "entries", "archive-bomb", "files inside a packed document"),
    Limit(
        "archive_bytes",
        256 * _MIB,
        "bytes",
        "archive-bomb",
        "sum of the unpacked sizes of the files inside a packed document",
    ),
    Limit(
        "archive_ratio",
        200,
        "times",
        "archive-bomb",
        "unpacked by packed size of any file inside that unpacks to more than a mebibyte",
    ),
    Limit("pdf_pages", 5_000, "pages", "too-many-pages", "pages of one PDF"),
    # fetching, off unless asked for
    Limit("fetch_bytes", 8 * _MIB, "bytes", "fetch-too-large", "body of one fetched page or feed"),
    Limit("fetch_seconds", 30, "s", "fetch-time", "time of one fetch, redirects included"),
    Limit("fetch_redirects", 5, "redirects", "fetch-redirects", "redirects that are followed"),
    Limit("fetch_header_bytes", 64 * 1024, "bytes", "fetch-header", "headers of one answer"),
    Limit("host_delay_seconds", 2, "s", "", "pause between two fetches from one host"),
    Limit("robots_bytes", 512 * 1024, "bytes", "", "part of a robots.txt that is read"),
    Limit("feed_items", 200, "items", "", "newest items of one feed looked at in one round"),
    Limit(
        "back_off_seconds",
        86_400,
        "s",
        "",
        "longest pause before a feed that keeps failing is asked again",
    ),
)

DEFAULTS: dict[str, int] = {limit.name: limit.default for limit in LIMITS}
REASON_OF: dict[str, str] = {limit.name: limit.reason for limit in LIMITS}


def chosen_limits(environment: Mapping[str, str]) -> dict[str, int]:
    """Limits of a run: the defaults with `ASOBNA_<NAME>` of the environment over them.

    Raises ConfigError for a value that is not a whole number above 0.
    """
    chosen = dict(DEFAULTS)
    for name in chosen:
        given = environment.get(f"ASOBNA_{name.upper()}")
        if given is None:
            continue
        if not given.strip().isdigit() or int(given) < 1:
            raise ConfigError(f"ASOBNA_{name.upper()}={given}: a whole number above 0 is needed")
        chosen[name] = int(given)
    return chosen


def limits_table() -> str:
    """The Markdown table of docs/limits.md."""
    head = "| setting | default | reject | what it bounds |\n|---|---|---|---|\n"
    rows = [
        f"| `ASOBNA_{limit.name.upper()}` | {limit.default:,} {limit.unit} "
        f"| {f'`{limit.reason}`' if limit.reason else '(none)'} | {limit.meaning} |\n"
        for limit in LIMITS
    ]
    return head + "".join(rows)

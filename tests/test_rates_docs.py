"""The table of measures in docs/rates.md is the one in the code."""

from __future__ import annotations

import re
from pathlib import Path

from asobna.rates.measures import MEASURES

PAGE = (Path(__file__).parent.parent / "docs" / "rates.md").read_text(encoding="utf-8")


def test_table_of_measures_is_that_of_the_code():
    found = re.search(r"<!-- measures -->\n(.*?)<!-- /measures -->", PAGE, re.DOTALL).group(1)
    rows = [f"| `{m.code}` | {m.name} | {m.definition} | {m.of} |" for m in MEASURES.values()]
    assert found.splitlines()[2:] == rows


def test_every_command_of_the_page_exists():
    from asobna.outputs.cli import COMMANDS

    named = set(re.findall(r"^asobna ([a-z-]+)", PAGE, re.MULTILINE))
    assert named == {"read", "report", "kwic", "series", "verify", "annotate", "agreement"}
    assert named <= set(COMMANDS)

"""Template pieces for the Markdown report."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.filter
def markdown(value: str) -> str:
    """Text that Markdown shows as it is: its own marks escaped."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in value)


@register.simple_tag
def cell(row: dict[str, Any], number: int) -> Any:
    """The count in one column of a row."""
    return row["cells"][number]

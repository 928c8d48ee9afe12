"""Template pieces for the Markdown report."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def markdown(value: str) -> str:
    """Text that Markdown shows as it is: its own marks escaped."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in value)

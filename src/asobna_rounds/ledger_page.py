"""The ledger as an HTML page, as Markdown, and as the opening of the next invitation.

Overdue is a word, a sign and a place (first), never only a colour. No script, no image, no
outside file; dates and file names come only from the ledger and the given day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from html import escape
from typing import NamedTuple

from asobna_rounds.ledger import Ledger
from asobna_rounds.promises import (
    CONSULTED_WITHIN_DAYS,
    Consulted,
    Item,
    consulted,
    items,
    kept_share,
)
from asobna_rounds.texts import words

STYLE = """
body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem;
color:#1a1a1a;background:#fff}
table{border-collapse:collapse;width:100%}caption{text-align:left;padding:.5rem 0}
th,td{border:1px solid #767676;padding:.3rem;text-align:left;vertical-align:top;
overflow-wrap:anywhere;hyphens:auto}
article{border:1px solid #767676;padding:.5rem 1rem;margin:1rem 0}
article.overdue{border:4px solid #a30000}
.late{color:#a30000;font-weight:700}
h1,h2,h3,p,dd,code{overflow-wrap:anywhere}dt{font-weight:700}dd{margin:0 0 .5rem 0}
"""
Words = dict[str, str]


def _summary(found: list[Item], text: Words) -> str:
    kept, agreed = kept_share(found)
    late = sum(item.overdue for item in found)
    return text["summary"].format(kept=kept, agreed=agreed, overdue=late)


def _consulted_line(rows: list[Consulted], text: Words) -> str:
    fresh = sum(row.within() for row in rows)
    return text["consulted_line"].format(limit=CONSULTED_WITHIN_DAYS, fresh=fresh, total=len(rows))


def _answer(item: Item, text: Words) -> str:
    answer = item.facts["answered.answer"]
    return f"{text['answer_no' if answer == 'no' else answer]} ({item.facts['answered.day']})"


def _due(item: Item, text: Words) -> str:
    due = str(item.facts["due.due"])
    if not item.moved:
        return due
    note = text["moved"].format(day=item.first_due, times=item.moved)
    return f"{due} ({note}; {item.facts['due.reason']})"


class Fact(NamedTuple):
    """One line about an item; `language` of its value when that is not the page's."""

    label: str
    value: str
    language: str = ""


_PLAIN_FACTS = (
    # label, step, field, in the order things happened
    ("report", "said", "report"),
    ("answered", "answered", "answer"),
    ("reason", "answered", "reason"),
    ("by", "answered", "by"),
    ("owner", "owner", "owner"),
    ("due", "due", "due"),
    ("done", "done", "day"),
    ("evidence", "done", "evidence"),
)


def _facts(item: Item, text: Words) -> Iterator[Fact]:
    """Everything known about an item, in the order things happened."""
    facts = item.facts
    yield Fact(text["state"], _state(item, text))
    asked = f"{facts['asked.text']} ({facts['asked.day']})"
    yield Fact(text["asked"], asked, facts.get("asked.language", ""))
    if "said.text" in facts:
        count = text["of_invited"].format(
            people=facts["said.people"], invited=facts["said.invited"]
        )
        said = f"{facts['said.text']} ({count}, {facts['said.day']})"
        yield Fact(text["said"], said, facts.get("said.language", ""))
    shown = {"answer": _answer, "due": _due}
    for label, step, name in _PLAIN_FACTS:
        if f"{step}.{name}" in facts:
            value = shown[name](item, text) if name in shown else str(facts[f"{step}.{name}"])
            own = name in ("reason", "by", "owner", "evidence")
            yield Fact(text[label], value, facts.get(f"{step}.language", "") if own else "")


def _state(item: Item, text: Words) -> str:
    return text[item.state].lower()


def _title(item: Item) -> str:
    """The item's words: what people said, or while asking, the question."""
    return str(item.facts.get("said.text", item.facts["asked.text"]))


def _title_language(item: Item) -> str:
    step = "said" if "said.text" in item.facts else "asked"
    return str(item.facts.get(f"{step}.language", ""))


def _lang(language: str) -> str:
    """The attribute that tells a screen reader which language words are in."""
    return f' lang="{escape(language)}"' if language else ""


def _late(item: Item, text: Words) -> str:
    return text["overdue"].format(days=item.late_days)


def _linked(value: str) -> str:
    """Escaped text; a bare web address becomes a link that says where it goes."""
    safe = escape(value)
    if value.startswith(("https://", "http://")) and " " not in value:
        return f'<a href="{safe}" rel="noreferrer">{safe}</a>'
    return safe


def _article(item: Item, text: Words) -> str:
    late = f'<p class="late">⚠ {escape(_late(item, text))}</p>' if item.overdue else ""
    rows = "".join(
        f"<dt>{escape(fact.label)}</dt><dd{_lang(fact.language)}>{_linked(fact.value)}</dd>"
        for fact in _facts(item, text)
    )
    kind = ' class="overdue"' if item.overdue else ""
    return (
        f'<article id="{escape(item.name)}"{kind}><h3{_lang(_title_language(item))}>'
        f"{escape(_title(item))}</h3>"
        f"{late}<dl>{rows}</dl></article>\n"
    )


def _cells(row: Consulted, text: Words) -> tuple[str, str, str, str]:
    """File, days, people and yes or no, as words."""
    days = text["never"] if row.days is None else str(row.days)
    people = "–" if row.days is None else str(row.people)
    return row.title, days, people, text["yes" if row.within() else "no"]


def _columns(text: Words) -> tuple[str, str, str, str]:
    within = text["within"].format(limit=CONSULTED_WITHIN_DAYS)
    return text["file"], text["days_since"], text["heard"], within


def _html_table(rows: list[Consulted], text: Words) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in _columns(text))
    lines = []
    for row in rows:
        name, *rest = (escape(cell) for cell in _cells(row, text))
        cells = "".join(f"<td>{cell}</td>" for cell in rest)
        lines.append(f'<tr><th scope="row"{_lang(row.language)}>{name}</th>{cells}</tr>')
    caption = escape(_consulted_line(rows, text))
    return (
        f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table>\n"
    )


def render_html(ledger: Ledger, today: date, language: str = "en", style: str = STYLE) -> str:
    """The whole page; `language` one of `texts.LANGUAGES`, `style` the CSS put into it."""
    text = words("ledger", language)
    found, rows = items(ledger, today), consulted(ledger, today)
    body = "".join(_article(item, text) for item in found) or f"<p>{escape(text['empty'])}</p>\n"
    as_of = escape(text["as_of"].format(day=today))
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(text['title'])}</title><style>{style}</style></head>\n<body><main>"
        f"<h1>{escape(text['title'])}</h1>\n<p>{as_of}. {escape(text['intro'])}</p>\n"
        f"<p>{escape(_summary(found, text))}</p>\n"
        f"<section><h2>{escape(text['consulted_heading'])}</h2>\n"
        f"{_html_table(rows, text)}</section>\n"
        f"<section><h2>{escape(text['items_heading'])}</h2>\n{body}</section>\n"
        f"<p>{escape(text['head'])}: <code>{ledger.head}</code></p></main></body></html>\n"
    )


def _plain(value: str) -> str:
    """Text that Markdown shows as it is: its own marks escaped, tables unbroken."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in value)


def _markdown_item(item: Item, text: Words) -> str:
    late = f"**⚠ {_plain(_late(item, text))}**\n\n" if item.overdue else ""
    facts = "".join(f"- {f.label}: {_markdown_value(f.value)}\n" for f in _facts(item, text))
    return f"### {_plain(_title(item))}\n\n{late}{facts}\n"


def _markdown_value(value: str) -> str:
    address = value.startswith(("https://", "http://")) and not set(value) & set(" <>")
    return f"<{value}>" if address else _plain(value)


def render_markdown(ledger: Ledger, today: date, language: str = "en") -> str:
    """The same page as Markdown, for reports and for the reading half."""
    text = words("ledger", language)
    found, rows = items(ledger, today), consulted(ledger, today)
    lines = [_columns(text), ("---",) * 4, *(_cells(row, text) for row in rows)]
    table = "\n".join("| " + " | ".join(map(_table_cell, line)) + " |" for line in lines)
    body = "".join(_markdown_item(item, text) for item in found) or f"{text['empty']}\n\n"
    return (
        f"# {text['title']}\n\n{text['as_of'].format(day=today)}. {text['intro']}\n\n"
        f"{_summary(found, text)}\n\n## {text['consulted_heading']}\n\n"
        f"{_consulted_line(rows, text)}\n\n{table}\n\n## {text['items_heading']}\n\n{body}"
        f"{text['head']}: `{ledger.head}`\n"
    )


def _table_cell(value: str) -> str:
    return value if value == "---" else _plain(value)


def invitation_opening(ledger: Ledger, today: date, language: str = "en") -> str:
    """What the next invitation opens with: overdue first, then open, done and declined.

    Plain Markdown that also reads well as a bare message.
    """
    text = words("ledger", language)
    found = items(ledger, today)
    head = f"{text['head']}: {ledger.head}\n"
    if not found:  # a first round: sums of nothing would only be noise
        return f"{text['opening']}\n\n- {text['empty']}\n\n{head}"
    lines = "".join(f"- {_opening_line(item, text)}\n" for item in found)
    sums = f"{_summary(found, text)}\n{_consulted_line(consulted(ledger, today), text)}\n"
    return f"{text['opening']}\n\n{lines}\n{sums}{head}"


def _opening_line(item: Item, text: Words) -> str:
    return "".join(part for part, _ in opening_parts(item, text))


def opening_parts(item: Item, text: Words) -> tuple[tuple[str, str], ...]:
    """One item in one line: how late, what was said, where it stands.

    Each part with its language, "" where it is the page's.
    """
    ends: dict[str, Callable[[], str]] = {
        "promised": lambda: (
            f"{item.facts['owner.owner']}; {text['due'].lower()} {_due(item, text)}"
        ),
        "done": lambda: f"{item.facts['done.day']}, {item.facts['done.evidence']}",
        "declined": lambda: str(item.facts["answered.reason"]),
    }
    late = f"{_late(item, text)}. " if item.overdue else ""
    end = f" ({ends[item.state]()})" if item.state in ends else ""
    title = (_title(item).rstrip("."), _title_language(item))
    return (late, ""), title, (f" → {_state(item, text)}{end}", "")

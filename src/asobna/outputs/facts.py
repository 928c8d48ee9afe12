"""`asobna facts [QUERY]`: the register of dated, sourced facts, to read or to cite.

A figure is shown with its date, and the sources as they were looked up; a fact that nobody has
looked up is not shown (`formats.facts_by_id`).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import click

from asobna.outputs.drafts import make_reference
from asobna.outputs.terminal import write_facts
from asobna.packs import read_packs

CITATIONS = ("text", "bibtex", "csl-json")
_ESCAPED = {**{sign: f"\\{sign}" for sign in "{}%&$#_"}, "\\": r"\textbackslash{}",
            "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}  # fmt: skip


@click.command("facts")
@click.argument("query", nargs=-1)
@click.option(
    "--cite",
    type=click.Choice(CITATIONS),
    help="Write the sources of the facts as references in this form.",
)
def facts_command(query: tuple[str, ...], cite: str | None) -> int:
    """Show facts whose id, topic or statement holds every word of QUERY; all of them without one.

    Exits 1 when there is none.
    """
    found = make_reference(read_packs()).find_facts(" ".join(query))
    if cite:
        click.echo(cited_as(cite, found), nl=False)
    else:
        write_facts(found, sys.stdout)
    if not found:
        click.echo("asobna: no fact holds all of these words; try fewer", err=True)
    return 0 if found else 1


def cited_as(form: str, facts: list[dict[str, Any]]) -> str:
    """References to the sources of facts, one for each, in one of CITATIONS."""
    return _FORMS[form](list(_references(facts)))


def _references(facts: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """One row a source: its key, what it is, and the fact it stands behind with its date.

    The outlet stands for a title that is not known.
    """
    for fact in facts:
        as_of = f" As of {fact['as_of']}." if fact["as_of"] else ""
        for number, source in enumerate(fact["sources"], 1):
            yield {
                "key": f"asobna-{fact['id']}-{number}",
                "title": source["title"] or source["publisher"],
                "publisher": source["publisher"] if source["title"] else "",
                "date": source["date"],
                "url": source["url"],
                "note": f"{fact['id']}: {fact['statement']}{as_of}",
            }


def _as_text(rows: list[dict[str, str]]) -> str:
    lines = []
    for row in rows:
        where = ", ".join(filter(None, [row["publisher"], row["date"] or "no date"]))
        lines.append(" ".join(filter(None, [f"{row['title']}. {where}.", row["url"]])))
        lines.append(f"    {row['note']}")
    return "".join(f"{line}\n" for line in lines)


def _as_bibtex(rows: list[dict[str, str]]) -> str:
    entries = []
    for row in rows:
        fields = {
            "title": f"{{{_tex(row['title'])}}}",
            "organization": _tex(row["publisher"]),
            "year": row["date"][:4],
            "date": row["date"],
            "url": row["url"],
            "note": _tex(row["note"]),
        }
        lines = [f"  {name} = {{{value}}},\n" for name, value in fields.items() if value]
        entries.append(f"@misc{{{row['key']},\n{''.join(lines)}}}\n")
    return "\n".join(entries)


def _tex(text: str) -> str:
    return "".join(_ESCAPED.get(sign, sign) for sign in text)


def _as_csl(rows: list[dict[str, str]]) -> str:
    items = [
        {
            "id": row["key"],
            "type": "webpage",
            "title": row["title"],
            "container-title": row["publisher"],
            **({"issued": {"date-parts": [[*map(int, row["date"].split("-"))]]}}
               if row["date"] else {}),
            **({"URL": row["url"]} if row["url"] else {}),
            "note": row["note"],
        }
        for row in rows
    ]  # fmt: skip
    return json.dumps(items, ensure_ascii=False, indent=1) + "\n"


_FORMS = {"text": _as_text, "bibtex": _as_bibtex, "csl-json": _as_csl}

"""One draft through the one checker, and what a face shows beside a finding: rule, fact, package.

Every face that holds a text rather than a file comes through here: the LanguageTool and JSON
interfaces, the page, the editor, the assistant. Nothing is kept once the answer is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from asobna.languages import identify_language
from asobna.markup import Marked, html_text, markdown_text, plain_text
from asobna.outputs.formats import cited, facts_by_id
from asobna.outputs.parts import check_parts
from asobna.packs import Packs
from asobna.pipeline import Reading
from asobna.tables import SEVERITIES

READERS: dict[str, Callable[[str], Marked]] = {
    "txt": plain_text,
    "md": markdown_text,
    "html": html_text,
}

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class Draft(NamedTuple):
    """A text as its writer holds it. `format` is a key of READERS; no `lang` means: identify it."""

    text: str
    lang: str | None = None
    format: str = "txt"
    path: str = "draft"


class Checked(NamedTuple):
    """FINDINGS of a draft as rows, in the order of the text.

    lang: pack that read it, or the language it was found to be in; sentences: half-open code-point
    spans of those that hold a mention; unread: why nothing was read, or None; whole: False when
    time ended before the text did.
    """

    draft: Draft
    findings: list[dict[str, Any]]
    lang: str
    sentences: list[tuple[int, int]]
    unread: str | None
    table: pa.Table
    documents: pa.Table
    whole: bool = True


class Reference(NamedTuple):
    """What the packs know, by id: rules[id][lang] is a row of ADVICE, facts[id] one of FACTS that
    may be shown.
    """

    packs: Packs
    rules: dict[str, dict[str, dict[str, Any]]]
    facts: dict[str, dict[str, Any]]
    names: dict[str, str]

    def rule(self, rule_id: str, lang: str) -> dict[str, Any] | None:
        """The rule in `lang`, else in that of the facts, else in any that has it, else None."""
        known = self.rules.get(rule_id, {})
        of_facts = next((fact["lang"] for fact in self.facts.values()), lang)
        return known.get(lang) or known.get(of_facts) or next(iter(known.values()), None)

    def cited(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        """Facts that a rule or finding cites."""
        return cited(row, self.facts)

    def find_facts(self, query: str) -> list[dict[str, Any]]:
        """Facts whose id, topic or statement holds every word of the query, in their order."""
        words = query.casefold().split()
        told = {i: f"{i} {f['topic']} {f['statement']}".casefold() for i, f in self.facts.items()}
        return [self.facts[i] for i, text in told.items() if all(word in text for word in words)]


def make_reference(packs: Packs) -> Reference:
    """Arrange packs for look-ups by id: those that can advise, unless none can."""
    packs = _advising(packs)
    rules: dict[str, dict[str, dict[str, Any]]] = {}
    for row in packs.advice.to_pylist():
        rules.setdefault(row["id"], {})[row["lang"]] = row
    names = {row["lang"]: row["name"] for row in packs.languages.to_pylist()}
    return Reference(packs, dict(sorted(rules.items())), facts_by_id(packs), names)


def _advising(packs: Packs) -> Packs:
    """The packs with rules. The others find names to be counted, and a check would find nothing."""
    wanted = packs.advice.column("lang").unique().to_pylist()
    if not wanted:
        return packs
    return packs._replace(
        names={lang: packs.names[lang] for lang in wanted},
        patterns={lang: packs.patterns[lang] for lang in wanted},
        languages=packs.languages.filter(
            pc.is_in(packs.languages.column("lang").cast(pa.string()), pa.array(wanted))
        ),
    )


def whole_text(text: str) -> str:
    """The text with every lone surrogate, which no table can hold, replaced; lengths hold."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def check_draft(draft: Draft, packs: Packs, going: Callable[[], bool] | None = None) -> Checked:
    """Check one draft. A language without rules is no error: `unread` says so.

    going: asked now and then while a long draft is read; when it says no, the rest is left unread.
    """
    text = whole_text(draft.text)
    draft = draft._replace(text=text)
    marked = READERS[draft.format](text)
    row = {
        "document_id": draft.path,
        "path": draft.path,
        "text": marked.text,
        "title": marked.title,
        "lang": draft.lang,
        "regions": [region._asdict() for region in marked.regions],
    }
    found, reading, whole = check_parts(row, packs, going or (lambda: True))
    lang, unread = _reader(draft, reading, packs)
    return Checked(
        draft,
        found.to_pylist(),
        lang,
        _sentences(reading.standings),
        unread,
        found,
        reading.documents,
        whole,
    )


def _reader(draft: Draft, reading: Reading, packs: Packs) -> tuple[str, str | None]:
    """Language a draft was read in; or the one it is in, and why it was not read."""
    if not reading.rejects.num_rows:
        return str(reading.documents["lang"][0].as_py()), None
    lang = draft.lang or identify_language(draft.text)[0]
    return lang, f"there are no remarks for '{lang}' yet; there are for {', '.join(packs.codes)}"


def _sentences(standings: pa.Table) -> list[tuple[int, int]]:
    if not standings.num_rows:
        return []
    spans = (standings.column(f"sentence_{edge}_cp").to_pylist() for edge in ("start", "end"))
    return sorted(set(zip(*spans, strict=True)))


def chosen(findings: list[dict[str, Any]], select: list[str], ignore: list[str]) -> list[Any]:
    """Findings that `select` names (all, if empty) and `ignore` does not: rule, family, severity.

    The family of a rule is its id up to the first dot.
    """

    def named(row: dict[str, Any], names: list[str]) -> bool:
        family = row["rule_id"].split(".")[0]
        return any(name in (row["severity"], row["rule_id"], family) for name in names)

    return [f for f in findings if (not select or named(f, select)) and not named(f, ignore)]


def known_name(reference: Reference, name: str) -> bool:
    """Whether a name is a rule, a family of rules or a severity."""
    families = {rule.split(".")[0] for rule in reference.rules}
    return name in reference.rules or name in families or name in SEVERITIES


def reason(finding: dict[str, Any]) -> str:
    """Why a finding is one, and what to do where no wording can be offered, as one text."""
    parts = [finding["because"]]
    if finding["advice"] and not finding["wordings"]:
        parts.append(finding["advice"])
    return " ".join(parts)


def package_rows(reference: Reference) -> list[dict[str, Any]]:
    """Every pack with its version, hash and number of rules."""
    advice = reference.packs.advice.column("lang")
    return [
        {**row, "rules": pc.sum(pc.equal(advice, row["lang"])).as_py() or 0}
        for row in reference.packs.languages.to_pylist()
    ]

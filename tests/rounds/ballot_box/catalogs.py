"""The message catalogs: collect messages from pages and code, merge, compile.

`python tests/rounds/ballot_box/catalogs.py` writes the .po files anew (keeping translations) and
compiles them; the tests use the same functions to check that nothing is missing or stale.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

import asobna_rounds
from asobna_rounds.ballot_box.web import setup

ROOT = Path(asobna_rounds.__file__).parent
LOCALE = ROOT / "ballot_box" / "locale"
TRANSLATED = ("be", "ru", "pl", "lt", "uk")
HEADER = """# Messages of the ballot box and the report. Plural forms after CLDR.
msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}


def collect() -> Catalog:
    """Every message in pages and code, in one catalog without translations."""
    setup()
    found = Catalog()
    sources = [
        *sorted((ROOT / "ballot_box").glob("*.py")),
        *sorted((ROOT / "publisher").glob("*.py")),
    ]
    texts = [(p.name, p.read_text("utf-8")) for p in sources]
    pages = sorted(
        p for p in (ROOT / "ballot_box" / "pages").iterdir() if p.suffix in (".html", ".md")
    )
    texts += [(p.name, templatize(p.read_text("utf-8"), origin=p.name)) for p in pages]
    for name, text in texts:
        for _, message, _, _ in extract("python", io.BytesIO(text.encode()), KEYWORDS):
            found.add(
                message, locations=[(name, 0)], flags=["python-format"] * ("%(" in str(message))
            )
    return found


def path(language: str, suffix: str) -> Path:
    """The catalog file of one language: suffix "po" or "mo"."""
    return LOCALE / language / "LC_MESSAGES" / f"django.{suffix}"


def read(language: str) -> Catalog:
    """The catalog of one language as shipped."""
    with path(language, "po").open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalog: Catalog) -> bytes:
    """The bytes of the .mo file of a catalog: no date, so that the same text gives the same."""
    catalog.creation_date = catalog.revision_date = NO_DATE
    target = io.BytesIO()
    write_mo(target, catalog)
    return target.getvalue()


def update() -> None:
    """Bring all catalogs up to date with pages and code, and compile them."""
    messages = collect()
    for language in TRANSLATED:
        catalog = Catalog(locale=language)
        before = {m.id: m.string for m in read(language)} if path(language, "po").exists() else {}
        for message in messages:
            catalog.add(message.id, before.get(message.id), flags=message.flags)
        write(language, catalog)


def write(language: str, catalog: Catalog) -> None:
    """Write the .po file, without names and dates, and its .mo file."""
    file = path(language, "po")
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as target:
        target.write(HEADER.format(language=language, plurals=catalog.plural_forms).encode())
        write_po(target, catalog, sort_output=True, no_location=True, width=96, omit_header=True)
    path(language, "mo").write_bytes(compiled(read(language)))


if __name__ == "__main__":
    update()

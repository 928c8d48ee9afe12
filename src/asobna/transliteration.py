"""One entity, one Cyrillic spelling → the forms each language writes.

The rules are tables in packs/shared/transliteration: a row says what a letter group becomes, where
(`when`) and in names of which source. A pack names its table and its endings in pack.toml:

    [people]
    spelling = "german"
    endings = [["a", "{a,as}"], ["", "{,s}"]]

`given` lists endings of the names before the last one, where they change even in the nominative
(Viktaras); `as_listed = true` takes the Latin spellings of the list too; `columns = ["be"]` reads
the Belarusian spelling alone. A language written in two ways has two tables, `[[people]]` each.

No library serves here: those on the package index romanise to one standard, while newsrooms of each
language have their own (Lukaschenko, Loukachenko, Łukaszenka, Lukašenko, Lukasjenko).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

#: Classes whose entities are spelled out by rule; bodies and media keep the name they chose.
PEOPLE = ("belarus.regime", "belarus.democratic", "belarus.person")
PLACES = ("belarus.place",)
#: A surname or place alone counts only beside another cue: it may be anybody's.
ALONE = "cue"

_VOWELS = "аеёіиоуыэюяї"
_SIGNS = "ьъ'’"
_WORD = re.compile(r"[^\s-]+")
_CHOICE = re.compile(r"\{([^{}]*)\}")


class Rule(NamedTuple):
    """One row of a table: `old` becomes `new` in names of `source` (all if empty), `when` in
    start (of a word, or after a vowel or soft sign), soft (before a softening vowel or sign), end
    (of a word), between (two vowels), word (the whole of it) or anywhere if empty.
    """

    old: str
    new: str
    when: str
    source: str


class Reading(NamedTuple):
    """How a column of entities.csv is read: the table that turns it into Cyrillic, if any."""

    column: str
    table: str


def transliterate(name: str, rules: tuple[Rule, ...], source: str = "") -> list[str]:
    """Every spelling of a Cyrillic (or Latin) name by the rules, word by word, capitals kept.

    The longest rule that fits decides; a letter without a rule stays. `{a,b}` in a rule spells
    alternatives. Raises nothing.
    """
    wanted = _by_letter(rules, source)
    words = [_word_forms(found.group(), wanted) for found in _WORD.finditer(name)]
    gaps = _WORD.split(name)
    return ["".join(gap + word for gap, word in zip(gaps, (*chosen, ""), strict=False))
            for chosen in product(*words)]  # fmt: skip


@lru_cache(maxsize=64)
def _by_letter(rules: tuple[Rule, ...], source: str) -> dict[str, list[Rule]]:
    """The rules of a source under their first letter, in the order they are tried."""
    found: dict[str, list[Rule]] = {}
    for rule in sorted(
        (rule for rule in rules if rule.source in ("", source)),
        key=lambda rule: (-len(rule.old), not rule.when, not rule.source),
    ):
        found.setdefault(rule.old[0], []).append(rule)
    return found


def _word_forms(word: str, rules: dict[str, list[Rule]]) -> list[str]:
    text = unicodedata.normalize("NFC", word).lower().replace("’", "'")
    out, at = "", 0
    while at < len(text):
        rule = None
        for tried in rules.get(text[at], ()):
            if text.startswith(tried.old, at) and _fits(tried, text, at):
                rule = tried
                break
        out += rule.new if rule else text[at]
        at += len(rule.old) if rule else 1
    forms = dict.fromkeys(expand(out))
    return [form[:1].upper() + form[1:] if word[:1].isupper() else form for form in forms]


def _fits(rule: Rule, text: str, at: int) -> bool:
    end = at + len(rule.old)
    if rule.when == "start":
        return at == 0 or text[at - 1] in _VOWELS + _SIGNS
    if rule.when == "end":
        return end == len(text)
    if rule.when == "word":
        return at == 0 and end == len(text)
    if rule.when == "between":
        return at > 0 and text[at - 1] in _VOWELS and text[end : end + 1] in tuple(_VOWELS)
    if rule.when == "soft":
        return end < len(text) and text[end] in "еёіиюяьї"
    return True


def expand(form: str) -> list[str]:
    """`Mi{n,ń}sk` → Minsk, Mińsk."""
    match = _CHOICE.search(form)
    if not match:
        return [form]
    head, tail = form[: match.start()], form[match.end() :]
    return [whole for choice in match.group(1).split(",") for whole in expand(head + choice + tail)]


def decline(form: str, endings: list[list[str]]) -> str:
    """The form with its last word's endings, as a names.csv form: the first ending that fits."""
    for ending, becomes in endings:
        if form.endswith(ending):
            return form[: len(form) - len(ending)] + becomes
    return form


def entity_forms(
    entity: dict[str, str], tables: dict[str, tuple[Rule, ...]], readings: tuple[Reading, ...]
) -> list[str]:
    """Every spelling of one row of entities.csv in the language of `tables[""]`.

    readings: the columns that hold a name, and the table that makes it Cyrillic first (for Latin
    spellings made after Russian). Several spellings in a column are separated by `;`. The Latin
    spellings of a place are those of many languages and say nothing of Russian: they are left out.
    """
    forms: dict[str, None] = {}
    for reading in readings:
        if reading.table and entity["class"] in PLACES:
            continue
        for name in filter(None, map(str.strip, entity[reading.column].split(";"))):
            cyrillic = _cached(name, tables[reading.table]) if reading.table else (name,)
            for spelled in cyrillic:
                if _is_cyrillic(spelled):
                    forms |= dict.fromkeys(transliterate(spelled, tables[""], reading.column))
    return list(forms)


@lru_cache(maxsize=4096)
def _cached(name: str, rules: tuple[Rule, ...]) -> tuple[str, ...]:
    return tuple(transliterate(name, rules))


@lru_cache(maxsize=4096)
def _is_cyrillic(name: str) -> bool:
    return all(not c.isalpha() or "CYRILLIC" in unicodedata.name(c, "") for c in name)


def name_rows(
    entity: dict[str, str],
    forms: list[str],
    endings: list[list[str]],
    given: list[list[str]] | None = None,
) -> list[dict[str, str]]:
    """Rows of names.csv for one entity: whole names, and surnames that count beside a cue.

    endings: of the last word, given: of those before it, as in `decline`.
    """
    made: dict[str, str] = {}
    for form in forms:
        certain = entity["class"] in PEOPLE and " " in form
        *first, last = form.split(" ") if certain else [form]
        whole = [*(decline(name, given or []) for name in first), decline(last, endings)]
        made.setdefault(" ".join(whole), "" if certain else ALONE)
        if certain:
            made.setdefault(whole[-1], ALONE)
    return [{"form": form, "entity": entity["id"], "class": entity["class"], "status": "",
             "replacement": "", "needs": needs, "source": "rule", "reviewed_by": "", "note": ""}
            for form, needs in made.items()]  # fmt: skip


def listed_forms(entity: dict[str, str]) -> list[str]:
    """The Latin spellings of a person as the list has them; none of a place."""
    if entity["class"] in PLACES:
        return []
    spelled = [entity["name"], *entity["latin"].split(";")]
    return [form.strip() for form in spelled if form.strip()]


def spelled_rows(
    entities: Iterable[dict[str, str]],
    settings: dict[str, Any],
    tables: dict[str, tuple[Rule, ...]],
    readings: tuple[Reading, ...],
) -> list[dict[str, str]]:
    """Rows of names.csv for the people and places of entities.csv, by one [people] table."""
    declined = settings.get("endings", []), settings.get("given", [])
    columns = settings.get("columns", [reading.column for reading in readings])
    readings = tuple(reading for reading in readings if reading.column in columns)
    rows = []
    for entity in entities:
        if entity["class"] in PEOPLE + PLACES:
            forms = entity_forms(entity, tables, readings)
            forms += listed_forms(entity) if settings.get("as_listed") else []
            rows += name_rows(entity, list(dict.fromkeys(forms)), *declined)
    return rows

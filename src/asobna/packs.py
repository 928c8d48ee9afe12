"""Language packs on disk → tables.

A broken pack never half-loads: PackError names the file, the entry and the right form.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from asobna import cache
from asobna.errors import PackError
from asobna.expressions import (
    CLUES,
    EVIDENCE,
    SPOKEN_OF,
    clues_table,
    compile_expression,
    use_clues,
)
from asobna.kept_scanners import kept_scanner
from asobna.lexicon import SPELLINGS, certain_forms, spell_names, use_made
from asobna.pack_files import (
    BUILT_IN,
    FACTS_FILE,
    SHARED,
    PackHashes,
    common_root,
    pack_code,
    pack_codes,
    read_csv,
    read_text,
    read_toml,
    stamp_of,
    told_packs,
)
from asobna.scanner import Scanner
from asobna.skeletons import SIGN_OF_CLASS
from asobna.tables import (
    ADVICE,
    CLASSES,
    FACTS,
    LANGUAGES,
    NAMES,
    PATTERNS,
    SEVERITIES,
    make_table,
)
from asobna.transliteration import Reading, Rule, spelled_rows

#: Modules that decide what a pack on disk becomes.
MAKERS = ("clues", "expressions", "lexicon", "packs", "skeletons", "tables", "transliteration")
#: Which column a pattern file decides, and the order in which its patterns are tried.
#: Codebook 2.2 gives the precedence of standings; the smallest rank that matches wins.
PATTERN_FILES: dict[str, tuple[str, int]] = {
    "clauses": ("clause", 0),
    "traps": ("trap", 0),
    "phrases": ("phrase", 0),
    "denied": ("standing", 100),
    "absorbed": ("standing", 200),
    "own": ("standing", 300),
    "listed": ("standing", 400),
    "paired": ("standing", 500),
    "derived": ("standing", 600),
    "contrasted": ("standing", 700),
    "place": ("standing", 800),
    "warrant": ("warrant", 0),
    "kind": ("kind_of_pair", 0),
    "support": ("support", 0),
    "actor": ("actor", 0),
    "blame": ("blame", 0),
    "voice": ("voice", 0),
    "time": ("time", 0),
    "notes": ("note_id", 0),
    "abbreviations": ("abbreviation", 0),
}

_MACRO = re.compile(r"\{([a-z_][a-z_.]*)\}")
_BRACED = re.compile(r"\{([^{}]*)\}")
_LEAD = re.compile(r"\(([^()]*)\)(.+)")
_GROUP_NAME = re.compile(r"\(\?P<(\w+)>")
FACT_STATUSES = (
    "confirmed by a primary source",
    "confirmed by secondary sources",
    "sources differ",
    "announced or discussed, outcome not known",
    "not looked up",
)
"""How sure a fact is, as readers see it; what each means is said in facts.toml."""
_NAME_COLUMNS = ("form", "entity", "class", "status", "replacement", "needs", "source",
                 "reviewed_by", "note")  # fmt: skip
_STATUSES = ("", "preferred", "accepted", "neutral", "dated", "deprecated", "misspelling",
             "historical")  # fmt: skip
_PATTERN_KEYS = {"id", "match", "because", "sets", "rank", "only", "source", "hits", "misses",
                 "known_failures"}  # fmt: skip
MAX_MACRO_DEPTH = 12
#: What the texts of an advice may hold in curly braces.
SLOTS = ("span", "surface", "replacement")


class PerLanguage(Mapping[str, pa.Table]):
    """A table for each language, read when it is first asked for."""

    def __init__(self, codes: tuple[str, ...], read: Callable[[str], pa.Table]) -> None:
        self._codes, self._read = codes, read
        self._tables: dict[str, pa.Table] = {}

    def __getitem__(self, code: str) -> pa.Table:
        if code not in self._codes:
            raise KeyError(code)
        if code not in self._tables:
            self._tables[code] = self._read(code)
        return self._tables[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)


class Packs(NamedTuple):
    """Everything the packs say, as tables. `codes` are the languages, sorted."""

    names: Mapping[str, pa.Table]
    patterns: Mapping[str, pa.Table]
    advice: pa.Table
    facts: pa.Table
    languages: pa.Table

    @property
    def codes(self) -> list[str]:
        return sorted(self.names)


def read_packs(folder: Path | None = None, only: tuple[str, ...] = ()) -> Packs:
    """Read every pack below `folder` (the built-in packs by default), or `only` some.

    Raises PackError for a broken pack, or when a code of `only` has no pack.
    """
    root = folder or BUILT_IN
    known = pack_codes(root)
    if not known:
        raise PackError(
            f"{root}: no language pack in this folder; a pack is a folder with pack.toml"
        )
    wanted = dict(zip(map(pack_code, only), only, strict=True))
    missing = [asked for code, asked in wanted.items() if code not in known]
    if missing:
        raise PackError(f"no pack for '{missing[0]}'; {told_packs(known)}")
    codes = tuple(code for code in known if not wanted or code in wanted)
    return _read(root, codes, stamp_of(root))


@lru_cache(maxsize=8)
def _read(root: Path, codes: tuple[str, ...], stamp: int) -> Packs:  # noqa: ARG001 part of the key
    hashes = PackHashes(root, codes)
    marks = {code: cache.mark_of(code, hashes[code], cache.program_mark(MAKERS)) for code in codes}
    mark = cache.mark_of(list(marks.values()), hashes.facts)
    advice, facts, languages = cache.kept_tables(
        "packs",
        mark,
        (ADVICE, FACTS, LANGUAGES),
        lambda: _told_by_all(root, codes, hashes),
    )
    names = PerLanguage(codes, lambda code: _names_table(root, code, marks[code]))
    patterns = PerLanguage(codes, lambda code: _patterns_table(root, code, marks[code]))
    if root != BUILT_IN:  # the built-in packs are checked by the tests; those of a user are here
        for code in codes:
            names[code], patterns[code]
    return Packs(names, patterns, advice, facts, languages)


def _told_by_all(root: Path, codes: tuple[str, ...], hashes: PackHashes) -> Iterator[pa.Table]:
    """ADVICE, FACTS and LANGUAGES of some packs."""
    advice = [row for code in codes for row in _read_advice(root / code / "advice.toml", code)]
    yield make_table(ADVICE, _columns(advice, ADVICE))
    yield make_table(FACTS, _columns(_read_facts(common_root(root) / FACTS_FILE), FACTS))
    languages = [_language_row(root / code) | {"sha256": hashes[code]} for code in codes]
    yield make_table(LANGUAGES, _columns(languages, LANGUAGES))


def _names_table(root: Path, code: str, mark: str) -> pa.Table:
    """NAMES of a language; what its lexicon makes of them is kept with them from the first time on
    that it is wanted, which in most languages is never.
    """
    kept = cache.load_tables("names", mark, (NAMES, SPELLINGS))
    names = kept[0] if kept else _read_all_names(root, code)

    def spelled() -> pa.Table:
        return (kept or cache.keep_tables("names", mark, (names, spell_names(names))))[1]

    use_made(names, spelled, lambda: kept_scanner(mark, lambda: Scanner(certain_forms(names))))
    return names


def _read_all_names(root: Path, code: str) -> pa.Table:
    rows = _read_names(root / code / "names.csv", code)
    known = {row["form"] for row in rows}
    ruled = {row["form"]: row for row in reversed(_ruled_names(root, code))}
    rows += [row for form, row in reversed(ruled.items()) if form not in known]
    return make_table(NAMES, _columns(rows, NAMES))


def _ruled_names(root: Path, code: str) -> list[dict[str, Any]]:
    """Names of people and places spelled by rule, where pack.toml has a [people] table, or more."""
    people = read_toml(root / code / "pack.toml").get("people", [])
    shared = common_root(root)
    folder = shared / SHARED / "transliteration"
    rows = []
    for settings in people if isinstance(people, list) else [people]:
        readings = tuple(Reading(**row) for row in read_csv(folder / "readings.csv"))
        tables = {one.table: _rules(folder, one.table) for one in readings if one.table}
        tables[""] = _rules(folder, settings["spelling"])
        for row in spelled_rows(read_csv(shared / "entities.csv"), settings, tables, readings):
            rows += _name_rows(row, code, f"{folder}: {row['entity']}")
    return rows


@lru_cache(maxsize=64)
def _rules(folder: Path, table: str) -> tuple[Rule, ...]:
    return tuple(Rule(**row) for row in read_csv(folder / f"{table}.csv"))


def _patterns_table(root: Path, code: str, mark: str) -> pa.Table:
    """PATTERNS of a language; their clues come from where they are kept, too."""

    def make() -> Iterator[pa.Table]:
        patterns = make_table(PATTERNS, _columns(read_patterns(root, code), PATTERNS))
        yield patterns
        yield clues_table(patterns)

    patterns, clues = cache.kept_tables("patterns", mark, (PATTERNS, CLUES), make)
    use_clues(patterns, clues)
    return patterns


def _columns(rows: list[dict[str, Any]], schema: pa.Schema) -> dict[str, list[object]]:
    return {name: [row.get(name) for row in rows] for name in schema.names}


# names


def expand_form(form: str) -> list[str]:
    """Literal forms of `Belarus{,ian}`; a form without braces is itself."""
    match = _BRACED.search(form)
    if not match:
        return [form]
    before, after = form[: match.start()], form[match.end() :]
    return [
        whole
        for choice in match.group(1).split(",")
        for whole in expand_form(before + choice + after)
    ]


def _split_lead(form: str) -> tuple[str, str]:
    """`(the )Union State`: what must stand before the name, and the name."""
    match = _LEAD.match(form)
    return (match.group(1), match.group(2)) if match else ("", form)


def _read_names(path: Path, code: str) -> list[dict[str, Any]]:
    rows = []
    for line, row in read_name_lines(path):
        rows += _name_rows(row, code, f"{path}:{line}")
    return rows


def read_name_lines(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Rows of a names.csv with their lines; lines that begin with # are remarks.

    Raises PackError when the file is missing, is no UTF-8, or has other columns.
    """
    lines = read_text(path).splitlines(keepends=True)
    reader = csv.DictReader("\n" if line.startswith("#") else line for line in lines)
    if tuple(reader.fieldnames or ()) != _NAME_COLUMNS:
        raise PackError(
            f"{path}:1: the columns must be {','.join(_NAME_COLUMNS)}, with commas between them; "
            "a spreadsheet writes them so when it saves as “CSV UTF-8 (comma delimited)”"
        )
    return [(reader.line_num, row) for row in reader]


def _name_rows(row: dict[str, str], code: str, where: str) -> list[dict[str, Any]]:
    if None in row or None in row.values():
        raise PackError(f"{where}: {len(_NAME_COLUMNS)} columns are needed; quote commas")
    if row["class"] not in CLASSES:
        raise PackError(f"{where}: class '{row['class']}' is not one of {', '.join(CLASSES)}")
    if row["status"] not in _STATUSES:
        raise PackError(f"{where}: status '{row['status']}' is not one of {_STATUSES[1:]}")
    if row["needs"] not in ("", "cue"):
        raise PackError(f"{where}: needs '{row['needs']}' must be empty or 'cue'")
    if not row["form"].strip("*{}, "):
        raise PackError(f"{where}: the form is empty")
    return [
        {
            "lang": code,
            "form": lead + form.rstrip("*"),
            "lead_cp": len(lead),
            "open_ended": form.endswith("*"),
            "entity": row["entity"],
            "class": row["class"],
            "status": row["status"] or None,
            "replacement": row["replacement"] or None,
            "needs_cue": row["needs"] == "cue",
        }
        for lead, form in map(_split_lead, dict.fromkeys(expand_form(row["form"])))
    ]


# patterns


def read_macros(root: Path, code: str) -> dict[str, str]:
    """Macros of a language: the shared ones, overridden by the pack's own, plus the classes."""
    shared = read_toml(common_root(root) / SHARED / "pack.toml").get("macros", {})
    own = read_toml(root / code / "pack.toml").get("macros", {})
    return {**SIGN_OF_CLASS, **shared, **own}


def expand_macros(match: str, macros: dict[str, str], where: str) -> str:
    """Replace every `{macro}`. Raises PackError for an unknown or endless macro."""
    for _ in range(MAX_MACRO_DEPTH):
        if not _MACRO.search(match):
            return match
        match = _MACRO.sub(lambda found: _macro_value(found.group(1), macros, where), match)
    raise PackError(f"{where}: macros refer to each other without end")


def _macro_value(name: str, macros: dict[str, str], where: str) -> str:
    if name not in macros:
        raise PackError(f"{where}: no macro '{{{name}}}'; define it in pack.toml under [macros]")
    value = macros[name]
    return value if len(value) == 1 else f"(?:{value})"


def read_pattern_files(root: Path, code: str) -> list[tuple[Path, dict[str, Any]]]:
    """Every [[pattern]] of a language with its file: the shared ones first, then its own.

    A pack takes the shared patterns when its pack.toml says `shared_patterns = true`.
    """
    found = []
    takes_shared = read_toml(root / code / "pack.toml").get("shared_patterns", False)
    shared = [common_root(root) / SHARED / "patterns"] * takes_shared
    for folder in [*shared, root / code / "patterns"]:
        for path in sorted(folder.glob("*.toml")):
            if path.stem not in PATTERN_FILES:
                raise PackError(f"{path}: a pattern file is named one of {list(PATTERN_FILES)}")
            found += [(path, entry) for entry in read_toml(path).get("pattern", [])]
    return found


def read_patterns(root: Path, code: str) -> list[dict[str, Any]]:
    """Rows of PATTERNS for one language. Raises PackError with file and id of a broken entry."""
    macros = read_macros(root, code)
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    for order, (path, entry) in enumerate(read_pattern_files(root, code)):
        row = _pattern_row(path, entry, macros) | {"lang": code}
        if row["id"] in seen:
            raise PackError(f"{path}: the id '{row['id']}' is used twice")
        seen.add(row["id"])
        row["rank"] = row["rank"] * 1000 + order
        rows.append(row)
    return rows


def _pattern_row(path: Path, entry: dict[str, Any], macros: dict[str, str]) -> dict[str, Any]:
    where = f"{path}: pattern '{entry.get('id', '?')}'"
    unknown = sorted(set(entry) - _PATTERN_KEYS)
    if unknown:
        raise PackError(f"{where}: unknown key '{unknown[0]}'; keys are {sorted(_PATTERN_KEYS)}")
    # Hits and misses of a shared pattern are sentences of a language: its pack's cases.toml.
    shared = path.parent.parent.name == SHARED
    needed = {"id", "match", "because"} if shared else {"id", "match", "because", "hits", "misses"}
    absent = sorted(needed - set(entry))
    if absent:
        raise PackError(f"{where}: '{absent[0]}' is missing")
    groups = set(_GROUP_NAME.findall(entry["match"])) - {*SPOKEN_OF, *EVIDENCE}
    if groups:
        raise PackError(
            f"{where}: group '{sorted(groups)[0]}' tells nothing; mentions spoken of are in "
            f"{', '.join(SPOKEN_OF)}, the evidence in {', '.join(EVIDENCE)}"
        )
    decides, rank = PATTERN_FILES[path.stem]
    sets = dict(entry.get("sets", {}))
    if decides == "standing" and "standing" not in sets:
        sets["standing"] = path.stem
    expression = expand_macros(entry["match"], macros, where)
    if BUILT_IN not in path.parents:
        _require_linear(expression, where)
    return {
        "id": entry["id"],
        "decides": decides,
        "rank": entry.get("rank", rank),
        "match": expression,
        "sets": json.dumps(sets, sort_keys=True),
        "only": entry.get("only", []),
        "because": entry["because"],
    }


def _require_linear(expression: str, where: str) -> None:
    """Raise PackError unless RE2 compiles the expression.

    The built-in packs are compiled by the tests, and here only for languages that are met: to
    compile every language takes longer than to read a hundred megabytes.
    """
    try:
        compile_expression(expression)
    except Exception as error:
        raise PackError(f"{where}: not a linear-time (RE2) expression: {error}") from error


# advice, facts, languages


def _read_advice(path: Path, code: str) -> list[dict[str, Any]]:
    rows = []
    for entry in read_toml(path).get("advice", []) if path.exists() else []:
        where = f"{path}: advice '{entry.get('id', '?')}'"
        absent = sorted({"id", "severity", "when", "message", "because"} - set(entry))
        if absent:
            raise PackError(f"{where}: '{absent[0]}' is missing")
        if entry["severity"] not in SEVERITIES:
            raise PackError(f"{where}: severity must be one of {SEVERITIES}")
        for slot in _BRACED.findall(entry["message"]):
            if slot not in SLOTS:
                raise PackError(f"{where}: '{{{slot}}}' stands for nothing; "
                                f"use {', '.join(f'{{{name}}}' for name in SLOTS)}")  # fmt: skip
        rows.append(
            {
                "lang": code,
                "id": entry["id"],
                "severity": entry["severity"],
                "on_by_default": entry.get("on_by_default", True),
                "in_quotes": entry.get("in_quotes", False),
                "in_history": entry.get("in_history", False),
                "when": json.dumps(entry["when"]),
                "message": entry["message"],
                "because": entry["because"],
                "rewrites": json.dumps(entry.get("rewrites", [])),
                "advice": entry.get("advice", ""),
                "fact_ids": entry.get("facts", []),
            }
        )
    return rows


def _read_facts(path: Path) -> list[dict[str, Any]]:
    register = read_toml(path) if path.exists() else {}
    entries = register.get("fact", [])
    if entries and "lang" not in register:
        raise PackError(f"{path}: 'lang' is missing: the language the facts are written in")
    for entry in entries:
        if entry.get("status") not in FACT_STATUSES:
            raise PackError(
                f"{path}: fact '{entry.get('id')}': status '{entry.get('status')}' is not one of "
                f"{', '.join(FACT_STATUSES)}"
            )
    return [
        {
            **entry,
            "lang": register["lang"],
            "sources": json.dumps(entry.get("sources", []), ensure_ascii=False),
        }
        for entry in entries
    ]


def _language_row(folder: Path) -> dict[str, Any]:
    where = folder / "pack.toml"
    settings = read_toml(where)
    for key in ("code", "name", "state", "version"):
        if key not in settings:
            raise PackError(f"{where}: '{key}' is missing")
    if settings["code"] != folder.name:
        raise PackError(f"{where}: code '{settings['code']}' must be the name of its folder")
    return {"lang": folder.name, **{key: settings[key] for key in ("name", "state", "version")}}

"""A way in for contributors: start a pack, check it, see what every pack covers.

Plain functions; the command line is elsewhere. Whoever can edit a text file can add a name or a
sentence, run the check and read in plain words what is wrong, where, and what to do.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from asobna.errors import PackError
from asobna.pack_files import BUILT_IN, common_root, pack_codes, read_toml
from asobna.pack_trials import (
    case_problem,
    line_of,
    pattern_problems,
    read_cases,
    try_cases,
)
from asobna.packs import Packs, expand_form, read_name_lines, read_packs

TEMPLATE = Path(__file__).parent / "pack_template"
#: What a pack may hold, told for people.
FORMAT = "FORMAT.md"
STATES = ("draft", "reviewed", "released")
#: A full pack has at least this many sentences in its cases.toml.
FULL_CASES = 25

_COUNTRY = "belarus.country"
#: How tomllib says where it stopped, and how a pack names one of its entries.
_TOML_PLACE = re.compile(r"(?P<path>.*\.toml): (?P<what>.*) \(at line (?P<line>\d+), column \d+\)")
_ENTRY = re.compile(r"(?P<path>.*\.toml): (?P<what>(?:advice|pattern) '(?P<id>[^']+)': .*)", re.S)

Line = tuple[int, dict[str, str]]


class Coverage(NamedTuple):
    """One row of the table of languages. Numbers are counts of forms, macros and sentences."""

    code: str
    name: str
    state: str
    level: str
    belarus_forms: int
    all_forms: int
    word_lists: int
    advice: int
    cases: int


class Shown(NamedTuple):
    """An advice of a pack, the line it stands in, and the first case that brings it out, if any."""

    id: str
    line: int
    text: str | None
    message: str


# start


def new_pack(folder: Path, code: str) -> Path:
    """Write the files of a pack below `folder`, a copy where a pack of that code is built in.

    Returns the new folder. Raises PackError when the code is taken there or is not lower-case
    letters, or when the folder is missing.
    """
    if not (code.isalpha() and code.islower() and code.isascii()):
        raise PackError(
            f"'{code}': a pack is named by the lower-case code of its language, as 'ka'"
        )
    pack = folder / code
    if not folder.is_dir():
        raise PackError(f"{folder} is no folder; give the folder that holds the packs")
    if pack.exists():
        raise PackError(f"{pack} exists already; check it with: asobna packs check {pack}")
    if code in pack_codes(BUILT_IN):
        shutil.copytree(BUILT_IN / code, pack)
    else:
        pack.mkdir()
        for path in sorted(TEMPLATE.iterdir()):
            text = path.read_text(encoding="utf-8").replace("{{code}}", code)
            (pack / path.name).write_text(text, encoding="utf-8")
    shutil.copy(BUILT_IN / FORMAT, pack)
    return pack


# check


def check_pack(code: str, folder: Path | None = None) -> list[str]:
    """Every problem of a pack, as `file:line: what; what to do`; empty when there is none.

    Looks at: what loading refuses; names doubled, out of order, without source or replacement, of
    unknown entities; word lists and advice; every sentence of cases.toml and every example of its
    own patterns. Raises PackError for an unknown code.
    """
    root = folder or BUILT_IN
    if code not in pack_codes(root):
        raise PackError(f"no pack for '{code}' below {root}; packs are: {_few(pack_codes(root))}")
    try:
        problems = name_problems(root, code) + _setting_problems(root, code)
        packs = read_packs(folder, only=(code,))
        packs.names[code], packs.patterns[code]
        problems += _advice_problems(root, code, packs)
        tried = try_cases(root, code, packs)
    except PackError as error:
        return [_placed(str(error))]
    path = root / code / "cases.toml"
    if not tried and not (root / code / "patterns").is_dir() and folder:
        problems.append(f"{path}:1: no sentence protects this pack; write one as the remarks show")
    said = [(one.case.line, case_problem(one)) for one in tried]
    problems += [f"{path}:{line}: {what}" for line, what in said if what]
    return problems + list(pattern_problems(root, code, packs))


def _few(codes: list[str]) -> str:
    return ", ".join(codes[:12]) + (f" and {len(codes) - 12} more" if len(codes) > 12 else "")


def _placed(message: str) -> str:
    """A message of loading with the line it is about before what it says."""
    if found := _TOML_PLACE.fullmatch(message):
        return (f"{found['path']}:{found['line']}: {found['what']}; every text ends with the mark "
                "it began with, and a quotation mark inside it is another, as “ or „")  # fmt: skip
    if found := _ENTRY.fullmatch(message):
        line = line_of(Path(found["path"]), f'id = "{found["id"]}"')
        return f"{found['path']}:{line}: {found['what']}"
    return message


def _setting_problems(root: Path, code: str) -> list[str]:
    path = root / code / "pack.toml"
    settings = read_toml(path)
    problems = []
    if settings.get("state") not in STATES:
        problems.append(f"{path}:{line_of(path, 'state')}: state is '{settings.get('state')}'; "
                        f"use {', '.join(STATES)}")  # fmt: skip
    unknown = sorted(set(settings.get("macros", {}))
                     - set(read_toml(common_root(root) / "shared/pack.toml").get("macros", {}))
                     if settings.get("shared_patterns") else ())  # fmt: skip
    problems += [f"{path}:{line_of(path, name)}: no shared pattern asks for a word list '{name}'; "
                 "is it misspelt?" for name in unknown if name.startswith("x_")]  # fmt: skip
    return problems


def name_problems(root: Path, code: str) -> list[str]:
    """What is wrong with names.csv of one pack, one sentence each with its line."""
    path = root / code / "names.csv"
    lines = read_name_lines(path)
    problems = [*_order_problems(lines), *_doubled_forms(lines)]
    known = {row["id"] for _, row in _entities(root)}
    for line, row in lines:
        problems += [(line, text) for text in _row_problems(row, known)]
    if not any(row["class"] == _COUNTRY for _, row in lines):
        problems.append((1, f"no name of the country yet (class {_COUNTRY}); add one"))
    return [f"{path}:{line}: {text}" for line, text in problems]


def _entities(root: Path) -> list[Line]:
    path = common_root(root) / "entities.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        return list(enumerate(csv.DictReader(file), 2))


def _sort_key(row: dict[str, str]) -> tuple[str, str, str]:
    return row["class"] or "", row["entity"] or "", row["form"] or ""


def _order_problems(lines: list[Line]) -> list[tuple[int, str]]:
    return [(line, f"'{after['form']}' is out of order (class, entity, form); "
                   "--sort puts the lines there")
            for (_, before), (line, after) in pairwise(lines)
            if _sort_key(after) < _sort_key(before)]  # fmt: skip


def _doubled_forms(lines: list[Line]) -> list[tuple[int, str]]:
    """Forms that two lines spell for the same entity in the same class."""
    first: dict[tuple[str, str, str], int] = {}
    found: dict[tuple[int, int], list[str]] = {}
    for line, row in lines:
        for form in expand_form(row["form"]):
            earlier = first.setdefault((row["class"], row["entity"], form), line)
            if earlier != line:
                found.setdefault((line, earlier), []).append(form)
    return [(line, f"'{forms[0]}'{f' and {len(forms) - 1} more' if len(forms) > 1 else ''} "
                   f"stands in line {earlier} already; take it out of one of them")
            for (line, earlier), forms in found.items()]  # fmt: skip


def _row_problems(row: dict[str, str], known: set[str]) -> list[str]:
    problems = []
    entity = row["entity"] or ""
    if not (len(entity) == 2 and entity.isupper()) and entity not in known:
        problems.append(f"entity '{entity}' is neither in entities.csv nor a country code")
    if row["status"] in ("deprecated", "misspelling") and not row["replacement"]:
        problems.append(f"'{row['form']}' is {row['status']} and offers no replacement")
    if not row["source"]:
        problems.append(f"'{row['form']}' names no source; say where the form is used")
    return problems


def sort_names(path: Path) -> None:
    """Put the lines of a names.csv in order, each as it is written, the remarks before them.

    Raises PackError for a file that cannot be read; the file is replaced in one step.
    """
    rows = read_name_lines(path)
    raw = path.read_text(encoding="utf-8-sig").splitlines()
    remarks = [line for line in raw[1:] if line.startswith("#")]
    ordered = [raw[number - 1] for number, _ in sorted(rows, key=lambda item: _sort_key(item[1]))]
    beside = path.with_suffix(".csv.new")
    beside.write_text("\n".join([raw[0], *remarks, *ordered, ""]), encoding="utf-8")
    beside.replace(path)


def _advice_problems(root: Path, code: str, packs: Packs) -> list[str]:
    path = root / code / "advice.toml"
    rules = set(read_packs().advice.column("id").to_pylist())
    ids = [row["id"] for row in packs.advice.to_pylist() if row["id"] not in rules]
    return [f"{path}:{line_of(path, name)}: no pack has a rule '{name}'; is it misspelt?"
            for name in ids]  # fmt: skip


# what protects what


def shown_advice(code: str, folder: Path | None = None) -> list[Shown]:
    """Every advice of a pack as a writer sees it on the first case that brings it out."""
    root = folder or BUILT_IN
    packs = read_packs(folder, only=(code,))
    raised: dict[str, tuple[str, str]] = {}
    for tried in try_cases(root, code, packs):
        for finding in tried.findings:
            raised.setdefault(finding["rule_id"], (tried.case.text, finding["message"]))
    path = root / code / "advice.toml"
    return [Shown(row["id"], line_of(path, f'id = "{row["id"]}"'),
                  *raised.get(row["id"], (None, row["message"])))
            for row in packs.advice.to_pylist()]  # fmt: skip


def new_names(code: str, folder: Path) -> list[tuple[int, str, str | None]]:
    """Names a pack has and the built-in pack of that code has not: their line, their form, and the
    sentence of cases.toml that holds one of its spellings, if any does.
    """
    if code not in pack_codes(BUILT_IN):
        return []
    before = {tuple(row.values()) for _, row in read_name_lines(BUILT_IN / code / "names.csv")}
    texts = [text for texts in read_cases(folder, code).values() for text in texts]
    return [(line, row["form"], next((text for text in texts if _holds(text, row["form"])), None))
            for line, row in read_name_lines(folder / code / "names.csv")
            if tuple(row.values()) not in before]  # fmt: skip


def _holds(text: str, form: str) -> bool:
    marked = text[text.index("[[") + 2 : text.index("]]")]
    return any(spelling.rstrip("*") in marked for spelling in expand_form(form))


# coverage


def coverage(folder: Path | None = None) -> list[Coverage]:
    """What each pack covers, in the order of codes."""
    root = folder or BUILT_IN
    packs = read_packs(folder)
    advice = Counter(packs.advice.column("lang").to_pylist())
    rows = []
    for row in packs.languages.to_pylist():
        code = row["lang"]
        classes = packs.names[code].column("class").to_pylist()
        ours = sum(name.startswith(("belarus.", "joint.")) for name in classes)
        lists = len(read_toml(root / code / "pack.toml").get("macros", {}))
        cases = sum(len(texts) for texts in read_cases(root, code).values())
        level = _level(root / code, lists, cases)
        rows.append(Coverage(code, row["name"], row["state"], level, ours, len(classes), lists,
                             advice[code], cases))  # fmt: skip
    return rows


def _level(pack: Path, lists: int, cases: int) -> str:
    if (pack / "patterns").is_dir() or cases >= FULL_CASES:
        return "full"
    return "names and pairs" if lists else "names"


def languages_page(rows: list[Coverage]) -> str:
    """The documentation page of languages, as Markdown."""
    return _PAGE + "".join(f"| {' | '.join(map(str, row))} |\n" for row in rows)


_PAGE = """# Languages

This page is made from the packs: `asobna packs coverage`. A pack is a folder of text files;
[its format](../src/asobna/packs/FORMAT.md) says what belongs where. Only packs that are
*reviewed* or *released* enter published rates; a *draft* can be read with and corrected.

- **full**: names, patterns for every standing and attribute, and checked sentences;
- **names and pairs**: names, the policy of each form, and the words that join pairs and lists;
- **names**: the names of the country and what is known of each form.

| code | language | state | level | Belarus forms | all forms | lists | advice | sentences |
|---|---|---|---|---:|---:|---:|---:|---:|
"""

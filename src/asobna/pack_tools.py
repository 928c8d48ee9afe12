"""A way in for contributors: start a pack, check it, see what every pack covers.

Plain functions; the command line is elsewhere. Whoever can edit a text file can add a name or a
sentence, run the check and read in plain words what is wrong and where.
"""

from __future__ import annotations

import csv
import tomllib
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from asobna.errors import PackError
from asobna.packs import BUILT_IN, pack_codes, read_macros, read_packs
from asobna.pipeline import read_documents
from asobna.tables import DOCUMENTS, STANDING_VALUES, make_table

STATES = ("draft", "reviewed", "released")
#: A full pack has at least this many sentences in its cases.toml.
FULL_CASES = 25
NO_MENTION = "none"

_HEADER = "form,entity,class,status,replacement,needs,source,reviewed_by,note\n"
_SETTINGS = """code = "{code}"
name = "{code}"
state = "draft"
version = "1"
shared_patterns = true

# Word lists: alternatives between bars, \\pL* for any ending. What you leave out matches nothing;
# every list is named in shared/pack.toml, and a full pack shows what belongs into it.
[macros]
x_and = 'and|or'
"""
_CASES = """# Sentences this pack is checked against, under the standing each must get.
# [[ ]] encloses exactly the mention that is meant; `none` holds traps.
own = []
paired = []
none = []
"""


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


def new_pack(folder: Path, code: str) -> Path:
    """Write the files of a new draft pack below `folder`; returns its folder.

    Raises PackError when the code is taken or is not lower-case letters, or the folder is missing.
    """
    if not (code.isalpha() and code.islower() and code.isascii()):
        raise PackError(
            f"'{code}': a pack is named by the lower-case code of its language, as 'ka'"
        )
    pack = folder / code
    if not folder.is_dir():
        raise PackError(f"{folder} is no folder; give the folder that holds the packs")
    if pack.exists():
        raise PackError(f"{pack} exists already; check it with: asobna packs check {code}")
    pack.mkdir()
    (pack / "pack.toml").write_text(_SETTINGS.format(code=code), encoding="utf-8")
    (pack / "names.csv").write_text(_HEADER, encoding="utf-8")
    (pack / "cases.toml").write_text(_CASES, encoding="utf-8")
    return pack


def check_pack(code: str, folder: Path | None = None) -> list[str]:
    """Every problem of a pack, one sentence each; empty when there is none.

    Looks at: what loading refuses, doubled and unsorted names, missing replacements and sources,
    unknown entities, and each sentence of cases.toml. Raises PackError for an unknown code.
    """
    root = folder or BUILT_IN
    if code not in pack_codes(root):
        raise PackError(f"no pack for '{code}' below {root}")
    problems = name_problems(root, code) + _setting_problems(root, code)
    try:
        packs = read_packs(folder, only=(code,))
        packs.names[code], packs.patterns[code]
    except PackError as error:
        return [*problems, str(error)]
    return problems + _case_problems(root, code, folder)


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
        lists = _own_lists(root, code)
        cases = sum(len(texts) for texts in read_cases(root, code).values())
        level = _level(root / code, lists, cases)
        rows.append(Coverage(code, row["name"], row["state"], level, ours, len(classes), lists,
                             advice[code], cases))  # fmt: skip
    return rows


def read_cases(root: Path, code: str) -> dict[str, list[str]]:
    """Sentences of cases.toml by the standing each must get. Raises PackError if it is broken."""
    path = root / code / "cases.toml"
    if not path.exists():
        return {}
    try:
        found: dict[str, list[str]] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PackError(f"{path}: {error}") from error
    for standing, texts in found.items():
        if standing not in (*STANDING_VALUES, NO_MENTION):
            raise PackError(f"{path}: '{standing}' is no standing; they are "
                            f"{', '.join(STANDING_VALUES)}, and none for traps")  # fmt: skip
        for text in texts:
            if text.count("[[") != 1 or text.count("]]") != 1:
                raise PackError(f"{path}: mark one mention with [[ ]] in “{text}”")
    return found


def _level(pack: Path, lists: int, cases: int) -> str:
    if (pack / "patterns").is_dir() or cases >= FULL_CASES:
        return "full"
    return "names and pairs" if lists else "names"


def _own_lists(root: Path, code: str) -> int:
    settings = tomllib.loads((root / code / "pack.toml").read_text(encoding="utf-8"))
    return len(settings.get("macros", {}))


def _setting_problems(root: Path, code: str) -> list[str]:
    path = root / code / "pack.toml"
    settings = tomllib.loads(path.read_text(encoding="utf-8"))
    problems = []
    if settings.get("state") not in STATES:
        problems.append(f"{path}: state is '{settings.get('state')}'; use {', '.join(STATES)}")
    unknown = sorted(set(settings.get("macros", {})) - set(read_macros(root, "shared"))
                     if settings.get("shared_patterns") else ())  # fmt: skip
    problems += [f"{path}: no shared pattern asks for a word list '{name}'; is it misspelt?"
                 for name in unknown]  # fmt: skip
    return problems


def name_problems(root: Path, code: str) -> list[str]:
    """What is wrong with names.csv of one pack, one sentence each with its line."""
    path = root / code / "names.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    known = {row["id"] for row in csv.DictReader(
        (root / "entities.csv").read_text(encoding="utf-8").splitlines())
    } if (root / "entities.csv").exists() else set()  # fmt: skip
    problems = []
    keys = [(row["class"], row["entity"], row["form"]) for row in rows]
    for line, (before, after) in enumerate(pairwise(keys), 3):
        if after < before:
            problems.append(f"{path}:{line}: '{after[2]}' is out of order (class, entity, form)")
    problems += [f"{path}: '{form}' stands there {count} times for {entity}"
                 for (_, entity, form), count in Counter(keys).items() if count > 1]  # fmt: skip
    for line, row in enumerate(rows, 2):
        problems += [f"{path}:{line}: {text}" for text in _row_problems(row, known)]
    return problems


def _row_problems(row: dict[str, Any], known: set[str]) -> list[str]:
    problems = []
    country = len(row["entity"]) == 2 and row["entity"].isupper()
    if not country and row["entity"] not in known:
        problems.append(f"entity '{row['entity']}' is neither in entities.csv nor a country code")
    if row["status"] in ("deprecated", "misspelling") and not row["replacement"]:
        problems.append(f"'{row['form']}' is {row['status']} and offers no replacement")
    if not row["source"]:
        problems.append(f"'{row['form']}' names no source")
    return problems


def _case_problems(root: Path, code: str, folder: Path | None) -> list[str]:
    cases = [(s, text) for s, texts in read_cases(root, code).items() for text in texts]
    plain = [text.replace("[[", "").replace("]]", "") for _, text in cases]
    documents = make_table(DOCUMENTS, {
        "document_id": [str(number) for number in range(len(cases))], "text": plain,
        "lang": [code] * len(cases), "regions": [[] for _ in cases]})  # fmt: skip
    reading = read_documents(documents, read_packs(folder, only=(code,)))
    found: dict[str, list[dict[str, Any]]] = {}
    for row in reading.standings.to_pylist():
        found.setdefault(row["document_id"], []).append(row)
    problems = []
    for number, (standing, text) in enumerate(cases):
        said = _case_problem(standing, text, found.get(str(number), []))
        problems += [f"{root / code / 'cases.toml'}: {said} in “{text}”"] if said else []
    return problems


def _case_problem(standing: str, text: str, rows: list[dict[str, Any]]) -> str | None:
    start, end = text.index("[["), text.index("]]") - 2
    row = next((r for r in rows if r["start_cp"] < end and start < r["end_cp"]), None)
    got = row["standing"] if row else NO_MENTION
    if got != standing:
        rule = f" ({row['rule_id']})" if row else ""
        return f"{standing} was expected and {got} found{rule}"
    if row and (row["start_cp"], row["end_cp"]) != (start, end):
        return f"the mention found is “{row['surface']}”, not what is marked,"
    return None


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

"""ParlaMint TEI by lxml: every utterance with its speaker, party, role and date.

Persons and parties stand in files beside the debates: `ParlaMint-XX.xml`, or its `-listPerson` and
`-listOrg` parts; they are looked for in the folder of the debate and the one above it. Guests are
not office-holders: their words are kept, their names are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from asobna.sources.readers.dates import dated
from asobna.sources.readers.drafts import Draft, Page, UnreadableError, clean
from asobna.sources.readers.packing import parse_xml

_TEI = "{http://www.tei-c.org/ns/1.0}"
_ID = "{http://www.w3.org/XML/1998/namespace}id"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NAME = re.compile(r"(ParlaMint-[A-Z][A-Za-z-]*?)(?:-en)?(_.*)?(?:\.ana)?\.xml")
_SILENT = {f"{_TEI}{name}" for name in ("note", "vocal", "kinesic", "incident", "gap", "linkGrp")}
_GUEST = "#guest"
_PARTY_ROLES = ("member", "representative")
_PARTY_KINDS = ("parliamentaryGroup", "politicalParty")


class Person(NamedTuple):
    """A speaker: name, and (group id, from, to) of every membership."""

    name: str
    groups: tuple[tuple[str, str, str], ...]


class Register(NamedTuple):
    """Who is who in one corpus: persons by id, and groups as (name, kind) by id."""

    persons: dict[str, Person]
    groups: dict[str, tuple[str, str]]


def read(page: Page) -> Iterator[Draft | UnreadableError]:
    """One document for every utterance of a debate; the corpus file itself holds none."""
    root = parse_xml(page.content)
    if root.tag == f"{_TEI}teiCorpus":
        yield UnreadableError("passed", "the header of a corpus holds no debate")
        return
    register = _register(root, page)
    day = _day(root)
    title, source = _title(root), _source(root)
    lang = (root.get(_LANG) or "").split("-")[0]
    for utterance in root.iter(f"{_TEI}u"):
        draft = Draft(
            page.limits,
            document_id=utterance.get(_ID),
            title=title,
            source=source,
            kind="parliament",
            lang=(utterance.get(_LANG) or lang).split("-")[0],
        )
        draft.fields |= dated([(day, "stated")], page.today)
        draft.fields |= _speaker(utterance, register, draft.fields.get("date", ""))
        _add(draft, utterance)
        if draft.length:
            yield draft


def _add(draft: Draft, utterance: etree._Element) -> None:
    segments = utterance.findall(f"{_TEI}seg") or [utterance]
    for number, segment in enumerate(segments, 1):
        where = f"utterance {utterance.get(_ID) or '?'}, segment {number}"
        draft.paragraph("".join(_words(segment)), None, where)


def _words(element: etree._Element) -> Iterator[str]:
    """Text of a segment; where words are marked one by one, a space after each but where joined."""
    if element.text:
        yield element.text
    for child in element:
        if child.tag in (f"{_TEI}w", f"{_TEI}pc"):
            yield "".join(map(str, child.itertext())) if len(child) == 0 else _surface(child)
            if child.get("join") != "right":
                yield " "
        elif child.tag not in _SILENT and isinstance(child.tag, str):
            yield from _words(child)
        if child.tail:
            yield child.tail


def _surface(word: etree._Element) -> str:
    """A word that is written as one and analysed as several: only what is written counts."""
    return (word.text or "").strip() or "".join(part.text or "" for part in word)


def _day(root: etree._Element) -> str | None:
    for path in ("profileDesc//{*}setting/{*}date", "fileDesc/{*}sourceDesc//{*}date"):
        found = root.find(f"{{*}}teiHeader/{{*}}{path}")
        if found is not None:
            return found.get("when") or found.get("from") or found.text
    return None


def _title(root: etree._Element) -> str | None:
    titles = root.findall("{*}teiHeader/{*}fileDesc/{*}titleStmt/{*}title")
    chosen = [title for title in titles if title.get("type") == "sub"] or titles
    return chosen[0].text if chosen else None


def _source(root: etree._Element) -> str | None:
    setting = root.find("{*}teiHeader/{*}profileDesc//{*}setting/{*}name[@type='org']")
    meeting = root.find("{*}teiHeader/{*}fileDesc/{*}titleStmt/{*}title[@type='main']")
    found = setting if setting is not None and setting.text else meeting
    return found.text.split("[")[0] if found is not None and found.text else None


def _speaker(utterance: etree._Element, register: Register, day: str) -> dict[str, str]:
    """`speaker` and `party` of an utterance, where its speaker is an office-holder."""
    who = (utterance.get("who") or "").lstrip("#")
    person = register.persons.get(who)
    if _GUEST in (utterance.get("ana") or "").split() or person is None:
        return {}
    found = {"speaker": person.name}
    parties = [
        (register.groups[group][1] != _PARTY_KINDS[0], register.groups[group][0])
        for group, start, end in person.groups
        if group in register.groups and (not start or start <= day) and (not end or day <= end)
    ]
    return found | ({"party": min(parties)[1]} if parties else {})


def _register(root: etree._Element, page: Page) -> Register:
    """Persons and groups of the corpus the debate belongs to, and of the debate itself."""
    name = _NAME.fullmatch(Path(page.path).name)
    files: tuple[Path, ...] = ()
    if name:
        folder = Path(page.path).absolute().parent
        ends = (".xml", "-listPerson.xml", "-listOrg.xml", ".ana.xml")
        files = tuple(
            place / f"{name[1]}{end}" for place in (folder, folder.parent) for end in ends
        )
    beside = _registered(files)
    own = _read_register(root)
    return Register(beside.persons | own.persons, beside.groups | own.groups)


@lru_cache(maxsize=4)
def _registered(files: tuple[Path, ...]) -> Register:
    found = Register({}, {})
    for file in files:
        try:
            part = _read_register(parse_xml(file.read_bytes()))
        except (OSError, UnreadableError):
            continue
        found = Register(found.persons | part.persons, found.groups | part.groups)
    return found


def _read_register(root: etree._Element) -> Register:
    groups = {}
    for org in root.iter(f"{_TEI}org"):
        kind = org.get("role") or ""
        names = org.findall(f"{_TEI}orgName")
        short = [name for name in names if name.get("full") != "yes"] or names
        if org.get(_ID) and kind in _PARTY_KINDS and short:
            groups[str(org.get(_ID))] = (clean("".join(map(str, short[0].itertext()))), kind)
    persons = {}
    for person in root.iter(f"{_TEI}person"):
        memberships = tuple(
            ((item.get("ref") or "").lstrip("#"), item.get("from") or "", item.get("to") or "")
            for item in person.findall(f"{_TEI}affiliation")
            if item.get("role") in _PARTY_ROLES
        )
        persons[str(person.get(_ID))] = Person(_person_name(person), memberships)
    return Register(persons, groups)


def _person_name(person: etree._Element) -> str:
    name = person.find(f"{_TEI}persName")
    if name is None:
        return ""
    first = [part.text or "" for part in name.findall(f"{_TEI}forename")]
    last = [part.text or "" for part in name.findall(f"{_TEI}surname")]
    return clean(" ".join([*first, *last]) or "".join(map(str, name.itertext())))

"""Six languages: nothing untranslated, nothing stale, and the plural form each number needs."""

from __future__ import annotations

import gettext
import re

import pytest
from babel import Locale

from .catalogs import TRANSLATED, collect, compiled, path, read

PLACE = re.compile(r"%\(\w+\)s")
CATEGORY = {"one": 0, "few": 1, "many": 2, "other": 2}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated_and_none_is_left_over(language: str) -> None:
    wanted = {m.id for m in collect() if m.id}
    shipped = {m.id: m.string for m in read(language) if m.id}
    assert set(shipped) == wanted
    empty = [i for i, s in shipped.items() if not (all(s) if isinstance(s, tuple) else s)]
    assert empty == []
    assert len(wanted) >= 120


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_translation_fills_the_same_places(language: str) -> None:
    for message in read(language):
        if not message.id:
            continue
        original = message.id[-1] if isinstance(message.id, tuple) else message.id
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        assert len(forms) == (3 if isinstance(message.id, tuple) else 1)
        for form in forms:
            assert sorted(PLACE.findall(form)) == sorted(PLACE.findall(original)), form


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_is_the_english_text(language: str) -> None:
    same = [m.id for m in read(language) if m.id and m.id == m.string]
    assert same == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalog_is_that_of_the_source(language: str) -> None:
    assert path(language, "mo").read_bytes() == compiled(read(language))


@pytest.mark.parametrize("language", TRANSLATED)
def test_plural_forms_follow_cldr(language: str) -> None:
    with path(language, "mo").open("rb") as file:
        catalog = gettext.GNUTranslations(file)
    message = ("Group %(name)s: %(size)s person", "Group %(name)s: %(size)s people")
    forms = [catalog._catalog[(message[0], at)] for at in range(3)]
    rule = Locale(language).plural_form
    for number in range(1001):
        category = rule(number)
        at = CATEGORY[category] if language != "lt" else {"one": 0, "few": 1, "other": 2}[category]
        assert catalog.ngettext(*message, number) == forms[at], number


@pytest.mark.parametrize(
    ("language", "number", "words"),
    [
        ("be", 21, "21 чалавек"),
        ("be", 22, "22 чалавекі"),
        ("be", 11, "11 чалавек"),
        ("ru", 3, "3 человека"),
        ("ru", 15, "15 человек"),
        ("uk", 1, "1 особа"),
        ("uk", 24, "24 особи"),
        ("uk", 12, "12 осіб"),
        ("pl", 21, "21 osób"),
        ("pl", 22, "22 osoby"),
        ("pl", 1, "1 osoba"),
        ("lt", 21, "21 žmogus"),
        ("lt", 5, "5 žmonės"),
        ("lt", 10, "10 žmonių"),
        ("lt", 11, "11 žmonių"),
    ],
)
def test_people_are_counted_as_speakers_count_them(language: str, number: int, words: str) -> None:
    with path(language, "mo").open("rb") as file:
        catalog = gettext.GNUTranslations(file)
    text = catalog.ngettext(
        "Group %(name)s: %(size)s person", "Group %(name)s: %(size)s people", number
    )
    assert (text % {"name": "A", "size": number}).endswith(f" A: {words}")

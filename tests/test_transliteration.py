"""One entity, one Cyrillic spelling, and the forms that newsrooms of each language write."""

import csv

import pytest

from asobna.pack_files import BUILT_IN
from asobna.packs import read_packs
from asobna.transliteration import (
    Reading,
    Rule,
    decline,
    entity_forms,
    expand,
    name_rows,
    spelled_rows,
    transliterate,
)

FOLDER = BUILT_IN / "shared/transliteration"
TABLES = sorted(path.stem for path in FOLDER.glob("*.csv") if path.stem != "readings")


def rules(table):
    with (FOLDER / f"{table}.csv").open(encoding="utf-8") as lines:
        return tuple(Rule(**row) for row in csv.DictReader(lines))


@pytest.mark.parametrize(
    ("table", "source", "name", "expected"),
    [
        ("german", "latin", "Лукашенко", "Lukaschenko"),
        ("german", "be", "Віктар Лукашэнка", "Wiktar Lukaschenka"),
        ("french", "latin", "Лукашенко", "Loukachenko"),
        ("polish", "be", "Лукашэнка", "Łukaszenka"),
        ("polish", "be", "Андрэй Санькоў", "Andrej Sańkou"),
        ("caron", "latin", "Лукашенко", "Lukašenko"),
        ("nordic-sj", "latin", "Лукашенко", "Lukasjenko"),
        ("dutch", "latin", "Лукашенко", "Loekasjenko"),
        ("lithuanian", "be", "Лукашэнка", "Lukašenka"),
        ("latvian", "be", "Гомель", "Homeļ"),
        ("finnic", "be", "Ціханоўская", "Tsihanouskaja"),
        ("italian", "be", "Лукашэнка", "Lukashenka"),
        ("spanish", "latin", "Тихановская", "Tijanovskaya"),
        ("ukrainian", "be", "Лукашэнка", "Лукашенка"),
        ("ukrainian", "latin", "Павел Латушко", "Павло Латушко"),
        ("lacinka", "be", "Святлана Ціханоўская", "Śviatłana Cichanoŭskaja"),
        ("lacinka", "be", "Магілёў", "Mahiloŭ"),
        ("lacinka-official", "be", "Магілёў", "Mahilioŭ"),
        ("lacinka-official", "be", "Гомель", "Homieĺ"),
        ("from-english", "", "Lukashenko", "Лукашенко"),
        ("from-english", "", "Natalya Kochanova", "Наталя Кочанова"),
        ("from-english", "", "Protasevich", "Протасевич"),
    ],
)
def test_a_name_is_spelled_as_the_language_does(table, source, name, expected):
    assert transliterate(name, rules(table), source) == [expected]


def test_a_rule_may_spell_alternatives_and_capitals_are_kept():
    made = (Rule("ш", "{sh,š}", "", ""), Rule("а", "a", "", ""))
    assert transliterate("Ша-аш", made) == ["Sha-ash", "Sha-aš", "Ša-ash", "Ša-aš"]


def test_place_and_source_choose_between_rules():
    made = (Rule("е", "e", "", ""), Rule("е", "je", "start", ""), Rule("г", "g", "", ""),
            Rule("г", "h", "", "be"), Rule("і", "y", "end", ""))  # fmt: skip
    assert transliterate("ееге", made, "be") == ["jejehe"]
    assert transliterate("гі", made) == ["gy"]


def test_a_whole_word_and_a_letter_between_vowels_have_rules_of_their_own():
    made = (Rule("с", "s", "", ""), Rule("с", "{s,ss}", "between", ""), Rule("а", "a", "", ""),
            Rule("саса", "Toy", "word", ""))  # fmt: skip
    assert transliterate("асас", made) == ["asas", "assas"]
    assert transliterate("саса сасас", made) == ["Toy sasas", "Toy sassas"]
    assert transliterate("сас", made) == ["sas"]


def test_the_classical_spelling_softens_a_consonant_before_a_soft_one():
    assert transliterate("Святлана", rules("belarusian")) == ["Святлана", "Сьвятлана"]
    assert transliterate("Савіч", rules("belarusian")) == ["Савіч"]


def test_names_before_the_last_have_endings_of_their_own():
    person = {"id": "p", "class": "belarus.person"}
    rows = name_rows(person, ["Viktar Babaryka"], [["a", "{a,os}"]], [["", "{,as,o}"]])
    assert [(row["form"], row["needs"]) for row in rows] == [
        ("Viktar{,as,o} Babaryk{a,os}", ""), ("Babaryk{a,os}", "cue")]  # fmt: skip


def test_a_language_may_take_the_latin_spellings_of_the_list_of_people_only():
    person = {"id": "p", "class": "belarus.person", "name": "Yan Shakh", "be": "Ян Шах",
              "latin": "Jan Schach; Shakh"}  # fmt: skip
    place = person | {"class": "belarus.place"}
    tables = {"": rules("french"), "from-english": rules("from-english")}
    readings = (Reading("be", ""),)

    def forms(entity, settings):
        return [row["form"] for row in spelled_rows([entity], settings, tables, readings)]

    assert forms(person, {}) == ["Ian Chakh", "Chakh"]
    assert forms(person, {"as_listed": True}) == [
        "Ian Chakh", "Chakh", "Yan Shakh", "Shakh", "Jan Schach", "Schach"]  # fmt: skip
    assert forms(place, {"as_listed": True}) == ["Ian Chakh"]


def test_composed_and_decomposed_letters_are_one():
    assert transliterate("Быкаў", rules("polish")) == transliterate("Быкаў", rules("polish"))


def test_endings_take_the_first_that_fits():
    endings = [["ka", "{ka,ki}"], ["a", "{a,y}"], ["", "{,a}"]]
    assert [decline(form, endings) for form in ("Lenka", "Anna", "Jan")] == [
        "Len{ka,ki}", "Ann{a,y}", "Jan{,a}"]  # fmt: skip
    assert expand("Len{ka,ki}") == ["Lenka", "Lenki"]
    assert decline("Jan", []) == "Jan"


def test_the_surname_alone_needs_a_cue_and_so_does_a_place():
    person = {"id": "p", "class": "belarus.person", "be": "Ян Шах", "latin": "Yan Shakh;Shakh"}
    place = {"id": "q", "class": "belarus.place", "be": "Шах", "latin": "Shakh"}
    tables = {"": rules("german"), "from-english": rules("from-english")}
    readings = (Reading("be", ""), Reading("latin", "from-english"))
    forms = entity_forms(person, tables, readings)
    assert forms == ["Jan Schach", "Schach"]
    assert [(row["form"], row["needs"]) for row in name_rows(person, forms, [])] == [
        ("Jan Schach", ""), ("Schach", "cue")]  # fmt: skip
    assert entity_forms(place, tables, readings) == ["Schach"]
    assert name_rows(place, ["Schach"], [])[0]["needs"] == "cue"


@pytest.mark.parametrize("table", TABLES)
def test_tables_name_each_case_once_and_leave_no_cyrillic_in_latin(table):
    made = rules(table)
    keys = [(rule.old, rule.when, rule.source) for rule in made]
    assert len(keys) == len(set(keys))
    if table in ("ukrainian", "russian", "belarusian", "bulgarian", "serbian", "from-english"):
        return
    with (BUILT_IN / "entities.csv").open(encoding="utf-8") as lines:
        names = [row["be"] for row in csv.DictReader(lines) if row["be"]]
    left = {c for name in names for form in transliterate(name, made, "be") for c in form
            if "Ѐ" <= c <= "ӿ"}  # fmt: skip
    assert left == set()


@pytest.mark.parametrize(
    ("lang", "form"),
    [("de", "Aleksandr Lukaschenko"), ("pl", "Aleś Bialacki"), ("uk", "Мікалай Статкевіч"),
     ("fr", "Maria Kolesnikova"), ("cs", "Maryja Kalesnikavová"), ("lv", "Kalesnikavas"),
     ("uk", "Микола Статкевич"), ("lt", "Ramanas Pratasevičius"), ("lv", "Pāvels Latuško"),
     ("de", "Roman Protassewitsch"), ("de", "Swetlana Alexijewitsch"), ("it", "Roman Protasevič"),
     ("fr", "Krystsina Tsimanouskaya"), ("es", "Nikolái Statkévich"), ("pl", "Kryscina Cimanouska"),
     ("be", "Сьвятлана Алексіевіч"), ("be", "Śviatłana Aleksijevič"), ("be", "Uładzimir Makiej"),
     ("be", "Uladzimir Makiej")],
)  # fmt: skip
def test_packs_hold_the_spelled_names(lang, form):
    assert form in read_packs(only=(lang,)).names[lang].column("form").to_pylist()

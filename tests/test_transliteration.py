"""One entity, one Cyrillic spelling, and the forms that newsrooms of each language write."""

import csv

import pytest

from asobna.packs import BUILT_IN, read_packs
from asobna.transliteration import (
    Reading,
    Rule,
    decline,
    entity_forms,
    expand,
    name_rows,
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
        ("german", "latin", "Александр Лукашенко", "Aleksandr Lukaschenko"),
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
    if table in ("ukrainian", "russian", "belarusian", "from-english"):
        return
    with (BUILT_IN / "entities.csv").open(encoding="utf-8") as lines:
        names = [row["be"] for row in csv.DictReader(lines) if row["be"]]
    left = {c for name in names for form in transliterate(name, made, "be") for c in form
            if "Ѐ" <= c <= "ӿ"}  # fmt: skip
    assert left == set()


@pytest.mark.parametrize(
    ("lang", "form"),
    [("de", "Aleksandr Lukaschenko"), ("pl", "Aleś Bialacki"), ("uk", "Мікалай Статкевіч"),
     ("fr", "Maria Kolesnikova"), ("cs", "Maryja Kalesnikavová"), ("lv", "Kalesnikavas")],
)  # fmt: skip
def test_packs_hold_the_spelled_names(lang, form):
    assert form in read_packs(only=(lang,)).names[lang].column("form").to_pylist()

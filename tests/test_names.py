"""The list of names: its form as data, and what it must and must not take for a name."""

from __future__ import annotations

import csv
import re
from collections import Counter
from functools import lru_cache
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory

import pytest

from asobna.lexicon import Lexicon, compile_names
from asobna.pack_files import BUILT_IN
from asobna.packs import expand_form, read_packs
from asobna.tables import CLASSES

SHARED_LIST = Path(__file__).parents[2] / "shared" / "names" / "people_places.tsv"
ENTITY_COLUMNS = ["id", "class", "name", "be", "latin", "ambiguity", "basis", "note"]
OLD_FORMS = {"dated", "deprecated", "misspelling"}


def read_rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=delimiter))


ENTITIES = read_rows(BUILT_IN / "entities.csv")
NAMES = read_rows(BUILT_IN / "en" / "names.csv")


# entities.csv


def test_entities_have_the_columns_of_the_format_and_stand_in_order_of_id() -> None:
    assert list(ENTITIES[0]) == ENTITY_COLUMNS
    ids = [row["id"] for row in ENTITIES]
    assert ids == sorted(set(ids))


def test_an_id_is_a_kebab_case_slug_so_that_it_never_looks_like_a_country_code() -> None:
    assert [row["id"] for row in ENTITIES
            if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["id"])] == []  # fmt: skip


def test_every_class_is_one_of_the_format() -> None:
    assert {row["class"] for row in ENTITIES + NAMES} - set(CLASSES) == set()


def test_basis_says_seen_background_or_the_geonames_id() -> None:
    assert [row["id"] for row in ENTITIES
            if not re.fullmatch(r"seen|bg|GeoNames \d+", row["basis"])] == []  # fmt: skip


def test_belarusian_spellings_of_people_and_places_are_in_cyrillic() -> None:
    assert [row["id"] for row in ENTITIES
            if row["class"] in ("belarus.person", "belarus.regime", "belarus.democratic",
                                "belarus.place")
            and row["id"] != "brest-fortress"
            and not re.search("[а-яА-ЯіІўЎ]", row["be"])] == []  # fmt: skip


def test_latin_spellings_hold_no_cyrillic_and_no_blank_between_semicolons() -> None:
    spellings = [(row["id"], part) for row in ENTITIES if row["latin"]
                 for part in row["latin"].split(";")]  # fmt: skip
    assert [(id_, part) for id_, part in spellings
            if not part.strip() or re.search("[а-яіў]", part)] == []  # fmt: skip


def test_an_entity_without_an_english_form_says_why() -> None:
    named = {row["entity"] for row in NAMES}
    assert [row["id"] for row in ENTITIES
            if row["id"] not in named and not row["note"].startswith("no form:")] == []  # fmt: skip


@pytest.mark.skipif(not SHARED_LIST.exists(), reason="the shared list of names is not here")
def test_every_row_of_the_shared_list_is_an_entity() -> None:
    listed = read_rows(SHARED_LIST, "\t")
    names = {row["name"] for row in ENTITIES}
    assert len(listed) == 546
    assert [row["preferred"] for row in listed if row["preferred"] not in names] == []


@pytest.mark.skipif(not SHARED_LIST.exists(), reason="the shared list of names is not here")
def test_no_person_is_named_who_is_not_on_the_shared_list() -> None:
    listed = {row["preferred"] for row in read_rows(SHARED_LIST, "\t")}
    people = ("belarus.person", "belarus.regime", "belarus.democratic", "belarus.heritage",
              "russia.person", "russia.ruler")  # fmt: skip
    assert [row["name"] for row in ENTITIES
            if row["class"] in people and row["name"] not in listed] == []  # fmt: skip


# names.csv


def test_names_are_sorted_by_class_entity_and_form_and_none_stands_twice() -> None:
    keys = [(row["class"], row["entity"], row["form"]) for row in NAMES]
    assert keys == sorted(keys)
    pairs = Counter((row["form"], row["entity"]) for row in NAMES)
    assert [pair for pair, count in pairs.items() if count > 1] == []


def test_no_literal_form_is_claimed_by_two_rows() -> None:
    forms = Counter(form for row in NAMES for form in expand_form(row["form"]))
    assert [form for form, count in forms.items() if count > 1] == []


def test_no_literal_form_is_empty_padded_or_one_letter_long() -> None:
    forms = [form for row in NAMES for form in expand_form(row["form"])]
    assert [form for form in forms if form != form.strip() or len(form) < 2 or "  " in form] == []


def test_every_name_points_to_an_entity_or_a_country() -> None:
    ids = {row["id"] for row in ENTITIES}
    assert [row["form"] for row in NAMES
            if row["entity"] not in ids
            and not re.fullmatch("[A-Z]{2}", row["entity"])] == []  # fmt: skip


def test_an_old_form_and_only_an_old_form_has_a_replacement() -> None:
    assert [row["form"] for row in NAMES
            if (row["status"] in OLD_FORMS) != bool(row["replacement"])] == []  # fmt: skip


def test_a_replacement_is_the_preferred_form_of_the_same_class() -> None:
    preferred = {(row["form"], row["class"]) for row in NAMES if row["status"] == "preferred"}
    assert [row["form"] for row in NAMES if row["replacement"]
            and (row["replacement"], row["class"]) not in preferred] == []  # fmt: skip


def test_only_names_of_the_country_carry_a_status() -> None:
    assert {row["entity"] for row in NAMES if row["status"] not in ("", "historical")} == {"BY"}
    assert {row["class"] for row in NAMES if row["status"] == "historical"} == {
        "belarus.historical"
    }


def test_a_trap_never_waits_for_a_cue() -> None:
    assert [row["form"] for row in NAMES if row["class"] == "trap" and row["needs"]] == []


# what the names find


@lru_cache
def lexicon() -> Lexicon:
    """The English names alone: a pattern under repair must not hide what the names say."""
    with TemporaryDirectory() as folder:
        for name in ("shared", "en"):
            (Path(folder) / name).mkdir()
        (Path(folder) / "shared" / "pack.toml").write_text("", encoding="utf-8")
        (Path(folder) / "en" / "pack.toml").write_text(
            'code = "en"\nname = "English"\nstate = "beta"\nversion = "0"\n', encoding="utf-8"
        )
        copy(BUILT_IN / "en" / "names.csv", Path(folder) / "en")
        return compile_names(read_packs(Path(folder), only=("en",)).names["en"])


def found(text: str) -> list[tuple[str, str]]:
    """Each name in `text` with its class; a question mark marks a name that needs a cue."""
    names = lexicon()
    return [(text[hit.start_cp : hit.end_cp],
             names.classes[hit.row] + ("?" if names.needs_cue[hit.row] else ""))
            for hit in names.find(text)]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [
    ("Belarus's and Belarus' farmers", [("Belarus", "belarus.country")] * 2),
    ("BELARUSIANS and Russians", [("BELARUSIANS", "belarus.demonym"),
                                  ("Russians", "russia.demonym")]),
    ("Aleksandr G. Lukashenko spoke", [("Aleksandr G. Lukashenko", "belarus.regime")]),
    ("Śviatłana Cichanoŭskaja spoke",
     [("Śviatłana Cichanoŭskaja", "belarus.democratic")]),
    ("Svetlana Tikhanovskaya spoke", [("Svetlana Tikhanovskaya", "belarus.democratic")]),
    ("in Homiel, Gomel and Mogilev", [("Homiel", "belarus.place"), ("Gomel", "belarus.place"),
                                      ("Mogilev", "belarus.place")]),
    ("the Union State treaty", [("Union State", "joint.body")]),
    ("the Belarusian KGB", [("Belarusian KGB", "belarus.state")]),
    ("Travellers enjoy White Russia in autumn.", [("White Russia", "belarus.country")]),
    ("Belarus tractors sell well", [("Belarus tractors", "belarus.body")]),
    ("in the Byelorussian SSR", [("Byelorussian SSR", "belarus.historical")]),
    ("under the 1st Belorussian Front", [("1st Belorussian Front", "belarus.historical")]),
    ("a second Belarusian front", [("Belarusian", "belarus.adjective")]),
    ("Dinamo Brest won", [("Dinamo Brest", "belarus.body")]),
    ("US, U.S. and us", [("US", "country.name"), ("U.S.", "country.name")]),
    ("N'Djamena and Chișinău", [("N'Djamena", "country.capital"),
                                ("Chișinău", "country.capital")]),
])  # fmt: skip
def test_a_name_is_found_with_its_class(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(("text", "trap"), [
    ("The Minsk II agreement failed.", "Minsk II agreement"),
    ("the Minsk ceasefire agreements", "Minsk ceasefire agreements"),
    ("OSCE Minsk Group co-chairs", "OSCE Minsk Group"),
    ("a bakery in Mińsk Mazowiecki", "Mińsk Mazowiecki"),
    ("Stade Brestois won", "Stade Brestois"),
    ("sailors from Brest, France", "Brest, France"),
    ("the Treaty of Brest-Litovsk", "Treaty of Brest-Litovsk"),
    ("He ordered a White Russian.", "White Russian"),
    ("White Russian émigrés in Paris danced", "White Russian émigrés"),
    ("at Belorussky railway station", "Belorussky railway station"),
    ("the landing ship Minsk burned", "landing ship Minsk"),
    ("a Russian-speaking engineer", "Russian-speaking"),
    ("under the OSCE Moscow Mechanism", "OSCE Moscow Mechanism"),
    ("born in the Russian Empire", "Russian Empire"),
    ("a game of Russian roulette", "Russian roulette"),
    ("since the Russo-Ukrainian War began", "Russo-Ukrainian War"),
    ("Belarusian Red cattle graze", "Belarusian Red cattle"),
])  # fmt: skip
def test_a_trap_hides_the_name_inside_it(text: str, trap: str) -> None:
    assert found(text)[0] == (trap, "trap")
    assert not any(name.startswith(("belarus.", "joint.", "russia."))
                   for _, name in found(text))  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [
    ("the Minsk metro", [("Minsk", "belarus.capital")]),
    ("the Belarusian Red Cross", [("Belarusian", "belarus.adjective")]),
    ("Minsk 2025 plans", [("Minsk", "belarus.capital")]),
    ("a Russian language school", [("Russian", "russia.adjective")]),
    ("Russian troops", [("Russian", "russia.adjective")]),
    ("Sputnik Belarus", [("Sputnik Belarus", "russia.body")]),
    ("Ales Pushkin painted", [("Ales Pushkin", "belarus.person")]),
    ("Alexander Pushkin wrote", [("Alexander Pushkin", "russia.person")]),
    ("Belarusian Telegraph Agency", [("Belarusian Telegraph Agency", "belarus.state")]),
    ("Russia's Central Election Commission",
     [("Russia's Central Election Commission", "russia.body")]),
    ("a Pole at the North Pole", [("Pole", "country.demonym"), ("North Pole", "trap")]),
])  # fmt: skip
def test_a_near_miss_of_a_trap_keeps_its_name(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize("text", [
    "a proud union state of workers", "our house and honest people", "a memorial to sailors",
    "sugared jordan almonds", "they join us", "by noon", "UTC time", "a bug in the code",
])  # fmt: skip
def test_ordinary_english_words_are_no_names(text: str) -> None:
    assert [name for name in found(text) if not name[1].endswith("?")] == []


@pytest.mark.parametrize("text", [
    "Brest", "Borisov", "Lida", "Gorki", "Svetlogorsk", "Dzerzhinsk", "Ivanovo", "Kolesnikova",
    "Coordination Council", "Central Election Commission", "KGB", "NAU", "Znak", "Union State",
])  # fmt: skip
def test_an_ambiguous_name_waits_for_a_cue(text: str) -> None:
    assert [(span, name[-1]) for span, name in found(text)] == [(text, "?")]


@pytest.mark.parametrize("text", [
    "Minsk", "Lukashenka", "Lukashenko", "Tsikhanouskaya", "Bialiatski", "Babaryka", "Tsepkalo",
    "Protasevich", "Tsimanouskaya", "Sabalenka", "Azarenka", "Alexievich", "Viasna", "Soligorsk",
])  # fmt: skip
def test_a_distinctive_name_stands_alone(text: str) -> None:
    assert [(span, name[-1] == "?") for span, name in found(text)] == [(text, False)]


@pytest.mark.parametrize(("text", "ruler"), [
    ("Putin", "russia.ruler"), ("Sergey Lavrov", "russia.ruler"), ("Peskov", "russia.ruler"),
    ("Yevgeny Prigozhin", "russia.person"), ("Navalny", "russia.person"),
    ("Daniil Medvedev", "russia.person"), ("Dmitry Medvedev", "russia.ruler"),
    ("Gazprom", "russia.body"), ("CSTO", "russia.body"), ("Moscow region", "russia.place"),
    ("The Moscow Times", "russia.body"), ("Kaliningrad", "russia.place"),
])  # fmt: skip
def test_only_holders_of_state_office_are_russia_in_scope(text: str, ruler: str) -> None:
    assert found(text) == [(text, ruler)]


def test_a_list_of_countries_is_read_whole() -> None:
    text = "the EU, the U.K., Côte d’Ivoire, Türkiye, North Korea, Xi Jinping and Transnistria"
    assert [span for span, _ in found(text)] == [
        "EU", "U.K.", "Côte d’Ivoire", "Türkiye", "North Korea", "Xi Jinping", "Transnistria",
    ]  # fmt: skip

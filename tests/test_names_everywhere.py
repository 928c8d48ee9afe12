"""Names of Belarus in every language there is data for, the policy of each, and what is not known."""

from __future__ import annotations

import csv
import unicodedata
from functools import lru_cache
from pathlib import Path

import pytest

import asobna
from asobna.lexicon import compile_names
from asobna.pack_files import pack_code, pack_codes
from asobna.pack_forms import Unknown, country_stems, unknown_forms
from asobna.pack_trials import documents
from asobna.packs import read_packs
from asobna.pipeline import read_documents

SHARED = Path(__file__).parents[2] / "shared/names"
LOCALES = SHARED / "exonyms.tsv"
POLICIES = SHARED / "exonyms_languages.tsv"
#: What the tables say of a name that is never remarked on, and the one word for the others.
SUGGESTED = "suggest endonym"
STATUS = {"preferred", "accepted", "neutral"}


@lru_cache
def locales() -> dict[str, dict[str, tuple[str, str]]]:
    """Code of a pack → name of the country in a locale → (literal_white_russia, flag_policy)."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    if LOCALES.exists():
        with LOCALES.open(encoding="utf-8") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                if row["territory_BY"]:
                    names = found.setdefault(row["locale"].split("_")[0], {})
                    names[row["territory_BY"]] = (row["literal_white_russia"], row["flag_policy"])
    return found


def mentions(code: str, texts: list[str]) -> list[list[tuple[str, str | None]]]:
    """(surface, name_form) of the mentions of each text."""
    found: list[list[tuple[str, str | None]]] = [[] for _ in texts]
    for row in read_documents(
        documents(code, texts), read_packs(only=(code,))
    ).standings.to_pylist():
        found[int(row["document_id"])].append((row["surface"], row["name_form"]))
    return found


needs_tables = pytest.mark.skipif(not LOCALES.exists(), reason="the shared tables are not here")


@needs_tables
def test_every_language_with_a_name_for_the_country_has_a_pack() -> None:
    assert set(map(pack_code, locales())) - set(pack_codes()) == set()
    assert sum(len(names) for names in locales().values()) == 248


@needs_tables
@pytest.mark.parametrize("code", sorted(locales()))
def test_the_name_in_every_locale_is_found_whole_and_with_its_status(code: str) -> None:
    names = list(locales()[code])
    policy = {name: "dated" if locales()[code][name][1] == SUGGESTED else None for name in names}
    for shape in ("{}", "({}) 2031.", "„{}“"):
        read = mentions(code, [shape.format(name) for name in names])
        assert [[surface for surface, _ in found] for found in read] == [[name] for name in names]
        for name, ((_, status),) in zip(names, read, strict=True):
            assert status == policy[name] if policy[name] else status in STATUS, name


@needs_tables
@pytest.mark.parametrize("code", sorted(
    code for code, names in locales().items()
    if any(policy != SUGGESTED for _, policy in names.values())))  # fmt: skip
def test_a_name_that_is_a_norm_is_never_flagged_white_russia_or_not(code: str) -> None:
    for name, (_, policy) in locales()[code].items():
        if policy != SUGGESTED:
            assert asobna.check(f"({name}) 2031.", lang=code).to_pylist() == [], name


@needs_tables
def test_the_languages_whose_name_is_literally_white_russia_are_among_them() -> None:
    literal = {code for code, names in locales().items()
               if any(white == "yes" and policy != SUGGESTED for white, policy in names.values())}  # fmt: skip
    assert literal >= {"fi", "et", "lv", "lt", "el", "zh", "se", "fo", "bew", "yue"}


@needs_tables
def test_languages_told_to_suggest_are_those_with_a_documented_change() -> None:
    with POLICIES.open(encoding="utf-8") as lines:
        told = {row["lang"] for row in csv.DictReader(lines, delimiter="\t")
                if row["tool_policy"].startswith("suggest")}  # fmt: skip
    rules = {row["lang"] for row in read_packs().advice.to_pylist() if row["id"] == "name.former"}
    # Hebrew spellings that are older than the norm are measured: the codebook's table of severities
    # names no change for the language.
    assert told - rules == {"he"}
    assert rules - told == set()


@pytest.mark.parametrize(
    ("lang", "text", "wording", "dated", "fact"),
    [
        ("de", "aus Weißrussland", "Belarus", "Oktober 2021", "F45"),
        ("sv", "i Vitryssland", "Belarus", "25 november 2019", "F41"),
        ("nl", "in Wit-Rusland", "Belarus", "11 augustus 2020", None),
        ("nb", "i Hviterussland", "Belarus", "29. mai 2022", "F43"),
        ("nn", "i Kviterussland", "Belarus", "29. mai 2022", "F43"),
        ("da", "i Hviderusland", "Belarus", "18. marts 2021", "F42"),
        ("is", "í Hvíta-Rússlandi", "Belarús", "janúar 2023", "F44"),
        ("hu", "Fehéroroszországban", "Belaruszban", "2020. augusztus 10.", None),
        ("tr", "Beyaz Rusya’nın", "Belarus’un", "19 Eylül 1991", "F40"),
        ("ja", "白ロシアの森", "ベラルーシ", "1991年9月19日", "F40"),
        ("ko", "벨로루시의 숲", "벨라루스", "2008년 12월 11일", "F47"),
    ],
)
def test_a_documented_change_is_suggested_with_its_date_and_source(
    lang: str, text: str, wording: str, dated: str, fact: str | None
) -> None:
    (finding,) = asobna.check(text, lang=lang).to_pylist()
    assert (finding["rule_id"], finding["severity"], finding["wordings"]) == (
        "name.former", "S", [wording])  # fmt: skip
    assert dated in finding["because"]
    assert finding["fact_ids"] == ([fact] if fact else [])


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("ja", "1944年、白ロシア戦線の部隊が進んだ。"),
        ("ko", "백러시아 소비에트 사회주의 공화국의 우표"),
        ("tr", "Beyaz Rusya SSC pulları"),
        ("nl", "het Wit-Russische Front van 1944"),
        ("da", "Den Hviderussiske SSR udgav frimærker."),
        ("hu", "a Fehérorosz Front katonái"),
    ],
)
def test_a_period_name_is_not_what_a_change_is_about(lang: str, text: str) -> None:
    ((_, status),) = mentions(lang, [text])[0]
    assert status == "historical"
    assert asobna.check(text, lang=lang).to_pylist() == []


# inflections: by stems where that is safe, told where it is not


@pytest.mark.parametrize(
    ("lang", "text", "surface"),
    [
        ("ko", "황새는 벨라루스에서 산다.", "벨라루스"),
        ("et", "Toonekured lendasid Valgevenestki.", "Valgevenestki"),
        ("fi", "Haikarat lähtivät Valko-Venäjältäkin.", "Valko-Venäjältäkin"),
        ("ka", "წერო ბელარუსისკენ", "ბელარუსისკენ"),
        ("eu", "Bielorrusiatik etorri da.", "Bielorrusiatik"),
        ("hy", "Բելառուսում", "Բելառուսում"),
        ("kk", "Беларусьтен келді", "Беларусьтен"),
        ("hu", "Belaruszig utaztak.", "Belaruszig"),
        ("sl", "v Belorusiji", "Belorusiji"),
        ("az", "Belarusdakı meşələr", "Belarusdakı"),
    ],
)
def test_an_inflection_nobody_listed_is_found_by_its_stem(
    lang: str, text: str, surface: str
) -> None:
    assert [found for found, _ in mentions(lang, [text])[0]] == [surface]


def test_a_word_longer_than_an_ending_is_told_and_not_found() -> None:
    names = read_packs(only=("sv",)).names["sv"]
    text = "Regeringens Belaruspolitik och Belarus. Belaruspolitik igen, och Vitlök."
    assert mentions("sv", [text]) == [[("Belarus", "preferred")]]
    assert unknown_forms([text], names) == [
        Unknown("Belaruspolitik", 2, "Regeringens [[Belaruspolitik]] och Belarus. Belaruspolitik i")
    ]


@pytest.mark.parametrize("code", ["de", "lt", "pl", "ru", "uk", "fr", "fi", "ka"])
def test_no_known_form_of_the_country_is_told_as_unknown(code: str) -> None:
    names = read_packs(only=(code,)).names[code]
    rows = [row for row in names.to_pylist()
            if row["entity"] == "BY" and row["class"] == "belarus.country"]  # fmt: skip
    assert unknown_forms([f"{row['form']}." for row in rows], names) == []
    assert all(len(stem) >= 5 for stem in country_stems(names))


def test_composed_letters_and_small_ones_do_not_hide_a_form() -> None:
    names = read_packs(only=("lt",)).names["lt"]
    assert compile_names(names).find("Baltarusijėliauti") == []
    for text in ("Baltarusijėliauti", "BALTARUSIJĖLIAUTI"):
        for way in ("NFC", "NFD"):
            (row,) = unknown_forms([unicodedata.normalize(way, text)], names)
            assert unicodedata.normalize("NFC", row.word) == text


@pytest.mark.parametrize(
    ("lang", "text", "standing"),
    [
        ("ar", "وقعت روسيا وبيلاروسيا اتفاقا.", "paired"),
        ("ar", "صوتت روسيا وبيلاروسيا والصين ضد القرار.", "listed"),
        ("ar", "تقع مينسك في بيلاروسيا.", "own"),
        ("az", "Rusiya və Belarus saziş imzaladı.", "paired"),
        ("az", "Rusiya, Belarus və Çin əleyhinə səs verdi.", "listed"),
        ("fa", "روسیه، بلاروس و چین رأی منفی دادند.", "listed"),
        ("he", "רוסיה ובלארוס חתמו על הסכם.", "paired"),
        ("he", "רוסיה, בלארוס וסין הצביעו נגד.", "listed"),
        ("hi", "रूस, बेलारूस और चीन ने विरोध किया।", "listed"),
        ("hy", "Ռուսաստանը և Բելառուսը ստորագրեցին։", "paired"),
        ("is", "Rússland, Belarús og Kína greiddu atkvæði gegn.", "listed"),
        ("ka", "რუსეთმა და ბელარუსმა ხელი მოაწერეს.", "paired"),
        ("ka", "რუსეთი, ბელარუსი და ჩინეთი წინააღმდეგ იყვნენ.", "listed"),
        ("kk", "Ресей мен Беларусь келісімге қол қойды.", "paired"),
        ("ko", "러시아와 벨라루스가 합의에 서명했다.", "paired"),
        ("ko", "러시아, 벨라루스와 중국 대표단이 반대했다.", "listed"),
        ("ko", "벨라루스에서는 황새가 많다.", "own"),
        ("mk", "Руските и белоруските спортисти пристигнаа.", "paired"),
        ("sq", "Rusia, Bjellorusia dhe Kina votuan kundër.", "listed"),
        ("th", "รัสเซียและเบลารุสลงนาม", "paired"),
        ("vi", "Nga, Belarus và Trung Quốc bỏ phiếu chống.", "listed"),
    ],
)
def test_words_that_join_are_read_in_languages_without_patterns(lang, text, standing):
    found = asobna.read(text, lang).column("standing").to_pylist()
    assert found
    assert set(found) == {standing}


@pytest.mark.parametrize(("lang", "text"), [
    ("ar", "انهار اتفاق مينسك."), ("fa", "توافق مینسک شکست خورد."), ("ka", "მინსკის შეთანხმება დაირღვა."),
    ("ko", "민스크 협정은 깨졌다."), ("ko", "러시아워에 벨을 눌렀다.")])  # fmt: skip
def test_what_only_looks_like_the_country_is_no_mention(lang, text):
    assert asobna.read(text, lang).num_rows == 0

"""`asobna packs`: what whoever can edit a text file meets on the way to a language."""

from __future__ import annotations

import csv
import io
import json

import pytest
from click.testing import CliRunner

from asobna.outputs.cli import cli
from asobna.pack_files import BUILT_IN, pack_codes
from asobna.pack_tools import Coverage, check_pack, coverage, shown_advice
from asobna.pack_trials import line_of
from asobna.packs import read_packs

HEADER = "form,entity,class,status,replacement,needs,source,reviewed_by,note\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to stand in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], standalone_mode=False)


def packs(*arguments):
    """Exit code and lines of standard output of `asobna packs …`."""
    result = run("packs", *arguments)
    assert result.exception is None, result.exception
    return result.return_value, result.stdout.splitlines()


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# a new language


def test_a_new_language_is_a_folder_of_files_that_explain_themselves(here):
    code, lines = packs("new", "qq")
    assert (code, lines) == (0, [
        "qq: a draft to fill in; remarks say how",
        "  qq/FORMAT.md", "  qq/advice.toml", "  qq/cases.toml", "  qq/names.csv", "  qq/pack.toml",
        "Edit the files with any text editor, then: asobna packs check qq",
    ])  # fmt: skip
    assert (here / "qq/names.csv").read_text(encoding="utf-8").startswith(HEADER + "# One name a")
    assert packs("check", "qq") == (1, [
        "qq/names.csv:1: no name of the country yet (class belarus.country); add one",
        "qq/cases.toml:1: no sentence protects this pack; write one as the remarks show",
    ])  # fmt: skip


def test_a_new_language_is_filled_in_with_a_text_editor_alone(here):
    packs("new", "qq")
    for old in ('#"Belarus{,ian}"', "#Minsk", "#Russia"):
        change(here / "qq/names.csv", old, old[1:])
    change(here / "qq/cases.toml", "own = [\n", 'own = [\n"Storks nest in [[Belarus]].",\n')
    change(here / "qq/cases.toml", "paired = [\n",
           'paired = [\n"Trade with Russia and [[Belarus]] fell.",\n')  # fmt: skip
    assert packs("check", "qq") == (0, [
        "qq (draft): 3 forms of Belarus, 2 sentences, 0 texts of advice: no problem"])  # fmt: skip
    (here / "a.txt").write_text("Russia and Belarus met.", encoding="utf-8")
    result = run("read", "a.txt", "--packs", ".", "--lang", "qq", "--to", "out")
    assert result.stdout.startswith("1 of 1 documents name Belarus (100.0 %); 1 mention.")


def test_every_word_list_the_template_offers_is_one_that_patterns_ask_for(here):
    packs("new", "qq")
    change(here / "qq/names.csv", '#"Belarus', '"Belarus')
    text = (here / "qq/pack.toml").read_text(encoding="utf-8")
    (here / "qq/pack.toml").write_text(text.replace("\n# x_", "\nx_"), encoding="utf-8")
    advice = (here / "qq/advice.toml").read_text(encoding="utf-8")
    head, entries = advice.split("\n# [[advice]]", 1)
    entries = ("\n# [[advice]]" + entries).replace("\n# ", "\n")
    (here / "qq/advice.toml").write_text(head + entries, encoding="utf-8")
    change(here / "qq/cases.toml", "own = [\n", 'own = [\n"Storks nest in [[Belarus]].",\n')
    assert packs("check", "qq")[1] == [
        "qq (draft): 2 forms of Belarus, 1 sentence, 3 texts of advice: no problem"
    ]


# a language there is: a teacher of Lithuanian corrects the pack


@pytest.fixture
def lithuanian(here):
    assert packs("new", "lt")[0] == 0
    return here / "lt"


def test_a_pack_there_is_is_copied_whole(lithuanian):
    assert packs("check", "lt") == (0, [
        "lt (draft): {0.belarus_forms} forms of Belarus, {0.cases} sentences, {0.advice} texts of "
        "advice: no problem".format(next(row for row in coverage() if row.code == "lt"))
    ])  # fmt: skip
    assert read_packs(lithuanian.parent).facts.equals(read_packs().facts)


def test_a_name_is_added_put_in_its_place_and_protected(lithuanian):
    with (lithuanian / "names.csv").open("a", encoding="utf-8") as names:
        names.write("Baltgudij{a,os,oje},BY,belarus.country,accepted,,,teacher,,\n")
    code, (problem,) = packs("check", "lt")
    assert code == 1
    assert "columns are needed; quote commas" in problem
    change(lithuanian / "names.csv", "Baltgudij{a,os,oje}", '"Baltgudij{a,os,oje}"')
    code, (problem,) = packs("check", "lt")
    assert problem.endswith(": 'Baltgudij{a,os,oje}' is out of order (class, entity, form); "
                            "--sort puts the lines there")  # fmt: skip
    code, (_, new) = packs("check", "lt", "--sort")
    assert (code, new.split(": ", 1)[1]) == (
        0, "new: Baltgudij{a,os,oje}: no sentence in cases.toml holds it: add one")  # fmt: skip
    change(lithuanian / "cases.toml", "own = [\n", "own = [\n  'Gandrai peri [[Baltgudijoje]].',\n")
    code, (_, new) = packs("check", "lt")
    assert (code, new.split(": ", 1)[1]) == (
        0, "new: Baltgudij{a,os,oje}: protected by “Gandrai peri [[Baltgudijoje]].”")  # fmt: skip


def test_a_sentence_that_protects_a_name_tells_when_the_name_goes(lithuanian):
    change(lithuanian / "names.csv", "Gardin", "Gardyn")
    line = "'Rusijos miestas [[Gardinas]] turi dvi pilis.',"
    cases = (lithuanian / "cases.toml").read_text(encoding="utf-8").splitlines()
    number = 1 + next(at for at, text in enumerate(cases) if line in text)
    code, problems = packs("check", "lt")
    assert code == 1
    assert (f"lt/cases.toml:{number}: absorbed was expected and none found in "
            "“Rusijos miestas [[Gardinas]] turi dvi pilis.”") in problems  # fmt: skip


def test_an_advice_is_corrected_and_seen_on_its_sentence(lithuanian):
    change(lithuanian / "advice.toml", "perkelia vietą Baltarusijoje", "nukelia Baltarusijos vietą")
    code, lines = packs("check", "lt", "--show")
    assert code == 0
    assert lines[1:3] == [
        "  advice.toml:4: absorbed.place: "
        "„Rusijos miestas Gardinas“ nukelia Baltarusijos vietą į Rusiją.",
        "    on “Rusijos miestas Gardinas turi dvi pilis.”",
    ]
    (lithuanian.parent / "a.txt").write_text("Rusijos miestas Gardinas turi dvi pilis.")
    result = run("check", "--packs", ".", "--lang", "lt", "a.txt")
    assert "nukelia Baltarusijos vietą į Rusiją." in result.stdout
    assert result.return_value == 1


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("advice.toml", "perkelia vietą", '"perkelia" vietą',
         "lt/advice.toml:{line}: Expected newline or end of document after a statement; every text ends "
         "with the mark it began with, and a quotation mark inside it is another, as “ or „"),
        ("advice.toml", "„{span}“ perkelia", "„{spam}“ perkelia",
         "lt/advice.toml:4: advice 'absorbed.place': '{spam}' stands for nothing; "
         "use {span}, {surface}, {replacement}"),
        ("advice.toml", 'id = "absorbed.place"', 'id = "absorbed.plaza"',
         "lt/advice.toml:{line}: no pack has a rule 'absorbed.plaza'; is it misspelt?"),
        ("advice.toml", 'severity = "E"\n', "",
         "lt/advice.toml:4: advice 'absorbed.place': 'severity' is missing"),
        ("cases.toml", "[[Gomelyje]]", "Gomelyje",
         "lt/cases.toml:{line}: mark one mention with [[ ]] in “Teismas Gomelyje nuteisė dvi mokytojas "
         "už žinutes pokalbyje.”"),
        ("cases.toml", "own = [", "savas = [",
         "lt/cases.toml:{line}: 'savas' is no standing; they are own, contrasted, listed, paired, "
         "derived, absorbed, and none for traps"),
        ("cases.toml", "Gandrai peri visoje [[Baltarusijoje]].", "Rusijos [[miestas]] Minskas.",
         "lt/cases.toml:{line}: own was expected and none found in “Rusijos [[miestas]] Minskas.”"),
        ("pack.toml", 'state = "draft"', 'state = "good"',
         "lt/pack.toml:{line}: state is 'good'; use draft, reviewed, released"),
        ("pack.toml", "x_also =", "x_alsso =",
         "lt/pack.toml:{line}: no shared pattern asks for a word list 'x_alsso'; is it misspelt?"),
        ("names.csv", "form,entity", "form;entity",
         "lt/names.csv:{line}: the columns must be form,entity,class,status,replacement,needs,source,"
         "reviewed_by,note, with commas between them; a spreadsheet writes them so when it saves "
         "as “CSV UTF-8 (comma delimited)”"),
        ("names.csv", "baltarusiškai,BY,", "baltarusiškai,ZZZ,",
         "lt/names.csv:{line}: entity 'ZZZ' is neither in entities.csv nor a country code"),
        ("names.csv", "belarus.adjective,,,,editor", "belarus.adjective,,,,",
         "lt/names.csv:{line}: 'baltarusiškai' names no source; say where the form is used"),
    ],
)  # fmt: skip
def test_a_slip_is_named_with_its_line_and_what_to_do(lithuanian, file, old, new, problem):
    number = line_of(lithuanian / file, old.split("\n")[0])
    change(lithuanian / file, old, new)
    result = run("packs", "check", "lt")
    assert problem.replace("{line}", str(number)) in result.stdout.splitlines(), result.stdout
    assert result.return_value == 1


def test_a_name_that_two_lines_spell_is_named_once_with_both_lines(lithuanian):
    with (lithuanian / "names.csv").open("a", encoding="utf-8") as names:
        names.write('"Gudij{a,on}",BY,belarus.country,accepted,,,teacher,,\n')
    _, lines = packs("check", "lt", "--sort")
    numbers = [at for at, line in enumerate((lithuanian / "names.csv").read_text().splitlines(), 1)
               if line.startswith('"Gudij{')]  # fmt: skip
    assert lines == [f"lt/names.csv:{numbers[1]}: 'Gudija' stands in line {numbers[0]} already; "
                     "take it out of one of them"]  # fmt: skip


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
def test_the_mark_some_editors_put_before_a_text_is_no_problem(lithuanian, mark):
    for name in ("names.csv", "advice.toml", "cases.toml", "pack.toml"):
        path = lithuanian / name
        path.write_bytes(mark + path.read_bytes().replace(b"\n", b"\r\n"))
    assert packs("check", "lt")[0] == 0


def test_a_file_in_an_old_encoding_is_named_with_its_line(lithuanian):
    path = lithuanian / "cases.toml"
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp1257", "replace"))
    assert packs("check", "lt") == (
        1, ["lt/cases.toml:1: not UTF-8 text; save the file as UTF-8"])  # fmt: skip


def test_an_error_raised_where_nothing_is_wrong_is_a_problem(lithuanian):
    change(lithuanian / "advice.toml", 'when = { standing = ["absorbed"], basis = ["place"] }',
           'when = { standing = ["listed"] }')  # fmt: skip
    _, problems = packs("check", "lt")
    assert problems[0] == (
        f"lt/cases.toml:{line_of(lithuanian / 'cases.toml', 'Serbijos')}: an error is raised (absorbed.place) where nothing is wrong, in "
        "“Serbijos, [[Baltarusijos]] ir Kubos delegacijos balsavo prieš.”"
    )


def test_patterns_of_a_pack_are_tried_on_their_hits_and_near_misses(lithuanian):
    (lithuanian / "patterns").mkdir()
    (lithuanian / "patterns/own.toml").write_text(
        '[[pattern]]\nid = "lt.own.try"\nmatch = "gandrai {belarus}"\nbecause = "A try."\n'
        'hits = ["<<Gandrai>> Minske."]\nmisses = ["Gandrai Minske."]\n', encoding="utf-8")  # fmt: skip
    assert packs("check", "lt") == (1, [
        "lt/patterns/own.toml:5: pattern 'lt.own.try' matches “Gandrai Minske” and not what is "
        "marked in “<<Gandrai>> Minske.”",
        "lt/patterns/own.toml:6: pattern 'lt.own.try' matches “Gandrai Minske” in its near-miss "
        "“Gandrai Minske.”",
    ])  # fmt: skip


def test_bad_usage_ends_with_2_and_says_what_to_do(here):
    (here / "empty").mkdir()
    for arguments, message in [
        (("check", "zz"), "no pack 'zz', neither a folder here nor built in; start it with: "
                          "asobna packs new zz"),
        (("check", "empty"), "empty: no pack.toml in this folder; start a pack: "
                             "asobna packs new CODE"),
        (("check", "lt", "--sort"), "--sort changes a pack of your own; start one: "
                                    "asobna packs new"),
        (("new", "Lt"), "'Lt': a pack is named by the lower-case code of its language, as 'ka'"),
        (("new", "lt", "--folder", "none"), "none is no folder; give the folder that holds the "
                                            "packs"),
    ]:  # fmt: skip
        result = run("packs", *arguments)
        assert (str(result.exception), result.exception.exit_code) == (message, 2)
    assert run("packs", "check").exception.exit_code == 2


# coverage


def test_coverage_fits_a_terminal_and_counts_what_it_leaves_out(here):
    code, lines = packs("coverage")
    assert code == 0
    assert lines[0] == ("code language         state    level           Belarus  forms lists advice"
                        " cases")  # fmt: skip
    shown = [row for row in coverage() if row.cases or row.level == "full"]
    assert [line.split()[0] for line in lines[1:-1]] == [
        row.code
        for level in ("full", "names and pairs", "names")
        for row in shown
        if row.level == level
    ]
    assert lines[-1] == (f"and {len(pack_codes()) - len(shown)} packs of names without checked "
                         "sentences: --all")  # fmt: skip
    assert max(map(len, lines)) <= 80
    assert len(packs("coverage", "--all")[1]) == len(pack_codes()) + 1


def test_coverage_as_csv_and_json_holds_every_pack(here):
    rows = list(
        csv.DictReader(io.StringIO(run("packs", "coverage", "--output-format", "csv").stdout))
    )
    assert [row["code"] for row in rows] == pack_codes()
    told = json.loads(run("packs", "coverage", "--output-format", "json").stdout)
    assert [Coverage(**row) for row in told] == coverage()


# what protects the built-in packs


@pytest.mark.parametrize("code", sorted(path.parent.name for path in BUILT_IN.glob("*/cases.toml")))
def test_a_sentence_protects_every_advice(code):
    assert [item.id for item in shown_advice(code) if item.text is None] == []


def test_checking_english_tries_its_patterns():
    assert check_pack("en") == []


# inflections a pack does not know


def test_words_that_begin_as_the_country_does_are_told(here):
    (here / "a.txt").write_text("Belaruspolitik är svårt. Om Belarus: Belaruspolitiken.", "utf-8")
    result = run("packs", "forms", "sv", "a.txt")
    assert result.stdout == (
        "     1  Belaruspolitik\n        [[Belaruspolitik]] är svårt. Om Belarus: Belarus\n"
        "     1  Belaruspolitiken\n        är svårt. Om Belarus: [[Belaruspolitiken]].\n"
    )
    assert result.stderr == "2 words that sv does not know\n"
    assert result.return_value == 1
    assert max(map(len, result.stdout.splitlines())) <= 80
    told = json.loads(run("packs", "forms", "sv", "a.txt", "--output-format", "json").stdout)
    assert [(row["word"], row["times"]) for row in told] == [
        ("Belaruspolitik", 1), ("Belaruspolitiken", 1)]  # fmt: skip


def test_a_text_whose_names_are_all_known_has_nothing_to_tell(here):
    (here / "a.txt").write_text("Storkar häckar i Belarus.", "utf-8")
    result = run("packs", "forms", "sv", "a.txt")
    assert (result.stdout, result.return_value) == ("", 0)

"""People code mentions: known chances, blind to the machine, nothing lost when they stop."""

from __future__ import annotations

import itertools
import json
from collections import Counter

import numpy as np
import pytest
from click.testing import CliRunner

from asobna.annotation import (
    VALUES,
    complete_label,
    draw_sample,
    find_value,
    questions,
)
from asobna.errors import ConfigError, InputError
from asobna.outputs.agreement import run_agreement
from asobna.outputs.annotate import AnnotateArguments, annotate_command, run_annotate
from asobna.outputs.report.command import read_coded
from asobna.outputs.report.folder import read_folder
from asobna.rates import Design, measure_rates
from asobna.rates.coded import CORRECTED, CodedSample, inclusion_probability
from corpora import PAIRED, TEXT, document, lines, mention, newspaper, tables, write_folder


def standings(documents=60):
    return tables(*newspaper(documents))[1]


def test_strata_are_rare_russia_and_rest_within_a_language():
    sample = draw_sample(standings(), {}, 40, 1)
    assert {drawn.stratum for drawn in sample} == {"en rare", "en russia", "en rest"}
    assert len(sample) == 40


def test_one_mention_of_a_family_at_most():
    table = standings()
    ids = table.column("document_id").to_pylist()
    sample = draw_sample(table, {f"d{n:05d}": "f" for n in range(30)}, 31, 1)
    families = Counter("f" if ids[d.row] < "d00030" else ids[d.row] for d in sample)
    assert set(families.values()) == {1}
    assert len(sample) == 31


def test_probability_is_the_product_of_both_draws():
    """Three mentions a document: a third, times drawn out of the stratum."""
    for drawn in draw_sample(standings(), {}, 40, 1):
        assert drawn.probability == pytest.approx(drawn.stratum_drawn / drawn.stratum_size / 3)


def test_every_mention_can_be_drawn_and_is_drawn_as_often_as_recorded():
    table = standings(30)
    drawn, chances = np.zeros(table.num_rows), np.zeros(table.num_rows)
    for seed in range(600):
        for one in draw_sample(table, {}, 15, seed):
            drawn[one.row] += 1
            chances[one.row] += 1 / one.probability
    assert drawn.min() > 0
    # Unbiasedness: each mention, weighted by one over its chance, counts for one draw in all.
    assert np.mean(chances / 600) == pytest.approx(1, abs=0.03)


def test_sample_is_decided_by_its_seed():
    table = standings()
    assert draw_sample(table, {}, 20, 7) == draw_sample(table, {}, 20, 7)
    assert draw_sample(table, {}, 20, 7) != draw_sample(table, {}, 20, 8)


def test_sample_is_no_larger_than_asked_or_than_there_is():
    assert len(draw_sample(standings(10), {}, 500, 1)) == 10
    with pytest.raises(ValueError, match="at least one mention"):
        draw_sample(standings(10), {}, 0, 1)


def test_order_tells_nothing_of_the_stratum():
    strata = [drawn.stratum for drawn in draw_sample(standings(300), {}, 150, 3)]
    changes = sum(a != b for a, b in itertools.pairwise(strata))
    assert changes > 50


@pytest.mark.parametrize(
    ("label", "asked"),
    [
        ({"standing": "none"}, []),
        ({"standing": "own"}, ["actor", "blame", "voice", "time"]),
        ({"standing": "paired"},
         ["warrant", "kind_of_pair", "actor", "blame", "voice", "time"]),
        ({"standing": "derived"}, ["support", "actor", "blame", "voice", "time"]),
        ({"standing": "absorbed"}, ["basis", "actor", "blame", "voice", "time"]),
    ],
)  # fmt: skip
def test_only_questions_that_apply_are_asked(label, asked):
    assert questions(label) == asked


def test_label_is_complete_or_refused():
    whole = {"standing": "own", "actor": "people", "blame": "R0", "voice": "author",
             "time": "present"}  # fmt: skip
    assert complete_label(whole)["warrant"] is None
    with pytest.raises(ValueError, match="not coded yet: actor, blame, voice"):
        complete_label({"standing": "own", "time": "present"})
    with pytest.raises(ValueError, match="'ours' is no value of standing: own, contrasted"):
        complete_label(whole | {"standing": "ours"})


@pytest.mark.parametrize(
    ("variable", "typed", "value"),
    [("standing", "1", "own"), ("standing", "p", "paired"), ("standing", "7", "none"),
     ("standing", "8", None), ("standing", "0", None), ("standing", "", None),
     ("standing", "x", None), ("warrant", "joint", None), ("warrant", "joint-a", "joint-act"),
     ("actor", " People ", "people"), ("blame", "r2", "R2")],
)  # fmt: skip
def test_what_a_person_types(variable, typed, value):
    assert find_value(variable, typed) == value


def test_values_are_those_of_the_tables():
    assert VALUES["standing"][-1] == "none"
    assert VALUES["blame"] == ("R0", "R1", "R2", "R3")


# the session


@pytest.fixture
def folder(tmp_path):
    documents = [document(n, text=f"{TEXT} Number {n}.") for n in range(12)]
    mentions = [
        mention(row, start_cp=26, end_cp=33, sentence_start_cp=15, sentence_end_cp=40)
        if number % 2
        else mention(row, **PAIRED)
        for number, row in enumerate(documents)
    ]
    return write_folder(tmp_path / "folder", documents, mentions)


OWN = "own\ncountry\nR0\nauthor\npresent\ny\n"


def session(folder, to, typed, *more):
    return CliRunner().invoke(
        annotate_command,
        [str(folder), "--to", str(to), "--coder", "one", "--size", "6", *more],
        input=typed,
    )


def test_session_codes_stops_and_resumes(folder, tmp_path):
    to = tmp_path / "coded.jsonl"
    first = session(folder, to, OWN + OWN + "q\n")
    assert first.exit_code == 0, first.output
    assert "0 of 6 coded" in first.output
    assert len(lines(to)) == 2
    second = session(folder, to, OWN * 4)
    assert "2 of 6 coded" in second.output
    assert "── 3 of 6 " in second.output
    coded = lines(to)
    assert len({row["id"] for row in coded}) == 6
    assert session(folder, to, "").output.startswith("6 of 6 coded")


def test_machine_codes_are_nowhere_on_the_screen(folder, tmp_path):
    shown = session(folder, tmp_path / "coded.jsonl", OWN * 6).output
    asked = {value for values in VALUES.values() for value in values}
    for word in ("en.paired.direct", "default.own", "rule", "stratum", "rare", "probability"):
        assert word not in shown
    assert "joint-act" in asked
    assert "joint-act" not in shown, "the warrant is asked only of what the coder called paired"


def test_ending_input_or_interrupt_loses_nothing(folder, tmp_path):
    to = tmp_path / "coded.jsonl"
    session(folder, to, OWN + "own\ncountry\n")
    assert len(lines(to)) == 1


def test_half_written_line_of_a_killed_session_is_coded_again(folder, tmp_path):
    to = tmp_path / "coded.jsonl"
    session(folder, to, OWN + OWN + "q\n")
    whole = to.read_bytes()
    to.write_bytes(whole[:-40])
    assert session(folder, to, OWN * 5).exit_code == 0
    assert len({row["id"] for row in lines(to)}) == 6


def test_skip_begin_again_and_unclear_answers(folder, tmp_path):
    to = tmp_path / "coded.jsonl"
    typed = "?\n" + "own\npeople\nb\nzzz\npaired\nparallel\nstates\n" + OWN[4:-2] + "tired\nq\n"
    shown = session(folder, to, typed)
    assert "'zzz' fits no value or several" in shown.output
    coded = lines(to)
    assert len(coded) == 1
    assert coded[0]["label"]["standing"] == "paired"
    assert (coded[0]["uncertain"], coded[0]["reason"]) == (True, "tired")


def test_record_has_the_fields_of_the_coded_set(folder, tmp_path):
    to = tmp_path / "coded.jsonl"
    session(folder, to, OWN * 6)
    for row in lines(to):
        assert row["text"][row["start"] : row["end"]] == "Belarus"
        assert inclusion_probability(row) == row["probability"]
        assert row["stratum_drawn"] / row["stratum_size"] == pytest.approx(row["probability"])
        assert (row["coder"], row["codebook_version"]) == ("one", "draft 2")
        assert set(row["label"]) == set(VALUES)


def test_another_coder_or_sample_needs_another_file(folder, tmp_path):
    to = tmp_path / "coded.jsonl"
    session(folder, to, OWN + "q\n")
    with pytest.raises(ConfigError, match="holds the codes of 'one'; use another file"):
        run_annotate(AnnotateArguments(str(folder), str(to), "two", 6))
    row = lines(to)[0] | {"id": "0" * 16}
    to.write_text(json.dumps(row) + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="begun with another --size, --seed or reading"):
        run_annotate(AnnotateArguments(str(folder), str(to), "one", 6))


def test_a_file_that_cannot_be_is_told_before_the_first_answer(folder, tmp_path, capsys):
    absent = tmp_path / "none" / "coded.jsonl"
    for to, why in (
        (absent, f"there is no folder {absent.parent}; make it first"),
        (tmp_path, "it is no file; name one"),
    ):
        with pytest.raises(InputError) as caught:
            run_annotate(AnnotateArguments(str(folder), str(to), "one"))
        assert str(caught.value) == f"cannot write {to}: {why}"
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "No such file or directory"), (b"\xff", "it is not UTF-8")],
)
def test_a_coded_file_that_cannot_be_read_is_told(tmp_path, content, why):
    path = tmp_path / "coded.jsonl"
    if content:
        path.write_bytes(content)
    for read in (read_coded, lambda path: run_agreement((str(path),))):
        with pytest.raises(InputError) as caught:
            read(path)
        assert str(caught.value) == f"cannot read {path}: {why}; give a file of coded mentions"


def test_coded_sample_goes_straight_into_the_rates(folder, tmp_path):
    to = tmp_path / "coded.jsonl"
    session(folder, to, OWN * 12, "--size", "12")
    read = read_folder(folder)
    rates = measure_rates(
        read.documents, read.standings, Design(coded=CodedSample(read_coded(to), CORRECTED))
    )
    assert "corrected" in rates.column("correction").to_pylist()

"""Reprints: what copies is one family, what only resembles is not."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from asobna.outputs.read import Options, run_read
from asobna.reprints import REPRINTS, Parameters, find_reprints, shingle_hashes, wire_of
from asobna.store import read_reprints
from reading import write_jsonl

WORDS = [f"word{index}" for index in range(5000)]


def prose(seed, length=200):
    chance = random.Random(seed)
    return " ".join(chance.choice(WORDS) for _ in range(length))


def documents(*rows):
    columns = ("document_id", "text", "date")
    return pa.table({name: [row[at] for row in rows] for at, name in enumerate(columns)},
                    schema=pa.schema([(name, pa.string()) for name in columns]))  # fmt: skip


def families(*rows, parameters=Parameters()):  # noqa: B008
    found = find_reprints(documents(*rows), parameters)
    assert found.schema.equals(REPRINTS)
    return {row["document_id"]: row["family_id"] for row in found.to_pylist()}


def test_a_copy_with_another_head_and_tail_is_one_family_named_by_the_earliest():
    body = prose(1)
    assert families(("b", prose(8, 30) + " " + body, "2024-03-05"),
                    ("a", body + " " + prose(9, 60), "2024-03-04"),
                    ("c", prose(2), "2024-03-04")) == {"a": "a", "b": "a"}  # fmt: skip


def test_an_excerpt_is_contained_in_the_longer_text():
    body = prose(3, 600)
    short = " ".join(body.split()[100:200])
    assert families(("long", body, "2024-03-04"), ("short", short, "2024-03-05")) == {
        "long": "long", "short": "long"}  # fmt: skip


def test_outside_the_window_it_is_another_story():
    body = prose(4)
    late = ("b", body, "2024-03-12")
    assert families(("a", body, "2024-03-04"), late) == {}
    assert families(("a", body, "2024-03-05"), late) == {"a": "a", "b": "a"}
    assert families(("a", body, None), late) == {"a": "a", "b": "a"}
    assert families(("a", body, "2024"), late) == {"a": "a", "b": "a"}


def test_a_shared_quotation_is_not_a_reprint():
    quotation = prose(5, 40)
    assert families(("a", prose(6) + " " + quotation, "2024-03-04"),
                    ("b", prose(7) + " " + quotation, "2024-03-04")) == {}  # fmt: skip


def test_a_wire_credit_lowers_the_bar():
    body, other = prose(10, 120), prose(11, 120)
    half = " ".join(body.split()[:60]) + " " + " ".join(other.split()[60:])
    rows = [
        ("a", f"MINSK (Reuters) - {body}", "2024-03-04"),
        ("b", f"(Reuters) – {half}", "2024-03-05"),
    ]
    low = Parameters(containment=0.9)
    assert families(*rows, parameters=low) == {"a": "a", "b": "a"}
    assert families(*[(i, text.replace("Reuters", "Staff"), d) for i, text, d in rows],
                    parameters=low) == {}  # fmt: skip


@pytest.mark.parametrize(("text", "wire"), [
    ("VILNIUS (BNS) – The road", "BNS"), ("The road was closed. /ČTK/", "ČTK"),
    ("Reuters\nThe road", "Reuters"), ("The AP road to nowhere", None),
    ("He told Reuters on Monday", None)])  # fmt: skip
def test_credits(text, wire):
    assert wire_of(text) == wire


def test_boilerplate_links_nothing():
    foot = prose(12, 60)
    rows = [
        (f"d{index:03}", prose(100 + index, 60) + " " + foot, "2024-03-04") for index in range(30)
    ]
    assert families(*rows, parameters=Parameters(containment=0.4, max_documents=20)) == {}
    assert len(families(*rows, parameters=Parameters(containment=0.4))) == 30


def test_shingles_are_the_same_everywhere_and_short_texts_have_none():
    assert shingle_hashes("one two three four five", Parameters(min_shingles=1)).tolist() == [
        11335299809762658028]  # fmt: skip
    assert len(shingle_hashes(prose(1, 10), Parameters())) == 0


def test_precision_and_recall_on_reprints_made_for_the_purpose():
    """Sixty stories, each cut, re-headed and reworded to a different degree, among 300 others."""
    chance, rows, truth = random.Random(3), [], {}
    for story in range(60):
        body = prose(1000 + story, 150).split()
        for copy in range(2):
            words = [chance.choice(WORDS) if copy and chance.random() < story / 60 * 0.15 else word
                     for word in body]  # fmt: skip
            start = copy * chance.randrange(60)
            rows.append((f"s{story}c{copy}", " ".join(words[start:]), "2024-03-04"))
        truth[f"s{story}c1"] = f"s{story}c0"
    rows += [(f"n{index}", prose(5000 + index, 150), "2024-03-04") for index in range(300)]
    found = families(*rows)
    pairs = {
        second for second, first in truth.items() if found.get(second) == found.get(first, "-")
    }
    assert {name[0] for name in found} == {"s"}
    lightly = {f"s{story}c1" for story in range(40)}  # at most one word in ten changed
    assert lightly <= pairs
    assert len(pairs) >= 50


def test_read_writes_the_families_and_records_the_parameters(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [
        {"id": name, "text": f"Belarus. {prose(seed)}", "date": "2024-03-04", "lang": "en"}
        for name, seed in (("a", 1), ("b", 1), ("c", 2))])  # fmt: skip
    manifest = run_read(Options((str(path),), str(tmp_path / "out"), reprints=True))
    assert manifest["reprints"]["families"] == 1
    assert manifest["reprints"]["parameters"]["containment"] == 0.5
    found = read_reprints(str(tmp_path / "out"))
    assert found.column("document_id").to_pylist() == ["a", "b"]

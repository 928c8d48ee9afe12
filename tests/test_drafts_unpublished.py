"""A pack says whether it is a draft, and what a draft reads enters no published rate."""

from __future__ import annotations

import json

import pytest

from asobna.errors import StoreError
from asobna.outputs.report import ReportArguments, read_folder, run_report
from asobna.outputs.report.folder import left_out, without_drafts
from asobna.pack_tools import STATES
from asobna.packs import read_packs
from reading import read_to, records, write_jsonl

POLISH = [{"id": f"p{index}", "text": "Białoruś nie jest Rosją, mówi Mińsk.", "date": "2024-02-01",
           "source": "Dziennik", "lang": "pl"} for index in range(7)]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    rows = [*records(36), *POLISH]
    read_to(tmp_path / "out", write_jsonl(tmp_path / "a.jsonl", rows))
    return tmp_path / "out"


def report(folder, **given):
    target = folder.parent / "report.json"
    run_report(ReportArguments(str(folder), "json", str(target), **given))
    return json.loads(target.read_text(encoding="utf-8"))


def test_every_pack_states_what_it_is():
    states = {row["lang"]: row["state"] for row in read_packs().languages.to_pylist()}
    assert set(states.values()) <= set(STATES)
    assert (states["en"], states["pl"]) == ("reviewed", "draft")


def test_documents_of_a_draft_are_left_out_and_counted(folder):
    opened = read_folder(folder)
    kept, counts = without_drafts(opened)
    assert counts == {"pl": 7}
    assert kept.documents.num_rows == opened.documents.num_rows - 7 == 36
    named = set(kept.standings.column("document_id").to_pylist())
    assert not [name for name in named if name.startswith("p")]
    assert len(named) == 24


def test_a_report_holds_no_figure_of_a_draft_and_says_so(folder):
    published, looked_at = report(folder), report(folder, drafts=True)
    note = (
        "Left out of every figure: documents in languages whose pack is a draft (pl 7).",
        "Languages whose pack is a draft are counted too: figures to look at, not to publish.",
    )
    assert published["limits"][-1] == note[0] == left_out({"pl": 7})
    assert looked_at["limits"][-1] == note[1]
    cells = {(row["axis"], row["value"]) for row in looked_at["rates"]}
    assert ("lang", "pl") in cells
    assert ("lang", "pl") not in {(row["axis"], row["value"]) for row in published["rates"]}
    assert "Białoruś" not in json.dumps(published["examples"], ensure_ascii=False)


def test_a_folder_of_drafts_alone_has_nothing_to_publish(tmp_path):
    read_to(tmp_path / "out", write_jsonl(tmp_path / "a.jsonl", POLISH))
    with pytest.raises(StoreError) as error:
        report(tmp_path / "out")
    assert str(error.value) == (
        "every document is in a language whose pack is a draft (pl); "
        "its figures can be looked at with --drafts, and not published"
    )
    assert report(tmp_path / "out", drafts=True)["rates"]


def test_a_folder_that_does_not_tell_states_is_reported_whole(folder):
    opened = read_folder(folder)
    packs = {code: {"sha256": pack["sha256"]} for code, pack in opened.manifest["packs"].items()}
    older = opened._replace(manifest=opened.manifest | {"packs": packs})
    assert without_drafts(older) == (older, {})

"""A report names the packs that read its texts; all that stood ready are in one hash."""

from __future__ import annotations

import csv
import hashlib
import json

import pytest

from asobna.manifest import begin_manifest
from asobna.outputs.report import ReportArguments, run_report
from asobna.outputs.report.page import MAX_PACKS
from asobna.packs import read_packs
from corpora import newspaper, write_folder

LANGS = ("de", "en", "fr", "pl", "sv", "uk")


def made(place, langs):
    """A folder read with every pack, its documents in these languages."""
    documents, mentions = newspaper(60)
    for number, row in enumerate(documents):
        row["lang"] = langs[number % len(langs)]
    packs = begin_manifest(read_packs(), {}, 1)["packs"]
    for pack in packs.values():
        pack["state"] = "ready"
    return write_folder(place / "folder", documents, mentions, packs=packs), packs


def report(folder, output_format):
    target = folder.with_name(f"report.{output_format}")
    run_report(ReportArguments(str(folder), output_format, str(target)))
    return target.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    return made(tmp_path_factory.mktemp("one"), ("en",))


def named(packs, *langs):
    return ", ".join(f"{lang} {packs[lang]['version']} ({packs[lang]['sha256'][:8]})"
                     for lang in langs)  # fmt: skip


def test_one_language_names_one_pack_in_every_format(one):
    folder, packs = one
    only = named(packs, "en")
    run = json.loads(report(folder, "json"))["run"]
    hashes = {lang: pack["sha256"] for lang, pack in packs.items()}
    assert run["packs"] == only
    assert run["pack_hashes"] == {"en": packs["en"]["sha256"]}
    assert run["packs_ready"] == len(packs) > 200
    told = json.dumps(hashes, sort_keys=True).encode()
    assert run["packs_ready_hash"] == hashlib.sha256(told).hexdigest()
    rows = csv.DictReader(report(folder, "csv").splitlines())
    assert {row["packs"] for row in rows} == {only}
    assert f"; packs {only}; run {run['id']};" in report(folder, "md")
    page = report(folder, "html")
    assert page.count(f"codebook draft 2, packs {only}, run {run['id']}.") == 3
    assert f"all {len(packs)} packs that stood ready, each named in manifest.json" in page
    assert "zu 20" not in page


def test_a_pack_that_read_nothing_still_makes_another_run(tmp_path):
    folder, packs = made(tmp_path, ("en",))
    run = json.loads(report(folder, "json"))["run"]
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["packs"]["zu"]["sha256"] = "0" * 64
    path.write_text(json.dumps(manifest), encoding="utf-8")
    other = json.loads(report(folder, "json"))["run"]
    assert other["packs"] == run["packs"] == named(packs, "en")
    assert other["packs_ready_hash"] != run["packs_ready_hash"]
    assert other["id"] != run["id"]


def test_many_languages_are_named_once_on_the_page(tmp_path):
    folder, packs = made(tmp_path, LANGS)
    assert len(LANGS) > MAX_PACKS
    page = report(folder, "html")
    assert page.count(f"codebook draft 2, {len(LANGS)} packs, named at the end, run ") == 3
    assert page.count(named(packs, *LANGS)) == 1


def test_the_page_ends_with_a_line_end(one):
    assert report(one[0], "html").endswith("</html>\n")

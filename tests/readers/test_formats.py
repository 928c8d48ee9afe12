"""Every format: exact text, title, date with its reliability, and places a person can find."""

import zipfile
from pathlib import Path

import pytest
import zstandard

from asobna.limits import DEFAULTS
from asobna.pipeline import extract_pages
from asobna.sources.files import read_pages
from asobna.sources.guard import Guard, Read, Sheet
from asobna.sources.readers.drafts import clean, clean_mapped
from readers import producers as make

REPORT = "Report\n\nResults\n\nThe fair in Minsk was open.\n\nGrain from Belarus was sold."
PLACES = [(0, "heading Report"), (8, "heading Results"), (17, "heading Results, paragraph 1"),
          (46, "heading Results, paragraph 2")]  # fmt: skip


@pytest.fixture(scope="module")
def guard():
    with Guard(DEFAULTS) as guard:
        yield guard


def read(guard, kind, content, path="page", **more):
    return [answer if not isinstance(answer, Read) else answer.fields
            for answer in guard.read([Sheet(path, kind, content, **more)])]  # fmt: skip


def places(fields):
    return [(where["start_cp"], where["label"]) for where in fields["locations"]]


def regions(fields):
    return [(fields["text"][r["start_cp"] : r["end_cp"]], r["kind"]) for r in fields["regions"]]


def test_docx(guard):
    (found,) = read(guard, "docx", make.draft())
    assert found["text"] == REPORT
    assert places(found) == PLACES
    assert regions(found) == [("Report", "heading"), ("Results", "heading"),
                              ("Grain from Belarus was sold.", "quote")]  # fmt: skip


def test_docx_with_tracked_changes_reads_what_stands_and_not_what_was_deleted(guard):
    from docx import Document
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    document = Document()
    element = document.add_paragraph("The fair ")._p
    for tag, text, held in (("del", "in Grodno ", "delText"), ("ins", "in Minsk ", "t")):
        element.append(parse_xml(
            f'<w:{tag} {nsdecls("w")} w:id="1" w:author="x"><w:r><w:{held} xml:space="preserve">'
            f"{text}</w:{held}></w:r></w:{tag}>"
        ))  # fmt: skip
    (found,) = read(guard, "docx", make.saved(document))
    assert found["text"] == "The fair in Minsk"


@make.needs_office
def test_odt_and_docx_and_rtf_as_libreoffice_saves_them(guard, tmp_path):
    odt = make.converted(make.draft(), "odt", tmp_path)
    (found,) = read(guard, "odt", odt)
    assert (found["text"], places(found)) == (REPORT, PLACES)
    assert regions(found)[2] == ("Grain from Belarus was sold.", "quote")
    (again,) = read(guard, "docx", make.converted(odt, "docx", tmp_path, "odt"))
    assert (again["text"], places(again)) == (REPORT, PLACES)
    (plain,) = read(guard, "rtf", make.converted(odt, "rtf", tmp_path, "odt"))
    assert plain["text"] == REPORT
    (book,) = read(guard, "epub", make.converted(odt, "epub", tmp_path, "odt"))
    assert "The fair in Minsk was open.\n\nGrain from Belarus was sold." in book["text"]
    (printed,) = read(guard, "pdf", make.converted(odt, "pdf", tmp_path, "odt"))
    assert printed["text"].split("\n")[-1] == "Grain from Belarus was sold."


def test_pdf(guard):
    (found,) = read(guard, "pdf", make.pdf("The fair was open.\nSecond line.", "Page two."))
    assert found["text"] == "The fair was open.\nSecond line.\n\nPage two."
    assert places(found) == [(0, "page 1"), (33, "page 2")]
    assert (found["title"], found["date_reliability"]) == ("Title", "file")


def test_epub(guard):
    (found,) = read(guard, "epub", make.epub(("One", "The fair."), ("Two", "Grain.")))
    assert found["text"] == "One\n\nThe fair.\n\nTwo\n\nGrain."
    assert places(found) == [
        (0, "chapter One, heading One"), (5, "chapter One, heading One, paragraph 1"),
        (16, "chapter Two, heading Two"), (21, "chapter Two, heading Two, paragraph 1"),
    ]  # fmt: skip
    assert (found["title"], found["date"]) == ("A book", "2019-04-01")


def test_rtf_and_mail(guard):
    (found,) = read(guard, "rtf", make.RTF)
    assert found["text"] == "The fair in Мinsk was open.\n\nGrain was sold."
    (found,) = read(guard, "eml", make.MAIL)
    assert (found["text"], found["title"], found["date"], found["date_reliability"]) == (
        "The fair was open.\n\nGrain was sold.", "Fair in Minsk", "2024-03-05", "stated"
    )  # fmt: skip
    assert regions(found) == [("Grain was sold.", "quote")]
    assert "press@body.example" not in str(found)


def test_articles_without_what_surrounds_them(guard):
    (found,) = read(guard, "article", make.ARTICLE.encode(), url="https://daily.example/fair")
    assert found["text"].split("\n\n") == [
        "Fair opens", "The fair in Minsk was opened on Monday by the mayor and many guests.",
        "We sold all our grain before noon on the first day.", "Numbers",
        "Some two thousand farmers from Belarus came, more than in any year before.",
    ]  # fmt: skip
    assert regions(found)[1] == ("We sold all our grain before noon on the first day.", "quote")
    assert [found[name] for name in ("title", "date", "date_reliability", "source", "url")] == [
        "Fair opens", "2024-02-03", "stated", "Daily Example", "https://daily.example/fair"
    ]  # fmt: skip
    assert places(found)[-1][1] == "heading Numbers, paragraph 1"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_articles_in_any_encoding(guard, encoding):
    text = "Кірмаш у Мінску адкрылі ў панядзелак мэр горада і шматлікія госці з усёй краіны."
    html = f'<html><head><meta charset="{encoding}"></head><body><p>{text}</p></body></html>'
    (found,) = read(guard, "article", html.encode(encoding))
    assert found["text"] == text


def test_feeds(guard):
    for kind in ("rss", "atom"):
        item = ("Fair", "https://daily.example/1", "<p>A fair.</p><p>Grain.</p>")
        found, reject = read(
            guard, "xml", make.feed(item, ("Link", "https://x.example/", ""), kind=kind)
        )
        assert [found[name] for name in ("text", "title", "date", "date_reliability", "url")] == [
            "A fair.\n\nGrain.", "Fair", "2024-03-05", "stated", "https://daily.example/1"
        ]  # fmt: skip
        assert (found["source"], reject.reason, reject.record) == ("Daily Example", "empty", 2)


@pytest.mark.parametrize("packed", ["", ".gz", ".zst"])
def test_web_archives(guard, tmp_path, packed):
    page = ("https://daily.example/a", make.ARTICLE.encode(), "text/html")
    paper = ("https://daily.example/b.pdf", make.pdf("The paper."), "application/pdf")
    picture = ("https://daily.example/c.png", b"picture", "image/png")
    data = make.warc(page, picture, paper, gzip=packed == ".gz")
    path = tmp_path / f"a.warc{packed}"
    path.write_bytes(zstandard.compress(data) if packed == ".zst" else data)
    first, second = read(guard, "warc", b"", str(path))
    assert (first["title"], first["url"]) == ("Fair opens", "https://daily.example/a")
    assert (second["text"], second["url"]) == ("The paper.", "https://daily.example/b.pdf")


def test_a_page_without_a_date_has_that_of_its_fetching(guard, tmp_path):
    path = tmp_path / "a.warc"
    html = b"<html><body><p>The fair in Minsk was opened on Monday by the mayor.</p></body></html>"
    path.write_bytes(make.warc(("https://daily.example/a", html, "text/html")))
    (found,) = read(guard, "warc", b"", str(path))
    assert (found["date"], found["date_reliability"]) == ("2024-05-06", "fetched")


def test_parlamint_takes_persons_and_parties_from_the_corpus(guard, tmp_path):
    (tmp_path / "ParlaMint-XX.xml").write_text(make.CORPUS)
    (tmp_path / "2024").mkdir()
    path = str(tmp_path / "2024" / "ParlaMint-XX_2024-03-05.xml")
    member, guest = read(guard, "xml", make.TEI.encode(), path)
    assert [member[name] for name in ("document_id", "text", "speaker", "party", "date", "lang")] == [
        "u1", "The fair was open.\n\nGrain was sold.", "First Member", "PA", "2024-03-05", "en"
    ]  # fmt: skip
    assert (member["source"], member["title"]) == ("Parliament of Example", "Sitting 5")
    assert places(member)[1][1] == "utterance u1, segment 2"
    assert guest["text"] == "Thank you."
    assert "speaker" not in guest


def test_hansard(guard):
    first, second = read(guard, "xml", make.HANSARD)
    assert [first[name] for name in ("text", "speaker", "title", "source", "date", "url")] == [
        "The fair was open.\n\nGrain was sold.", "The Minister", "Trade", "House of Commons",
        "2024-03-05", "https://hansard.example/1",
    ]  # fmt: skip
    assert regions(first) == [("Grain was sold.", "quote")]
    assert places(first)[1][1] == "column 1, paragraph 2"
    assert (second["text"], second.get("speaker")) == ("Order.", None)


def test_conllu(guard):
    first, second = read(guard, "conllu", make.CONLLU)
    assert (first["text"], second["text"]) == ("The fair was open.", "Grain sold.")
    assert (first["document_id"], places(second)) == ("d1", [(0, "sentence s2")])


def test_documents_and_rejects_of_a_folder_stand_in_tables(tmp_path):
    (tmp_path / "a.docx").write_bytes(make.draft())
    (tmp_path / "b.pdf").write_bytes(b"no")
    (tmp_path / "c.txt").write_text("Plain.")
    (tmp_path / "d.conllu").write_bytes(make.CONLLU)
    pages = read_pages(str(path) for path in sorted(tmp_path.iterdir()))
    parts = list(extract_pages(pages))
    rows = [row for documents, _ in parts for row in documents.to_pylist()]
    assert [(Path(row["document_id"]).name, Path(row["path"]).name) for row in rows] == [
        ("c.txt", "c.txt"), ("a.docx", "a.docx"), ("d.conllu#d1", "d.conllu"),
        ("d.conllu#d2", "d.conllu"),
    ]  # fmt: skip
    (reject,) = [row for _, rejects in parts for row in rejects.to_pylist()]
    assert reject == {"path": f"{tmp_path}/b.pdf", "line": None, "reason": "damaged",
                      "detail": f"{tmp_path}/b.pdf: it is no whole PDF"}  # fmt: skip


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("Bela\u200brus", "Belarus"), ("Bela\u00adrus", "Belarus"), ("Be\u2060la\ufeffrus", "Belarus"),
        ("\u202eBelarus\u202c", "Belarus"), ("\u2066Мінск\u2069", "Мінск"), ("Mi\u0000nsk", "Minsk"),
        ("Міки\u0306та", "Мікй" "та"), ("a \u00a0\t\n b", "a b"), ("  ", ""),
    ],
)  # fmt: skip
def test_unseen_signs_do_not_break_a_name(written, seen):
    assert clean(written) == seen
    text, places = clean_mapped(written)
    assert text == seen
    assert len(places) == len(seen)


def test_the_packer_of_epub_fixtures_packs_what_it_says():
    assert zipfile.ZipFile(__import__("io").BytesIO(make.epub(("a", "b")))).testzip() is None

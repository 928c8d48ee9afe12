"""Fixtures made by the programs people use: python-docx, LibreOffice, reportlab, warcio, feedgen."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import docx
import feedgen.feed
import pytest
from reportlab.pdfgen import canvas
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

OFFICE = shutil.which("soffice")
needs_office = pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")

PARAGRAPHS = ("The fair in Minsk was open.", "Grain from Belarus was sold.")


def word(*paragraphs: tuple[str, str | None]) -> bytes:
    """A .docx with paragraphs of (text, style)."""
    document = docx.Document()
    for text, style in paragraphs:
        document.add_paragraph(text, style=style)
    return saved(document)


def saved(document: docx.document.Document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def draft() -> bytes:
    return word(("Report", "Title"), ("Results", "Heading 1"), (PARAGRAPHS[0], None),
                (PARAGRAPHS[1], "Quote"))  # fmt: skip


def converted(content: bytes, ending: str, folder: Path, source: str = "docx") -> bytes:
    """A document as LibreOffice saves it with another ending."""
    (folder / f"in.{source}").write_bytes(content)
    target = ending.split(":", maxsplit=1)[0]
    subprocess.run(
        [str(OFFICE), "--headless", f"-env:UserInstallation=file://{folder}/profile",
         "--convert-to", ending, "--outdir", str(folder / "out"), str(folder / f"in.{source}")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return (folder / "out" / f"in.{target}").read_bytes()


def pdf(*pages: str, title: str = "Title") -> bytes:
    out = io.BytesIO()
    sheet = canvas.Canvas(out)
    sheet.setTitle(title)
    for page in pages:
        for row, line in enumerate(page.split("\n")):
            sheet.drawString(72, 720 - 14 * row, line)
        sheet.showPage()
    sheet.save()
    return out.getvalue()


def feed(*items: tuple[str, str, str], kind: str = "rss") -> bytes:
    """RSS or Atom with items of (title, link, HTML)."""
    made = feedgen.feed.FeedGenerator()
    made.id("https://daily.example/")
    made.title("Daily Example")
    made.link(href="https://daily.example/")
    made.description("News")
    for title, link, html in items:
        entry = made.add_entry(order="append")
        entry.id(link)
        entry.title(title)
        entry.link(href=link)
        entry.content(html, type="html")
        entry.published("2024-03-05T06:07:08+00:00")
    return bytes(made.rss_str() if kind == "rss" else made.atom_str())


def warc(*pages: tuple[str, bytes, str], gzip: bool = False) -> bytes:
    """A WARC of responses (URL, body, content type)."""
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=gzip)
    for url, body, kind in pages:
        head = StatusAndHeaders("200 OK", [("Content-Type", kind), ("Content-Length", str(len(body)))],
                                protocol="HTTP/1.1")  # fmt: skip
        writer.write_record(
            writer.create_warc_record(
                url, "response", payload=io.BytesIO(body), http_headers=head,
                warc_headers_dict={"WARC-Date": "2024-05-06T07:08:09Z"},
            )
        )  # fmt: skip
    return out.getvalue()


ARTICLE = """<html lang="en"><head><title>Fair opens | Daily Example</title>
<meta property="og:title" content="Fair opens"><meta property="og:site_name" content="Daily Example">
<meta property="article:published_time" content="2024-02-03T04:05:06Z"></head>
<body><nav><a href="/">Home</a> <a href="/about">About us</a></nav>
<article><h1>Fair opens</h1><p>The fair in Minsk was opened on Monday by the mayor and many guests.</p>
<blockquote><p>We sold all our grain before noon on the first day.</p></blockquote>
<h2>Numbers</h2><p>Some two thousand farmers from Belarus came, more than in any year before.</p></article>
<footer>Copyright, cookies, imprint</footer></body></html>"""


def epub(*chapters: tuple[str, str]) -> bytes:
    """An EPUB 3 with chapters of (heading, paragraph), packed as the standard says."""
    out = io.BytesIO()
    items = "".join(
        f'<item id="c{n}" href="c{n}.xhtml" media-type="application/xhtml+xml"/>'
        for n in range(len(chapters))
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        book.writestr("META-INF/container.xml",
                      '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
                      '<rootfile full-path="OEBPS/p.opf"/></rootfiles></container>')  # fmt: skip
        book.writestr("OEBPS/p.opf",
                      '<package xmlns="http://www.idpf.org/2007/opf"><metadata '
                      'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>A book</dc:title>'
                      "<dc:date>2019-04-01</dc:date></metadata>"
                      f"<manifest>{items}</manifest><spine>{spine}</spine></package>")  # fmt: skip
        for number, (heading, text) in enumerate(chapters):
            book.writestr(f"OEBPS/c{number}.xhtml",
                          '<html xmlns="http://www.w3.org/1999/xhtml"><body>'
                          f"<h1>{heading}</h1><p>{text}</p></body></html>")  # fmt: skip
    return out.getvalue()


RTF = rb"{\rtf1\ansi\ansicpg1251 The fair in \u1052?insk was open.\par Grain was sold.}"
MAIL = (
    b"From: press@body.example\r\nSubject: =?utf-8?q?Fair_in_Minsk?=\r\n"
    b"Date: Tue, 05 Mar 2024 06:07:08 +0000\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b"The fair was open.\r\n\r\n> Grain was sold.\r\n"
)
CONLLU = (
    b"# newdoc id = d1\n# newpar\n# sent_id = s1\n# text = The fair was open.\n"
    b"1\tThe\tthe\tDET\t_\t_\t0\troot\t_\t_\n\n"
    b"# newdoc id = d2\n# sent_id = s2\n"
    b"1\tGrain\tgrain\tNOUN\t_\t_\t2\tnsubj\t_\t_\n2\tsold\tsell\tVERB\t_\t_\t0\troot\t_\tSpaceAfter=No\n"
    b"3\t.\t.\tPUNCT\t_\t_\t2\tpunct\t_\t_\n\n"
)
HANSARD = b"""<publicwhip><major-heading id="uk.org.publicwhip/debate/2024-03-05a.1.0">Trade</major-heading>
<speech id="uk.org.publicwhip/debate/2024-03-05a.1.1" speakername="The Minister" colnum="1"
 url="https://hansard.example/1"><p pid="a1/1">The fair was open.</p><p class="indent">Grain was sold.</p></speech>
<speech id="uk.org.publicwhip/debate/2024-03-05a.1.2" nospeaker="true"><p>Order.</p></speech></publicwhip>"""
TEI = """<TEI xmlns="http://www.tei-c.org/ns/1.0" xml:id="ParlaMint-XX_2024-03-05" xml:lang="en">
<teiHeader><fileDesc><titleStmt><title type="main">Parliament of Example [ParlaMint]</title>
<title type="sub">Sitting 5</title></titleStmt></fileDesc><profileDesc><settingDesc><setting>
<name type="org">Parliament of Example</name><date when="2024-03-05">5 March</date></setting></settingDesc>
</profileDesc></teiHeader><text><body><div>
<u xml:id="u1" who="#Member1" ana="#regular"><seg>The fair was <note>applause</note>open.</seg>
<seg>Grain was sold.</seg></u>
<u xml:id="u2" who="#Guest1" ana="#guest"><seg>Thank you.</seg></u></div></body></text></TEI>"""
CORPUS = """<teiCorpus xmlns="http://www.tei-c.org/ns/1.0" xml:id="ParlaMint-XX"><teiHeader><profileDesc>
<particDesc><listOrg><org xml:id="party.A" role="parliamentaryGroup"><orgName full="yes">Party of A</orgName>
<orgName full="abb">PA</orgName></org><org xml:id="party.B" role="parliamentaryGroup">
<orgName full="abb">PB</orgName></org></listOrg><listPerson>
<person xml:id="Member1"><persName><surname>Member</surname><forename>First</forename></persName>
<affiliation ref="#party.B" role="member" to="2023-12-31"/><affiliation ref="#party.A" role="member"
 from="2024-01-01"/></person>
<person xml:id="Guest1"><persName><surname>Visitor</surname></persName></person></listPerson>
</particDesc></profileDesc></teiHeader></teiCorpus>"""

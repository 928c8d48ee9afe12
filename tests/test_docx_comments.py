"""The page's Word document: a comment at the exact words, of a pasted text or of the file sent."""

import io
from urllib.parse import urlencode

import docx
import pytest

from asobna.outputs.docx_comments import commented_text
from asobna.outputs.web.app import build_app
from asobna.outputs.web.limits import Limits
from readers import producers as make
from readers.test_comments import anchored
from web_calls import NAME, PLACE, REFERENCE, call, form

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture(scope="module")
def app():
    return build_app(REFERENCE, Limits())


def paragraphs(content):
    return [paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs]


def found(content):
    return anchored(io.BytesIO(content))


def test_a_pasted_text_becomes_a_document_of_its_paragraphs(app):
    text = f"😀 {PLACE}\n\n{NAME} {PLACE}"
    page = form(app, text=text, lang="en", **{"as": "docx"})
    assert page.status == 200
    assert page.headers["content-type"] == WORD
    assert page.headers["content-disposition"] == 'attachment; filename="asobna.docx"'
    assert paragraphs(page.body) == [f"😀 {PLACE}", "", f"{NAME} {PLACE}"]
    comments = found(page.body)
    assert [words for words, _ in comments] == ["Vitebsk, Russia", "Belorussia", "Vitebsk, Russia"]
    assert comments[0][1].startswith("error: “Vitebsk, Russia” puts a place in Belarus")
    assert (
        comments[1][1].splitlines()[0]
        == "style: “Belorussia” is an older name; the country calls itself Belarus."
    )
    assert "Write: “Belarus”" in comments[1][1].splitlines()
    assert comments[1][1].splitlines()[-1] == "(name.former)"


def test_a_document_that_was_sent_comes_back_with_comments(app):
    sent = make.word((NAME, "Heading 1"), ("Bold words stay.", None), (PLACE, "Quote"))
    parts = (("file", "draft.docx", sent), ("as", "", b"docx"))
    body = b"".join(
        b'--x\r\ncontent-disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
        % (name.encode(), f'; filename="{file}"'.encode() if file else b"", content)
        for name, file, content in parts
    )
    page = call(app, "POST", "/", body + b"--x--\r\n",
                content_type="multipart/form-data; boundary=x")  # fmt: skip
    assert page.headers["content-type"] == WORD
    styles = [p.style.name for p in docx.Document(io.BytesIO(page.body)).paragraphs]
    assert styles == ["Heading 1", "Normal", "Quote"]
    assert [words for words, _ in found(page.body)] == ["Belorussia", "Vitebsk, Russia"]


def test_signs_no_file_may_hold_are_replaced_one_for_one():
    text = "a\x00\x0bb\ud800c\ufffe\tBelorussia\x1b"
    remark = {"start_cp": text.index("B"), "end_cp": text.index("B") + 10, "text": "look"}
    made = commented_text(text, [remark])
    assert paragraphs(made) == ["a\ufffd\ufffdb\ufffdc\ufffd\tBelorussia\ufffd"]
    assert found(made) == [("Belorussia", "look")]


def test_a_comment_may_reach_over_paragraphs_and_into_another():
    text = "one two\nthree\n\nfour"
    spans = [(4, 12), (0, 7), (6, len(text)), (7, 8)]
    remarks = [{"start_cp": a, "end_cp": b, "text": str(n)} for n, (a, b) in enumerate(spans)]
    held = [(words, said) for words, said in found(commented_text(text, remarks))]
    assert held == [
        ("twothre", "0"),
        ("one two", "1"),
        ("othreefour", "2"),
    ]  # a line end holds none


def test_more_lines_than_the_limit_are_refused_by_its_name():
    few = build_app(REFERENCE, Limits()._replace(max_paragraphs=3))
    assert form(few, text="a\nb\nBelorussia", **{"as": "docx"}).status == 200
    refused = form(few, text="a\nb\nc\nBelorussia", **{"as": "docx"})
    assert refused.status == 413
    assert refused.text == ("Error: at most 3 paragraphs become a Word document (max_paragraphs)\n")


def test_a_file_that_cannot_be_changed_is_explained(app):
    body = urlencode({"as": "docx", "text": ""}).encode()
    page = call(app, "POST", "/", body, content_type="application/x-www-form-urlencoded")
    assert "There is no text yet." in page.text


@pytest.mark.slow
@make.needs_office
def test_libreoffice_opens_it_and_shows_the_comment(app, tmp_path):
    import pypdf

    page = form(app, text=f"😀 {PLACE}\nЖыве {NAME}", lang="en", **{"as": "docx"})
    flat = make.converted(page.body, "fodt", tmp_path).decode()
    assert flat.count("<office:annotation ") == 2
    assert "is an older name; the country calls itself Belarus." in flat
    printed = make.converted(page.body, "pdf", tmp_path)
    text = "".join(sheet.extract_text() for sheet in pypdf.PdfReader(io.BytesIO(printed)).pages)
    assert PLACE.rstrip(".") in text
    assert f"Жыве {NAME}" in text

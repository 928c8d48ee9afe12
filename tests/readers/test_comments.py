"""Findings as Word comments: at the exact words, in LibreOffice too; the draft is never touched."""

import io
import re
import zipfile

import pytest
from click.testing import CliRunner
from docx import Document
from docx.oxml.ns import qn

from asobna import check
from asobna.outputs.check import check_command
from readers import producers as make

WRONG = "The museum in Vitebsk, Russia, is open. Byelorussia held a vote."
#: What is found in it, by the words alone: the same words must be found in any document.
WORDS = [WRONG[row["start_cp"] : row["end_cp"]] for row in check(WRONG, "en").to_pylist()]
ARGS = ("--lang", "en", "--exit-zero")


def comment(*args):
    done = CliRunner().invoke(check_command, [*map(str, args), *ARGS])
    return done.exception, done.stderr


def anchored(path):
    """(text between the marks, text of the comment) of every comment."""
    document = Document(path if hasattr(path, "read") else str(path))
    texts = {comment.comment_id: comment.text for comment in document.comments}
    open_, held = set(), {}
    for element in document.element.body.iter():
        if element.tag == qn("w:commentRangeStart"):
            open_.add(int(element.get(qn("w:id"))))
        elif element.tag == qn("w:commentRangeEnd"):
            open_.discard(int(element.get(qn("w:id"))))
        elif element.tag in (qn("w:t"), qn("w:delText")):
            inserted = any(parent.tag == qn("w:ins") for parent in element.iterancestors())
            for number in () if inserted else open_:
                held[number] = held.get(number, "") + element.text
    return [(held[number], texts[number]) for number in sorted(texts)]


def styled():
    """The same sentence in runs that part words, with letters in several styles."""
    document = Document()
    document.add_heading("Results", 1)
    paragraph = document.add_paragraph()
    for number, part in enumerate(re.findall(r".{1,5}", WRONG)):
        paragraph.add_run(part).bold = bool(number % 2)
    table = document.add_table(1, 1)
    table.cell(0, 0).text = "Byelo\u00adrussia again."
    return make.saved(document)


@pytest.mark.parametrize("content", [make.word((WRONG, None)), styled()])
def test_comments_stand_at_the_exact_words(tmp_path, content):
    draft, out = tmp_path / "draft.docx", tmp_path / "out.docx"
    draft.write_bytes(content)
    assert comment(draft, "--comments", out)[0] is None
    found = anchored(out)
    assert [words for words, _ in found][:2] == WORDS
    assert found[0][1].startswith(f"error: “{WORDS[0]}” puts a place in Belarus")
    assert f"Write: “{WORDS[0].replace('Russia', 'Belarus')}”" in found[0][1]
    assert [words for words, _ in found][2:] in ([], ["Byelo\u00adrussia"])
    assert draft.read_bytes() == content
    before, after = (["".join(p.text for p in Document(str(path)).paragraphs)]
                     for path in (draft, out))  # fmt: skip
    assert before == after


def test_styles_become_tracked_changes_and_errors_do_not(tmp_path):
    draft, out = tmp_path / "draft.docx", tmp_path / "out.docx"
    draft.write_bytes(styled())
    comment(draft, "--comments", out, "--suggest")
    body = Document(str(out)).element.body
    changes = [("".join(t.text for t in mark.iter(qn("w:t"), qn("w:delText"))), mark.tag)
               for mark in body.iter(qn("w:ins"), qn("w:del"))]  # fmt: skip
    assert changes == [("Byelorussia", qn("w:del")), ("Belarus", qn("w:ins")),
                       ("Byelo\u00adrussia", qn("w:del")), ("Belarus", qn("w:ins"))]  # fmt: skip
    assert len(anchored(out)) == 3


@make.needs_office
@pytest.mark.parametrize("suggest", [(), ("--suggest",)])
def test_libreoffice_opens_it_with_the_comments_in_place(tmp_path, suggest):
    draft, out = tmp_path / "draft.docx", tmp_path / "out.docx"
    draft.write_bytes(styled())
    comment(draft, "--comments", out, *suggest)
    text = make.converted(out.read_bytes(), "fodt", tmp_path).decode()
    held = [
        re.sub(r"<[^>]+>", "", re.sub(r"<office:annotation .*?</office:annotation>", "", span, flags=re.DOTALL))
        for name in re.findall(r'<office:annotation office:name="([^"]+)"', text)
        for span in re.findall(
            rf'<office:annotation office:name="{name}".*?<office:annotation-end office:name="{name}"/>',
            text, re.DOTALL)
    ]  # fmt: skip
    shown = [*WORDS, "Byelo\u00adrussia"]
    if suggest:  # the old words and the new ones both stand inside the comment
        shown[1:] = [f"{words}Belarus" for words in shown[1:]]
        assert (text.count("<text:deletion>"), text.count("<text:insertion>")) == (2, 2)
    assert [words.strip() for words in held] == shown


def test_a_word_document_that_libreoffice_wrote_can_be_commented(tmp_path):
    if make.OFFICE is None:
        pytest.skip("LibreOffice is not installed")
    draft, out = tmp_path / "draft.docx", tmp_path / "out.docx"
    odt = make.converted(make.word((WRONG, None)), "odt", tmp_path)
    draft.write_bytes(make.converted(odt, "docx", tmp_path, "odt"))
    comment(draft, "--comments", out)
    assert [words for words, _ in anchored(out)] == WORDS


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("draft.docx", "--comments: {0}/draft.docx is there already; name a new file"),
        ("out.doc", "--comments reads one .docx and writes another: both must end in .docx"),
    ],
)
def test_nothing_is_ever_replaced(tmp_path, target, why):
    draft = tmp_path / "draft.docx"
    draft.write_bytes(make.word((WRONG, None)))
    before = draft.read_bytes()
    error, _ = comment(draft, "--comments", tmp_path / target)
    assert str(error) == why.format(tmp_path)
    assert draft.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["draft.docx"]


def test_the_sample_holds_what_it_should():
    assert "Vitebsk, Russia" in WORDS[0]
    assert WORDS[1:] == ["Byelorussia"]


def test_check_names_heading_and_paragraph(tmp_path):
    draft = tmp_path / "draft.docx"
    draft.write_bytes(make.word(("Results", "Heading 1"), ("We met.", None), (WRONG, None)))
    done = CliRunner().invoke(check_command, [str(draft), *ARGS])
    assert "  heading Results, paragraph 2  error  absorbed.place" in done.stdout


def test_the_parts_that_are_not_text_are_kept_byte_for_byte(tmp_path):
    draft, out = tmp_path / "draft.docx", tmp_path / "out.docx"
    draft.write_bytes(make.word((WRONG, None)))
    comment(draft, "--comments", out)
    old, new = (zipfile.ZipFile(io.BytesIO(path.read_bytes())) for path in (draft, out))
    changed = {"word/document.xml", "[Content_Types].xml", "word/_rels/document.xml.rels"}
    for name in old.namelist():
        if name.endswith((".png", ".jpeg", ".bin")):
            assert old.read(name) == new.read(name), name
    assert changed <= set(new.namelist())

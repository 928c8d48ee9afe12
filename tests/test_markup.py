"""markup: the author's words keep their places; everything else becomes blank."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asobna.markup import (
    INVISIBLE_FILLER,
    MAX_NESTED_SIGNS,
    html_text,
    markdown_text,
    plain_text,
    unreasoned_ignores,
)

HTML_PARTS = [
    "<p>",
    "</p>",
    "Belarus",
    "&amp;",
    "&#8217;",
    "<b>",
    "</b>",
    "<code>x</code>",
    "<!-- c -->",
    "<q>",
    "</q>",
    "\n",
    "<br/>",
    "a < b",
    "<script>Minsk</script>",
    "ж",
    "&nope;",
    "<h1>",
]
MD_PARTS = [
    "Belarus",
    "*",
    "**",
    "`x`",
    "```\ncode\n```",
    "> ",
    "\n",
    "\n\n",
    "# ",
    "[a](http://x.y)",
    "<b>",
    "<!-- c -->",
    "ж",
    "- ",
    "1. ",
    "    ",
    "|",
    "---",
]


@given(st.lists(st.sampled_from(HTML_PARTS), max_size=25))
def test_html_keeps_every_place(parts):
    source = "".join(parts)
    text = html_text(source).text
    assert len(text) == len(source)
    for at in range(len(text)):
        if text.startswith("Belarus", at):
            assert source.startswith("Belarus", at)


@given(st.lists(st.sampled_from(MD_PARTS), max_size=25))
def test_markdown_keeps_every_place(parts):
    source = "".join(parts)
    text = markdown_text(source).text
    assert len(text) == len(source)
    assert all(a in (b, " ") for a, b in zip(text, source, strict=True))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("**Russia** and _Belarus_ voted.", "Russia and Belarus voted."),
        ("see [the Belarus page](https://e.org/belarus)", "see the Belarus page"),
        ("`Belarus` is code, ``a ` b`` too", "is code, too"),
        ("```\nBelarus\n```\ntext", "text"),
        ("---\ntitle: Belarus\n---\n# Title\ntext", "Title text"),
        ("snake_case_name stays", "snake_case_name stays"),
        ("5 * 3 and a*b", "5 3 and a b"),
        ("<https://e.org/belarus> and https://e.org/belarus", "and"),
        ("<!-- a note on Belarus -->text", "text"),
    ],
)
def test_markdown_reads_as_a_person_reads_it(source, words):
    assert " ".join(markdown_text(source).text.split()) == words


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>Russia</p><p>Belarus</p>", "Russia Belarus"),
        ("<b>Bela</b>rus", "Bela rus"),
        ("<script>Belarus</script><code>Belarus</code>x", "x"),
        ("<nav>Belarus</nav><main>Minsk</main>", "Minsk"),
        ('<img alt="Belarus">x', "x"),
        ("R&amp;D &lt;3", "R&\u2060\u2060\u2060\u2060D <\u2060\u2060\u20603"),
        ("a < b &nope; c", "a < b c"),
        ("<p>open <b>never closed", "open never closed"),
    ],
)
def test_html_reads_as_a_person_reads_it(source, words):
    assert " ".join(html_text(source).text.split()) == words


def test_blocks_of_html_are_paragraphs():
    assert "\n\n" in html_text("<p>Russia</p><p>Belarus</p>").text
    assert "\n" not in html_text("<b>Russia</b> <i>Belarus</i>").text


def regions(marked, source):
    return [(r.kind, source[r.start_cp : r.end_cp]) for r in marked.regions]


def test_regions_of_html():
    source = "<h1>Head</h1><blockquote>Words</blockquote>"
    assert regions(html_text(source), source) == [("heading", "Head"), ("quote", "Words")]


def test_regions_of_markdown():
    source = "# Head\n\n> Words\n\n```\ncode\n```\n"
    assert regions(markdown_text(source), source) == [
        ("heading", "# Head\n"),
        ("quote", "> Words\n"),
        ("code", "```\ncode\n```\n"),
    ]


def test_titles():
    assert html_text("<title>A day</title><p>x").title == "A day"
    assert markdown_text("# A day\n\nx").title == "A day"
    assert plain_text("A day").title is None


@pytest.mark.parametrize(
    ("source", "covered"),
    [
        (
            "a\nb <!-- asobna: ignore -- house style -->\nc\n",
            [("ignored", "b <!-- asobna: ignore -- house style -->")],
        ),
        (
            "a\n<!-- asobna: ignore name.former because it is a title -->\nb\nc",
            [
                (
                    "ignored name.former",
                    "<!-- asobna: ignore name.former because it is a title -->\nb",
                )
            ],
        ),
        (
            "<!-- asobna: ignore-file -- a specimen -->\na",
            [("ignored", "<!-- asobna: ignore-file -- a specimen -->\na")],
        ),
        (
            "a <!-- asobna: ignore-start x, y -- z -->b<!-- asobna: ignore-end -- z --> c",
            [
                (
                    "ignored x y",
                    "<!-- asobna: ignore-start x, y -- z -->b<!-- asobna: ignore-end -- z -->",
                )
            ],
        ),
        ("<!-- asobna: ignore -->\na", []),
        ("<!-- ignore -- me -->\na", []),
    ],
)
def test_ignore_comments(source, covered):
    assert regions(plain_text(source), source) == covered


def test_an_ignore_without_a_reason_is_told():
    assert unreasoned_ignores("ab <!-- asobna: ignore name.former -->") == [3]
    assert unreasoned_ignores("ab <!-- asobna: ignore name.former -- x -->") == []


@pytest.mark.parametrize("tail", ["", ">", 'b=">', "]]>", "-->"])
@pytest.mark.parametrize("sign", ["<a ", "<!--", "<![cdata[", "</", "<?", "<!x", '<a b="'])
def test_what_nothing_closes_is_no_markup(sign, tail, monkeypatch):
    looked = []
    searched = HTMLParser.goahead

    def counted(self, end):
        looked.append(self.rawdata)
        return searched(self, end)

    monkeypatch.setattr(HTMLParser, "goahead", counted)
    source = f"Belarus {sign * 500}{tail}"
    assert html_text(source).text.startswith("Belarus ")
    assert len(html_text(source).text) == len(source)
    tags = len(re.findall("<(?=[a-zA-Z/!?])", looked[0]))
    assert tags <= MAX_NESTED_SIGNS
    assert len(looked[0]) == len(source)


@pytest.mark.parametrize(
    ("read", "source"),
    [
        (markdown_text, "in **Minsk**, Russia"),
        (markdown_text, "in [Minsk](https://e.org/a_(b)), Russia"),
        (markdown_text, "in [**Minsk**][1]; Russia"),
        (html_text, "in <a\nhref='x'><b>Minsk</b></a>, Russia"),
        (html_text, "in <i>Minsk</i>&#8217;s Russia"),
    ],
)
def test_no_blank_stands_between_a_marked_word_and_its_sign(read, source):
    text = read(source).text
    assert len(text) == len(source)
    at = text.index("Minsk") + len("Minsk")
    assert text[at:].lstrip(INVISIBLE_FILLER)[0] in ",;’"


def test_a_blank_stays_where_words_follow_the_mark():
    assert markdown_text("**Stop.** Go").text == "  Stop.   Go"
    assert html_text("<b>Stop.</b> Go").text == "   Stop.     Go"


def test_line_ends_of_a_page_end_no_paragraph():
    source = "<p>One\ntwo\r\nthree</p>\n<p>Four</p>"
    assert html_text(source).text == "\n\n One two  three\n\n   \n\n Four\n\n  "

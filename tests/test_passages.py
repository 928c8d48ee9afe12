"""passages: reading a long text by its paragraphs gives what reading it whole does."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asobna.languages import Stretch
from asobna.passages import Passages, Window, cut_passages, in_stretches, keep_windows
from asobna.positions import count_code_points
from asobna.scanning import KEPT_WHOLE_BYTES, scan_rows
from asobna.sentences import MAX_WINDOW_CP, paragraph_spans
from asobna.tables import DOCUMENTS, ROWS, rows_to_table
from texts import english

PIECES = ["Belarus", "Беларусь ", "白俄罗斯", "rain. ", "snow! ", "\n", "\n\n", "\n \n", "🇧🇾", "and ",
          "word " * 150, "слово " * 150, "- ", "Минск.\n"]  # fmt: skip


def cut(text, *names):
    """Passages of a text around every place of the names."""
    data, places = text.encode(), []
    for name in names:
        at = data.find(name.encode())
        while at >= 0:
            places.append(at)
            at = data.find(name.encode(), at + 1)
    places.sort()
    return list(cut_passages(pa.py_buffer(data), places, count_code_points(data, places)))


@settings(max_examples=200)
@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_the_paragraphs_are_those_of_the_whole_text(pieces):
    text = "".join(pieces)
    places = sorted(
        at
        for name in ("Belarus", "Беларусь")
        for at in range(len(text))
        if text.startswith(name, at)
    )
    passages = cut(text, "Belarus", "Беларусь")
    spans = [(one.start_cp, one.start_cp + len(one.text)) for one in passages]
    assert spans == list(paragraph_spans(text, places))
    for one, (start, end) in zip(passages, spans, strict=True):
        assert one.text == text[start:end]
        assert one.start_cp + one.place in places
        assert text.encode()[: one.around.start_byte].decode() == text[: one.around.start_cp]
        assert one.around.content.decode() == text[one.around.start_cp : one.around.end_cp]


def test_no_more_than_a_window_is_made_a_string():
    text = "слово " * 50_000 + "Беларусь" + " слово" * 50_000
    (passage,) = cut(text, "Беларусь")
    assert passage.text[passage.place :].startswith("Беларусь")
    assert MAX_WINDOW_CP <= passage.place < 2 * MAX_WINDOW_CP + 100
    window = passage.around
    assert window.end_cp - window.start_cp < 6 * MAX_WINDOW_CP


def test_windows_that_touch_are_one_and_positions_hold():
    text = "0123456789ąęćżźłó and so on"
    windows = [
        Window(first, last, len(text[:first].encode()), text[first:last].encode())
        for first, last in [(2, 5), (4, 11), (15, 17), (16, 17)]
    ]
    assert keep_windows(windows).decode() == "  23456789ą    łó"
    assert keep_windows([]) == b""


def test_a_passage_takes_the_language_of_its_stretch_and_stays_in_it():
    text = "First line of it\nBelarus here\nLast line of it"
    (passage,) = cut(text, "Belarus")
    whole = passage._replace(start_cp=0, text=text, place=text.index("Belarus"))
    stretches = [Stretch(0, 16, "de", 1.0), Stretch(30, 45, "sv", 1.0)]
    (found,) = in_stretches([whole], stretches, "en")
    assert (found.text, found.start_cp, found.place, found.lang) == (
        "\nBelarus here\n",
        16,
        1,
        "en",
    )
    (found,) = in_stretches([whole], [Stretch(17, 29, "de", 1.0)], "en")
    assert (found.text, found.start_cp, found.place, found.lang) == ("Belarus here", 17, 0, "de")


def test_marked_regions_move_with_their_passage():
    text = "Nothing.\n\nBelarus voted.\n\nNothing."
    row = {
        "document_id": "d",
        "text": text,
        "regions": [
            {"start_cp": 0, "end_cp": 15, "kind": "quote"},
            {"start_cp": 30, "end_cp": 34, "kind": "code"},
        ],
    }
    marked = Passages([one._replace(lang="en", document_id="d") for one in cut(text, "Belarus")],
                      rows_to_table([row], DOCUMENTS))  # fmt: skip
    documents, paragraphs = marked.documents("en")
    assert documents["text"].to_pylist() == ["Belarus voted.\n"]
    assert documents["regions"].to_pylist() == [[{"start_cp": 0, "end_cp": 5, "kind": "quote"}]]
    assert paragraphs == {"0": [(0, 15)]}


def rows(*texts, **more):
    made = [{"document_id": str(n), "text": text, "regions": [], "line": n, "path": "p"} | more
            for n, text in enumerate(texts)]  # fmt: skip
    return rows_to_table(made, ROWS)


FILLING = "The harvest was good, and the price of grain went down in the week after it. "


@pytest.mark.parametrize("lang", ["en", None])
def test_a_long_text_gives_the_same_standings_and_keeps_what_stands_around_them(lang):
    name = "Unlike Russia, Belarus kept the death penalty."
    text = FILLING * 2000 + name + FILLING * 3000 + "\n\n" + name + "\n\n" + FILLING * 2000
    batch = rows(text, "Minsk voted.", FILLING * 9000, lang=lang)
    fast, slow = (scan_rows(batch, english(), prefilter=on) for on in (True, False))
    assert fast.standings.equals(slow.standings)
    assert fast.sightings.equals(slow.sightings)
    assert fast.documents["mentions"].to_pylist() == [2, 1, 0]
    kept, short, none = fast.documents["text"].to_pylist()
    assert slow.documents["text"][0].as_py() == text
    assert (short, none) == ("Minsk voted.", "")
    assert fast.documents["bytes"].to_pylist()[0] == len(text.encode()) > KEPT_WHOLE_BYTES
    for row in fast.standings.to_pylist()[:2]:
        assert kept[row["sentence_start_cp"] : row["sentence_end_cp"]].startswith("Unlike Russia,")
    assert all(left in (right, " ") for left, right in zip(kept, text, strict=False))
    written = np.array([letter != " " for letter in kept])
    assert written.sum() < 4 * MAX_WINDOW_CP

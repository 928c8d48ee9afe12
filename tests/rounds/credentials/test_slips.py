"""Printed slips: every code readable on paper, and nothing else to tell one from another."""

from __future__ import annotations

import io
import json
import re
from datetime import date
from importlib import resources

import pytest
from pypdf import PdfReader
from reportlab.pdfbase import pdfmetrics

from asobna_rounds.credentials import slips
from asobna_rounds.credentials.signing import SigningKey
from asobna_rounds.credentials.vouchers import new_code, read_code, show_code
from asobna_rounds.errors import RegistrarError
from asobna_rounds.texts import LANGUAGES, words

CODES = [new_code() for _ in range(11)]
ADDRESS = "http://" + "exampleround" * 4 + "abcdefgh.onion/be/"
CODE = re.compile(r"[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{6}")


def sheet(language: str, discreet: bool = False) -> slips.SlipText:
    return slips.SlipText(ADDRESS, date(2026, 12, 7), date(2026, 12, 20), language, discreet)


def pages(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_is_on_the_paper_once_eight_a_page(language: str, signing: SigningKey) -> None:
    texts = pages(slips.slips_pdf(CODES, signing.public, sheet(language)))
    found = [CODE.findall(text) for text in texts]
    assert [len(page) for page in found] == [8, 3]
    assert [read_code(code) for page in found for code in page] == CODES
    first = " ".join(texts[0].split())
    assert words("slips", language)["holds"].split()[0] in first
    assert first.count(signing.public.fingerprint[:19]) == 8


def test_the_limits_of_the_promise_stand_on_every_slip(signing: SigningKey) -> None:
    text = " ".join(pages(slips.slips_pdf(CODES[:2], signing.public, sheet("en")))[0].split())
    assert text.count("could have noted yours") == 2
    assert text.count("Open from 2026-12-07 to 2026-12-20.") == 2


def test_discreet_slips_hold_the_code_and_no_word(signing: SigningKey) -> None:
    pdf = slips.slips_pdf(CODES[:3], signing.public, sheet("be", discreet=True))
    assert pages(pdf)[0].split() == [show_code(code) for code in CODES[:3]]
    assert b"pulse" not in pdf


def test_the_file_tells_no_time_and_no_name(signing: SigningKey) -> None:
    pdf = slips.slips_pdf(CODES, signing.public, sheet("en"))
    assert pdf == slips.slips_pdf(CODES, signing.public, sheet("en"))
    meta = PdfReader(io.BytesIO(pdf)).metadata
    assert meta is not None
    assert (meta["/CreationDate"], meta["/ModDate"]) == ("D:20000101000000+00'00'",) * 2
    assert meta["/Author"] == "anonymous"


def test_slips_differ_in_their_code_and_square_only(signing: SigningKey) -> None:
    text = pages(slips.slips_pdf(CODES[:8], signing.public, sheet("pl")))[0]
    parts = CODE.split(text)
    assert len(parts) == 9
    assert len(set(parts[1:-1])) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_runs_over_the_edge_of_a_slip(language: str, signing: SigningKey) -> None:
    """The lowest line of every slip stays above the cut line below it."""
    heights = []

    def note(text: str, cm: list[float], tm: list[float], _font: object, _size: float) -> None:
        if text.strip():
            heights.append((tm[4] * cm[1] + tm[5] * cm[3] + cm[5]) % slips.HEIGHT)

    pdf = slips.slips_pdf(CODES[:8], signing.public, sheet(language))
    PdfReader(io.BytesIO(pdf)).pages[0].extract_text(visitor_text=note)  # type: ignore[arg-type]
    assert len(heights) > 40
    assert 5 < min(heights) < max(heights) < slips.HEIGHT - 15


def test_a_text_that_does_not_fit_is_refused(signing: SigningKey) -> None:
    text = slips.SlipText("http://" + "a" * 600, date(2026, 12, 7), date(2026, 12, 20), "en")
    with pytest.raises(RegistrarError, match="the address is too long for a slip"):
        slips.slips_pdf(CODES[:1], signing.public, text)


def test_the_fonts_hold_every_letter_of_the_slips(signing: SigningKey) -> None:
    slips.slips_pdf(CODES[:1], signing.public, sheet("en"))
    known = pdfmetrics.getFont(slips.BODY).face.charToGlyph
    text = resources.files("asobna_rounds.texts").joinpath("slips.json").read_text("utf-8")
    letters = {c for w in json.loads(text).values() for phrase in w.values() for c in phrase}
    assert [c for c in letters if ord(c) not in known] == []

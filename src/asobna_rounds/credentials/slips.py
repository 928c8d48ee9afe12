"""Paper vouchers as a PDF to print, cut and draw from a bowl: eight slips on an A4 page.

The slips carry no number and no order, the file no time and no name. The QR square holds the
26-symbol code as plain text, so nobody has to retype it (WCAG 2.2, 3.3.8). Print it, then
destroy the file; the codes are kept nowhere else.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

from asobna_rounds.credentials.keys import RoundKey
from asobna_rounds.credentials.vouchers import show_code
from asobna_rounds.errors import RegistrarError
from asobna_rounds.texts import words

COLUMNS, ROWS = 2, 4
WIDTH, HEIGHT = A4[0] / COLUMNS, A4[1] / ROWS
MARGIN = 5.5 * mm
QR_SIDE = 22 * mm
BODY, CODE = "DejaVuSans-slips", "DejaVuSansMono-Bold-slips"


@dataclass(frozen=True)
class SlipText:
    """What every slip of a round says besides its code. `language`: one of `texts.LANGUAGES`.

    `discreet` slips hold the code and nothing else, for people who must carry them: a paper
    that explains itself also explains itself to whoever finds it.
    """

    address: str
    opens: date
    closes: date
    language: str
    discreet: bool = False


@lru_cache(maxsize=1)
def _load_fonts() -> None:
    """Register the two subset fonts (Latin, Lithuanian, Polish and Cyrillic letters)."""
    folder = resources.files("asobna_rounds.credentials").joinpath("fonts")
    for name in (BODY, CODE):
        data = folder.joinpath(f"{name}.ttf").read_bytes()
        pdfmetrics.registerFont(TTFont(name, io.BytesIO(data)))


def _style(size: float) -> ParagraphStyle:
    return ParagraphStyle("slip", fontName=BODY, fontSize=size, leading=size * 1.25)


def _write(canvas: Canvas, text: str, place: tuple[float, float, float], size: float) -> float:
    """Draw a paragraph with its top at (x, y), `width` wide; returns the y below it."""
    x, y, width = place
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    paragraph = Paragraph(escaped, _style(size))
    _, height = paragraph.wrap(width, HEIGHT)
    paragraph.drawOn(canvas, x, y - height)
    return float(y - height - size * 0.4)


def _draw_qr(canvas: Canvas, code: str, x: float, y: float) -> None:
    widget = QrCodeWidget(code, barLevel="M", barBorder=2)
    left, bottom, right, top = widget.getBounds()
    scale = (QR_SIDE / (right - left), 0, 0, QR_SIDE / (top - bottom), 0, 0)
    drawing = Drawing(QR_SIDE, QR_SIDE, transform=scale)
    drawing.add(widget)
    renderPDF.draw(drawing, canvas, x, y)


def _draw_slip(
    canvas: Canvas, corner: tuple[float, float], code: str, lines: Sequence[str]
) -> None:
    """One slip with its lower left `corner`; the first three `lines` stand beside the QR."""
    x, top = corner[0] + MARGIN, corner[1] + HEIGHT - MARGIN
    width = WIDTH - 2 * MARGIN
    beside = width - QR_SIDE - 2 * mm
    y = top
    for line, size in zip(lines[:3], (10.5, 8, 8), strict=False):
        y = _write(canvas, line, (x, y, beside), size)
    _draw_qr(canvas, code, x + width - QR_SIDE, top - QR_SIDE)
    y = min(y, top - QR_SIDE) - 4.5 * mm
    canvas.setFont(CODE, 13)
    canvas.drawString(x, y, show_code(code))
    y -= 3 * mm
    for line in lines[3:]:
        y = _write(canvas, line, (x, y, width), 7.5 if line == lines[3] else 6.8)
    if y < corner[1] + 2 * mm:
        raise RegistrarError("the address is too long for a slip: use the bare onion address")


def slips_pdf(codes: Sequence[str], key: RoundKey, text: SlipText) -> bytes:
    """The PDF for `codes` (26 symbols each) of the round of `key`, eight slips a page.

    Raises RegistrarError when the text does not fit on a slip.
    """
    _load_fonts()
    lines = [] if text.discreet else _lines(key, text)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1, lang=text.language)
    canvas.setTitle(lines[0] if lines else "A4")
    per_page = COLUMNS * ROWS
    for start in range(0, len(codes), per_page):
        _cut_lines(canvas)
        for place, code in enumerate(codes[start : start + per_page]):
            corner = (place % COLUMNS * WIDTH, (ROWS - 1 - place // COLUMNS) * HEIGHT)
            _draw_slip(canvas, corner, code, lines)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _lines(key: RoundKey, text: SlipText) -> list[str]:
    """Title, days and use beside the QR; address, promise, limits and mark below the code."""
    say = words("slips", text.language)
    days = say["days"].format(opens=text.opens, closes=text.closes)
    return [
        f"{say['title']}: {key.round_id}",
        days,
        say["use"],
        text.address,
        say["holds"],
        say["limits"],
        f"{say['key']}: {key.fingerprint}",
    ]


def _cut_lines(canvas: Canvas) -> None:
    """Dashed lines where to cut."""
    canvas.setDash(2, 3)
    canvas.setLineWidth(0.4)
    for row in range(1, ROWS):
        canvas.line(0, row * HEIGHT, A4[0], row * HEIGHT)
    canvas.line(WIDTH, 0, WIDTH, A4[1])
    canvas.setDash()

"""Throughput of every reader through the guarded process, beside its library called directly.

    python -m bench.readers --out bench/runs/readers.json

One run, one machine; processor seconds of this process and its children. The last column is what
the guard costs: a reader's library on the same pages without a guard, places or cleaning.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from asobna.limits import DEFAULTS
from asobna.sources.guard import Guard, Read, Sheet
from readers import producers as make

LINE = "The fair in Minsk was opened on Monday by the mayor and many guests from Belarus. "
PARAGRAPH = LINE * 5


def pages() -> dict[str, bytes]:
    """One middling page of each format: about forty paragraphs, 16,000 characters."""
    body = "".join(f"<p>{PARAGRAPH}</p>" for _ in range(40))
    html = make.ARTICLE.replace("</article>", body + "</article>").encode()
    word = make.word(*[(PARAGRAPH, None)] * 40)
    found = {
        "article": html,
        "docx": word,
        "pdf": make.pdf(*["\n".join([LINE] * 40)] * 5),
        "epub": make.epub(*[(f"Chapter {n}", PARAGRAPH * 4) for n in range(10)]),
        "rtf": b"{\\rtf1\\ansi " + b"\\par ".join([PARAGRAPH.encode()] * 40) + b"}",
        "eml": make.MAIL + b"\r\n" + b"\r\n\r\n".join([PARAGRAPH.encode()] * 40),
        "xml feed": make.feed(*[(f"T{n}", f"https://x.example/{n}", f"<p>{PARAGRAPH}</p>")
                                for n in range(40)]),
        "xml parlamint": make.TEI.replace(
            "</div>", "".join(f'<u xml:id="v{n}" who="#M"><seg>{PARAGRAPH}</seg></u>'
                              for n in range(40)) + "</div>").encode(),
        "xml hansard": make.HANSARD.replace(b"<p>Order.</p>", b"<p>%b</p>" % PARAGRAPH.encode() * 40),
        "conllu": b"".join(
            b"# newdoc id = n%d\n# text = %b\n1\tx\tx\tX\t_\t_\t0\troot\t_\t_\n\n"
            % (n, PARAGRAPH.encode()) for n in range(40)),
        "warc": make.warc(*[(f"https://x.example/{n}", html, "text/html") for n in range(40)], gzip=True),
    }  # fmt: skip
    if make.OFFICE:
        with tempfile.TemporaryDirectory() as folder:
            found["odt"] = make.converted(word, "odt", Path(folder))
    return found


def bare() -> dict[str, Callable[[bytes], Any]]:
    """The library of each format, called as its manual says."""
    import conllu
    import docx
    import feedparser
    import pypdfium2
    from odfdo import Document
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree
    from striprtf.striprtf import rtf_to_text

    def pdf(content: bytes) -> Any:
        with pypdfium2.PdfDocument(content) as document:
            return [document[n].get_textpage().get_text_range() for n in range(len(document))]

    return {
        "article": lambda c: extract_plain_text(HTMLTree.parse(c.decode()), main_content=True),
        "docx": lambda c: [p.text for p in docx.Document(io.BytesIO(c)).paragraphs],
        "odt": lambda c: Document(io.BytesIO(c)).get_formatted_text(),
        "pdf": pdf,
        "rtf": lambda c: rtf_to_text(c.decode()),
        "xml feed": lambda c: feedparser.parse(io.BytesIO(c)),
        "conllu": lambda c: conllu.parse(c.decode()),
    }


def cpu() -> float:
    """Processor seconds of this process and of its ended children."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def measure(name: str, content: bytes, seconds: float) -> dict[str, float]:
    """Pages, documents and MB of the page's bytes for each processor second, guard included."""
    done = documents = 0
    characters = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page"
        path.write_bytes(content)
        kind = name.split(maxsplit=1)[0]
        sheet = Sheet(str(path), kind, b"" if kind == "warc" else content)
        before = cpu()
        wall = time.monotonic()
        with Guard(DEFAULTS) as guard:
            while time.monotonic() - wall < seconds:
                for answer in guard.read([sheet] * 32):
                    assert isinstance(answer, Read), answer
                    documents += 1
                    characters += len(answer.fields["text"])
                done += 32
        spent, wall = cpu() - before, time.monotonic() - wall
    return {
        "pages_per_cpu_second": round(done / spent, 1),
        "documents_per_cpu_second": round(documents / spent, 1),
        "text_mb_per_cpu_second": round(characters / 1e6 / spent, 2),
        "pages_per_second": round(done / wall, 1),
    }


def measure_bare(read: Callable[[bytes], Any], content: bytes, seconds: float) -> float:
    """Pages for each processor second of the library alone."""
    read(content)
    before, done = cpu(), 0
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        read(content)
        done += 1
    return round(done / (cpu() - before), 1)


def main() -> None:
    """Measure, print a table and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--out")
    given = parser.parse_args()
    libraries = bare()
    found = {}
    for name, content in pages().items():
        row: dict[str, Any] = {"page_bytes": len(content), **measure(name, content, given.seconds)}
        if name in libraries:
            alone = measure_bare(libraries[name], content, given.seconds / 2)
            row["library_pages_per_cpu_second"] = alone
            row["ratio"] = round(row["pages_per_cpu_second"] / alone, 2)
        found[name] = row
        print(f"{name:14}", *(f"{key}={value}" for key, value in row.items()))
    if given.out:
        Path(given.out).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

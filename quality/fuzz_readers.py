"""Mutated files through every reader: each ends as documents or rejects, and the parent lives.

    python quality/fuzz_readers.py --count 100000 --seed 1 --out fuzz.json

Seeds are made by the producers of `tests/readers/producers.py`. A mutation flips, cuts, repeats,
swaps or inserts bytes, or words that parsers trip over; packed formats are also mutated inside
their members, so that the parsers behind the zip are reached.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import resource
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from asobna.limits import DEFAULTS
from asobna.sources.guard import Guard, Read, Sheet
from readers import producers

BATCH = 64
TRIPS = (b"\x00", b"\xff\xff\xff\xff", b"<", b"]]>", b"&#x110000;", b"%n" * 20, b"<a>" * 300,
         b"9" * 400, b"-1", b"\xe2\x80\xae", b"\xed\xa0\x80", b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
         b"startxref\n0\n%%EOF", b"WARC/1.0\r\n", b"Content-Length: 99999999999\r\n", b"{\\rtf1" * 50,
         b"<![CDATA[", b"\r\n\r\n", b"0 R /Prev 0")  # fmt: skip
PACKED = ("docx", "odt", "epub")


def make_seeds() -> dict[str, list[bytes]]:
    """Whole files by format."""
    items = [("Fair", "https://daily.example/1", "<p>A fair in Minsk.</p>")] * 2
    page = ("https://daily.example/a", producers.ARTICLE.encode(), "text/html")
    word = producers.draft()
    seeds = {
        "article": [producers.ARTICLE.encode()],
        "docx": [word],
        "pdf": [producers.pdf("The fair was open.\nSecond line.", "Page two.")],
        "xml": [producers.feed(*items), producers.feed(*items, kind="atom"),
                producers.TEI.encode(), producers.HANSARD],
        "epub": [producers.epub(("One", "The fair."), ("Two", "Grain."))],
        "rtf": [producers.RTF],
        "eml": [producers.MAIL],
        "conllu": [producers.CONLLU],
        "warc": [producers.warc(page, page), producers.warc(page, page, gzip=True)],
    }  # fmt: skip
    if producers.OFFICE:
        with tempfile.TemporaryDirectory() as folder:
            seeds["odt"] = [producers.converted(word, "odt", Path(folder))]
            seeds["rtf"].append(producers.converted(word, "rtf", Path(folder)))
    return seeds


def mutate(content: bytes, chance: random.Random) -> bytes:
    """The content after one to eight changes."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(6)
        span = chance.randint(1, 64)
        if kind == 0 and data:
            data[min(at, len(data) - 1)] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[at : at + span]
        elif kind == 2:
            data[at:at] = data[at : at + span] * chance.randint(1, 8)
        elif kind == 3:
            data[at:at] = chance.choice(TRIPS)
        elif kind == 4:
            data[at : at + span] = chance.randbytes(span)
        elif chance.random() < 0.1:
            del data[at:]
    return bytes(data)


def mutate_inside(content: bytes, chance: random.Random) -> bytes:
    """A packed document with one of its members mutated and packed again."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        names = old.namelist()
        chosen = chance.choice(
            [name for name in names if name.endswith((".xml", ".xhtml", ".opf", ".rels"))]
        )
        for name in names:
            data = old.read(name)
            new.writestr(name, mutate(data, chance) if name == chosen else data)
    return out.getvalue()


def make_sheets(seeds: dict[str, list[bytes]], chance: random.Random, folder: Path) -> list[Sheet]:
    """A batch of mutated pages; archives are files, as they are in use."""
    sheets = []
    for number in range(BATCH):
        kind = chance.choice(list(seeds))
        seed = chance.choice(seeds[kind])
        inside = kind in PACKED and chance.random() < 0.7
        content = mutate_inside(seed, chance) if inside else mutate(seed, chance)
        path = f"{number}.{kind}"
        if kind == "warc":
            path = str(folder / path)
            Path(path).write_bytes(content)
            content = b""
        sheets.append(Sheet(path, kind, content))
    return sheets


def run(count: int, seed: int, limits: dict[str, int]) -> dict[str, object]:
    """Counts of how `count` mutated inputs ended."""
    chance = random.Random(seed)
    seeds = make_seeds()
    ends: dict[str, Counter[str]] = {kind: Counter() for kind in seeds}
    slowest, done, silent = 0.0, 0, 0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    with Guard(limits) as guard, tempfile.TemporaryDirectory() as folder:
        while done < count:
            sheets = make_sheets(seeds, chance, Path(folder))
            ended: dict[int, str] = {}
            last = time.monotonic()
            for answer in guard.read(sheets):
                end = "document" if isinstance(answer, Read) else answer.reason
                if ended.get(answer.page) != "document":
                    ended[answer.page] = end
                slowest, last = max(slowest, time.monotonic() - last), time.monotonic()
            silent += len(sheets) - len(ended)
            for page, end in ended.items():
                ends[sheets[page].format][end] += 1
            done += len(sheets)
            if done % 6400 == 0:
                print(done, round(time.monotonic() - began), "s", file=sys.stderr, flush=True)
    total = sum(ends.values(), Counter())
    return {
        "inputs": done,
        "seed": seed,
        "without_an_end": silent,
        "slowest_seconds": round(slowest, 2),
        "seconds": round(time.monotonic() - began, 1),
        "parent_rise_mib": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024,
        "ends": dict(total.most_common()),
        "by_format": {kind: dict(counts.most_common()) for kind, counts in ends.items()},
    }


def main() -> int:
    """Fuzz and write the counts; 1 when an input had no end or the wall limit was passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out")
    given = parser.parse_args()
    limits = {**DEFAULTS, "wall_seconds": 10, "cpu_seconds": 5}
    found = run(given.count, given.seed, limits)
    text = json.dumps(found, indent=1)
    if given.out:
        Path(given.out).write_text(text + "\n", encoding="utf-8")
    print(text)
    late = float(str(found["slowest_seconds"])) > limits["wall_seconds"] + 10
    return 1 if found["without_an_end"] or late else 0


if __name__ == "__main__":
    sys.exit(main())

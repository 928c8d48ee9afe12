"""Who is measured. A contender is a command; Python peers are the functions below, run by name."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple


class Contender(NamedTuple):
    """A name, what it does, and its command for a folder of material (None: not installed)."""

    name: str
    does: str
    command: Callable[[Path], list[str] | None]
    file: str = "all.txt"
    tells_itself: bool = False
    fine: tuple[int, ...] = (0,)

    def megabytes(self, material: Path) -> float:
        """Size of its text in MB; a Parquet file counts as the text in it."""
        name = "all.txt" if self.file == "all.parquet" else self.file
        return (material / name).stat().st_size / 1e6


def _asobna(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from asobna.outputs.cli import main; main()", *arguments]


def _read(material: Path) -> list[str]:
    return [
        "/bin/sh",
        "-c",
        'exec "$@" --to "$BENCH_SCRATCH/out" --quiet',
        "sh",
        *_asobna("read", str(material / "all.parquet")),
    ]


def _peer(name: str) -> Callable[[Path], list[str] | None]:
    return lambda material: [sys.executable, "-m", "bench.contenders", name, str(material)]


def _tool(*command: str) -> Callable[[Path], list[str] | None]:
    def build(material: Path) -> list[str] | None:
        found = str(Path(sys.executable).with_name(command[0]))
        program = found if Path(found).exists() else shutil.which(command[0])
        return (
            [program, *(part.format(folder=material) for part in command[1:])] if program else None
        )

    return build


READERS = [
    Contender("read", "asobna read: scan, judge, write", _read, "all.parquet"),
    Contender("floor", "decompress and decode the same Parquet", _peer("floor"), "all.parquet"),
    Contender(
        "ripgrep -F -f",
        "count lines with any of the names",
        _tool("rg", "-c", "--no-mmap", "-j1", "-F", "-f", "{folder}/forms.txt", "{folder}/all.txt"),
    ),
    Contender("ahocorasick-rs", "spot the names in bytes", _peer("ahocorasick"), tells_itself=True),
    Contender("flashtext2", "spot the names as words", _peer("flashtext"), "sample.txt", True),
    Contender(
        "spaCy PhraseMatcher", "spot the names as tokens", _peer("spacy"), "sample.txt", True
    ),
    Contender("re trie", "one alternation of the names", _peer("trie"), "sample.txt", True),
]

CHECKERS = [
    Contender(
        "check",
        "asobna check, 5 MB of prose",
        lambda m: _asobna("check", "--lang", "en", "--output-format", "json", str(m / "prose.txt")),
        "prose.txt",
        fine=(0, 1),
    ),
    Contender(
        "codespell", "spelling", _tool("codespell", "{folder}/prose.txt"), "prose.txt", fine=(0, 65)
    ),
    Contender(
        "proselint",
        "style",
        _tool("proselint", "check", "{folder}/prose.txt"),
        "prose.txt",
        fine=(0, 1),
    ),
    Contender(
        "textlint",
        "style",
        _tool("textlint", "--rule", "terminology", "{folder}/prose.txt"),
        "prose.txt",
        fine=(0, 1),
    ),
    Contender("alex", "wording", _tool("alex", "{folder}/prose.txt"), "prose.txt", fine=(0, 1)),
    Contender(
        "write-good",
        "style",
        _tool("write-good", "{folder}/prose.txt"),
        "prose.txt",
        fine=(*range(256),),
    ),
]


def _forms(material: Path) -> list[str]:
    return (material / "forms.txt").read_text(encoding="utf-8").split("\n")[:-1]


def _timed(megabytes: float, work: Callable[[], object]) -> None:
    began = time.process_time()
    work()
    print(json.dumps({"cpu": time.process_time() - began, "mb": megabytes}))


def floor(material: Path) -> None:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(material / "all.parquet", memory_map=True, pre_buffer=False)
    for group in range(file.num_row_groups):
        file.read_row_group(group, use_threads=False)


def ahocorasick(material: Path) -> None:
    from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

    automaton = BytesAhoCorasick(
        [form.encode() for form in _forms(material)],
        matchkind=MatchKind.LeftmostLongest,
        implementation=Implementation.DFA,
    )
    data = (material / "all.txt").read_bytes()
    _timed(len(data) / 1e6, lambda: automaton.find_matches_as_indexes(data))


def flashtext(material: Path) -> None:
    from flashtext2 import KeywordProcessor

    processor = KeywordProcessor(case_sensitive=True)
    processor.add_keywords_from_iter(_forms(material))
    lines = (material / "sample.txt").read_text(encoding="utf-8").split("\n")
    _timed(
        (material / "sample.txt").stat().st_size / 1e6,
        lambda: [processor.extract_keywords_with_span(line) for line in lines],
    )


def spacy(material: Path) -> None:
    import spacy as library
    from spacy.matcher import PhraseMatcher

    blank = library.blank("en")
    blank.max_length = 10**9
    matcher = PhraseMatcher(blank.vocab)
    matcher.add("names", list(blank.tokenizer.pipe(_forms(material))))
    lines = (material / "sample.txt").read_text(encoding="utf-8").split("\n")
    _timed(
        (material / "sample.txt").stat().st_size / 1e6,
        lambda: [matcher(document) for document in blank.tokenizer.pipe(lines)],
    )


def trie(material: Path) -> None:
    import re

    tree: dict[str, object] = {}
    for form in _forms(material):
        node = tree
        for letter in form:
            node = node.setdefault(letter, {})  # type: ignore[assignment]
        node[""] = {}

    def expression(node: dict[str, object]) -> str:
        ways = [
            re.escape(letter) + expression(after)
            for letter, after in sorted(node.items())
            if letter
        ]  # type: ignore[arg-type]
        body = "(?:" + "|".join(ways) + ")" if ways else ""
        return f"{body}?" if ways and "" in node else body

    pattern = re.compile(rf"\b{expression(tree)}\b")
    text = (material / "sample.txt").read_text(encoding="utf-8")
    _timed((material / "sample.txt").stat().st_size / 1e6, lambda: pattern.findall(text))


if __name__ == "__main__":
    {
        "floor": floor,
        "ahocorasick": ahocorasick,
        "flashtext": flashtext,
        "spacy": spacy,
        "trie": trie,
    }[sys.argv[1]](Path(sys.argv[2]))

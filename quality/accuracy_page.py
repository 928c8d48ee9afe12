"""Write docs/accuracy.md from a run of the evaluation: `python quality/accuracy_page.py CODED`.

`--check` compares instead of writing and exits 1 when the page is stale.
"""

from __future__ import annotations

import hashlib
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

from asobna.evaluation import CLASSES, MIN_UNITS, evaluate, read_coded
from asobna.pack_files import BUILT_IN
from asobna.packs import read_packs, read_pattern_files

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "accuracy.md"
KNOWN = ROOT / "tests" / "definitions" / "known_failures.toml"


#: Scores of one day cannot be made again: the sentences have been read since.
_UNSEEN = """On sentences nobody had read (2026-11-23), all invented, coded before any pattern was looked at or
written with no pattern for them; nearer to what a new source will show than the table above:

| language | n | standing right | what they hold |
|---|---|---|---|
| English | 371 | macro F1 .73, then .77 | hard on purpose: [second set](../tests/definitions/second/README.md) |
| English | 413 | .83, .85, .87, .88, .97, .92 | six parts of rounds, an ordinary mix: [third set](../tests/definitions/third/README.md) |
| English | 719 | .71 | ten rounds or parts of rounds, of rare standings, labels and near-labels: the same set |
| pl uk cs it es fr | 240 | .83 | an ordinary mix: [pages of languages](../tests/languages/README.md) |
| pl uk cs it es fr | 180 | .66 | hard on purpose: the same pages |
| pl uk cs it es fr | 60 | .97 | an ordinary mix, after three repairs: the same pages |
| pl uk cs ru be lt lv | 251 | .86, .90, .88 | three batches, a third of each hard: the same pages |
| de it es fr sv nl | 315 | .90, .85, .86, .70 | four batches, a third hard, in the last six in ten: the same pages |
| bg bs ca el et fi gl hr hu pt ro sk sl sr tr | 601 | .91 | first batch of new packs, a third hard, half of it in parallel: the same pages |
| the same | 507 | .82 | their harder sections: the same pages |
| da nb nn | 139 | .93 | first batch of new packs: the same pages |
| ar | 32 | .72 | first batch of a new pack: the same pages |
| ja zh | 60, 60, 40 | 1.00, .83, .90 | three rounds, the first with its constructions in mind: the same pages |

In the sixteen English rounds of the third set together (n 1132) .77 were right at first reading. What was called
absorbed was absorbed (precision 1.00) and a third of it was found (recall .32, n 121); derived .94 and .69 (n 104),
contrasted .85 and .59 (n 276), listed .98 and .91 (n 68), paired .83 and .95 (n 95). What is missed is nearly
always read as *own*, the mildest value. Mending one round did little for the next.
"""


def accuracy_page(coded: Path) -> str:
    """The page for one coded set."""
    content = coded.read_bytes()
    packs = read_packs()
    report = evaluate(read_coded(content.decode().splitlines()), packs)
    parts = [
        "# What it gets right and what it misses\n",
        "Made by `quality/accuracy_page.py`; a build fails when it is stale. Labels are *silver*: two passes "
        "of one\nlanguage model with the codebook, differences settled by its rulings. Agreement with them is "
        "not truth.\n",
        "## 1. What it gets right\n",
        _languages(report),
        _classes(report),
        _attributes(report),
        "Beside it, ways of counting words without reading (macro F1): "
        + ", ".join(
            f"{name.replace('_', ' ')} {row['macro_f1']:.2f}"
            for name, row in report["baselines"].items()
        )
        + ".\n",
        _UNSEEN,
        "## 2. What it misses\n",
        _known_failures(packs.codes),
        "## 3. On which sentences\n",
        _sentences(report, content),
        "## 4. With which version\n",
        _versions(packs),
    ]
    return "\n".join(parts)


def _share(row: dict[str, Any], key: str) -> str:
    low, high = row[f"{key}_interval"]
    return f"{row[key]:.2f} ({low:.2f}–{high:.2f})"


def _languages(report: dict[str, Any]) -> str:
    rows = [
        "| language | n | macro F1 (95 %) | mentions found | right standing | actor | blame |",
        "|---|--:|---|--:|--:|--:|--:|",
    ]
    for lang, row in report["by_lang"].items():
        rows.append(
            f"| {lang} | {row['n']} | {_share(row, 'macro_f1')} | {row['mention_recall']:.3f} | "
            f"{row['accuracy']:.2f} | {row['actor_accuracy']:.2f} | {row['blame_accuracy']:.2f} |"
        )
    return "\n".join(rows) + "\n"


def _classes(report: dict[str, Any]) -> str:
    rows = [
        "All languages together, by standing:\n",
        "| standing | n | precision | recall | F1 | share, error in points |",
        "|---|--:|---|---|--:|--:|",
    ]
    for name in CLASSES:
        row = report["classes"][name]
        if row["n"] or row["guessed"]:
            rows.append(
                f"| {name} | {row['n']} | {_share(row, 'precision')} | {_share(row, 'recall')} | "
                f"{row['f1']:.2f} | {report['prevalence_error_points'][name]:+.1f} |"
            )
    rows.append(f"\nMacro averages leave out classes with fewer than {MIN_UNITS} coded units.\n")
    return "\n".join(rows)


def _attributes(report: dict[str, Any]) -> str:
    names = ("actor", "blame", "voice", "time", "warrant", "kind_of_pair")
    shares = [
        f"{name.replace('_', ' ')} {report[name + '_accuracy']:.2f} (n {report[name + '_n']})"
        for name in names
    ]
    return "Attributes of the mentions found: " + ", ".join(shares) + ".\n"


def _known_failures(codes: list[str]) -> str:
    """Sentences of our own that are still read wrong, each with the reason."""
    rows = [
        "Invented sentences that are still read wrong. Each is a strict test: when one starts to pass, it is "
        "moved.\n",
        "| sentence | why |",
        "|---|---|",
    ]
    if KNOWN.exists():
        for entry in tomllib.loads(KNOWN.read_text("utf-8")).get("failure", []):
            sentence, _, value = entry["line"].removeprefix("- ").partition(" → ")
            rows.append(f"| {_cell(sentence)} ({_cell(value)}) | {_cell(entry['why'])} |")
    for code in codes:
        for _, pattern in read_pattern_files(BUILT_IN, code):
            for entry in pattern.get("known_failures", []):
                rows.append(f"| {_cell(entry['text'])} | {_cell(entry['why'])} |")
    ignored = "<!-- asobna: ignore-{} -- sentences that show what goes wrong -->\n"
    return ignored.format("start") + "\n".join(dict.fromkeys(rows)) + "\n\n" + ignored.format("end")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<<", "").replace(">>", "")


def _sentences(report: dict[str, Any], content: bytes) -> str:
    parts = ", ".join(f"{name} {row['n']}" for name, row in report["by_part"].items())
    skipped = ", ".join(f"{n} in {lang}" for lang, n in report["skipped"].items()) or "none"
    return (
        f"{report['n']} coded sentences of third parties, not part of this project "
        f"(SHA-256 {hashlib.sha256(content).hexdigest()[:16]}…): {parts}.\n"
        f"Not scored for want of a pack: {skipped}. Format and scoring: [evaluate](evaluate.md).\n"
    )


def _versions(packs: Any) -> str:
    rows = [
        f"asobna {version('asobna')}\n",
        "| pack | state | version | SHA-256 |",
        "|---|---|---|---|",
    ]
    for row in packs.languages.to_pylist():
        if row["lang"] in packs.codes:
            rows.append(
                f"| {row['lang']} | {row['state']} | {row['version']} | {row['sha256'][:16]}… |"
            )
    return "\n".join(rows) + "\n"


def main(arguments: list[str]) -> int:
    """Write or compare the page; 1 when it is stale."""
    page = accuracy_page(Path(arguments[0]))
    if "--check" not in arguments:
        PAGE.write_text(page, "utf-8")
        return 0
    if PAGE.read_text("utf-8") == page:
        return 0
    print("docs/accuracy.md is stale: run python quality/accuracy_page.py CODED", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

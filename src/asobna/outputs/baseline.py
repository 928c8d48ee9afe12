"""Findings of yesterday that need not fail a build today.

A finding is known by file, rule and the words around it, not by its line: text may move.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import pyarrow as pa

from asobna.errors import ConfigError
from asobna.outputs.whole import write_whole

VERSION = 1


def fingerprints(findings: pa.Table, documents: pa.Table) -> list[str]:
    """One fingerprint per finding: SHA-256 of path, rule and the words around it on its line."""
    texts = dict(
        zip(
            documents.column("document_id").to_pylist(),
            documents.column("text").to_pylist(),
            strict=True,
        )
    )
    found = []
    for row in findings.to_pylist():
        text = texts[row["document_id"]]
        before = text[max(0, row["start_cp"] - 40) : row["start_cp"]].rpartition("\n")[2]
        after = text[row["end_cp"] : row["end_cp"] + 40].partition("\n")[0]
        around = before + text[row["start_cp"] : row["end_cp"]] + after
        path = Path(row["path"] or "").as_posix()
        key = "\0".join([path, row["rule_id"], " ".join(around.split())])
        found.append(hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32])
    return found


def write_baseline(findings: pa.Table, documents: pa.Table, path: Path) -> None:
    """Record findings; the file is replaced whole or not at all. Raises InputError."""
    counts = Counter(fingerprints(findings, documents))
    content = {"version": VERSION, "findings": dict(sorted(counts.items()))}
    write_whole(path, json.dumps(content, indent=1) + "\n")


def known_findings(findings: pa.Table, documents: pa.Table, path: Path) -> pa.Table:
    """Findings that the baseline does not hold. Raises ConfigError when it cannot be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        left = Counter({str(key): int(count) for key, count in content["findings"].items()})
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such baseline; make one with --write-baseline") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path}: not a baseline file: {error}") from error
    keep = []
    for fingerprint in fingerprints(findings, documents):
        keep.append(left[fingerprint] <= 0)
        left[fingerprint] -= 1
    return findings.filter(pa.array(keep, pa.bool_()))

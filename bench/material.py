"""What is measured: the corpora as zstd Parquet and as lines, prose for `check`, forms of names."""

from __future__ import annotations

import hashlib
import io
import tempfile
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from asobna.lexicon import certain_forms
from asobna.packs import read_packs

COLUMNS = ("id", "title", "date", "source", "lang", "kind", "text")
GROUP_BYTES = 32 << 20
SAMPLE_BYTES = 8_000_000
PROSE_BYTES = 5_000_000


def make_material(corpora: Path, times: int) -> Path | None:
    """Folder with all.parquet, all.txt, sample.txt, prose.txt, forms.txt; made once."""
    files = sorted(corpora.glob("*.jsonl.zst"))
    if not files:
        return None
    mark = hashlib.sha256(f"{[(f.name, f.stat().st_size) for f in files]}{times}1".encode())
    folder = Path(tempfile.gettempdir()) / f"asobna-bench-{mark.hexdigest()[:12]}"
    if not (folder / "done").exists():
        folder.mkdir(exist_ok=True)
        _write(files, folder, times)
        (folder / "done").touch()
    _write_forms(folder / "forms.txt")
    return folder


def _write(files: list[Path], folder: Path, times: int) -> None:
    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    prose = 0
    with (
        pq.ParquetWriter(folder / "all.parquet", schema, compression="zstd") as parquet,
        (folder / "all.txt").open("wb") as lines,
        (folder / "sample.txt").open("wb") as sample,
        (folder / "prose.txt").open("wb") as check,
    ):
        for turn in range(times):
            for file in files:
                rows: list[dict[str, str]] = []
                size = 0
                for document in _documents(file):
                    text = " ".join(document["text"].split())
                    encoded = text.encode() + b"\n"
                    lines.write(encoded)
                    if sample.tell() < SAMPLE_BYTES and hash(document["id"]) % 50 == 0:
                        sample.write(encoded)
                    if document["lang"] == "en" and prose < PROSE_BYTES and turn == 0:
                        prose += check.write(
                            document["text"].encode()[: PROSE_BYTES - prose] + b"\n\n"
                        )
                    rows.append(
                        {
                            **{name: document.get(name) for name in COLUMNS},
                            "id": f"{document['id']}#{turn}",
                        }
                    )
                    size += len(encoded)
                    if size > GROUP_BYTES:
                        parquet.write_table(pa.Table.from_pylist(rows, schema=schema))
                        rows, size = [], 0
                if rows:
                    parquet.write_table(pa.Table.from_pylist(rows, schema=schema))


def _documents(file: Path):
    with file.open("rb") as packed:
        stream = io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(packed), 1 << 20)
        for line in stream:
            yield orjson.loads(line)


def _write_forms(path: Path) -> None:
    """Every spelling that `read` looks for with every pack: the names that need no cue."""
    packs = read_packs()
    forms = {form.text for code in packs.codes for form in certain_forms(packs.names[code])}
    path.write_text("\n".join(sorted(forms)) + "\n", encoding="utf-8")

"""Builds the offline helper: one file, only the standard library inside, the same bytes always.

The modules are copied as they are, so the helper and the tests run the same code. The SHA-256
of the file can be printed on invitations, because building it twice gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from importlib import resources
from pathlib import Path

from asobna_rounds.locked_file import write_new

MODULES = (
    "asobna/errors.py",
    "asobna_rounds/errors.py",
    "asobna_rounds/credentials/blind_rsa.py",
    "asobna_rounds/credentials/envelopes.py",
    "asobna_rounds/credentials/keys.py",
    "asobna_rounds/credentials/token_helper.py",
    "asobna_rounds/credentials/tokens.py",
    "asobna_rounds/texts/__init__.py",
    "asobna_rounds/texts/helper.json",
)
_EMPTY = (
    "asobna/__init__.py",
    "asobna_rounds/__init__.py",
    "asobna_rounds/credentials/__init__.py",
)
_MAIN = "from asobna_rounds.credentials.token_helper import main\n\nraise SystemExit(main())\n"
_DAY = (1980, 1, 1, 0, 0, 0)


def _source(path: str) -> str:
    package, _, rest = path.partition("/")
    return resources.files(package).joinpath(rest).read_text("utf-8")


def helper_bytes() -> bytes:
    """The helper as an executable zip archive (PEP 441)."""
    texts = {path: _source(path) for path in MODULES}
    texts |= dict.fromkeys(_EMPTY, "") | {"__main__.py": _MAIN}
    buffer = io.BytesIO()
    buffer.write(b"#!/usr/bin/env python3\n")
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_STORED) as archive:
        for path in sorted(texts):
            archive.writestr(zipfile.ZipInfo(path, _DAY), texts[path])
    return buffer.getvalue()


def write_helper(path: Path) -> str:
    """Write the helper to `path` (executable) and return its SHA-256 in hexadecimal.

    Raises RoundsError when another file is there; the same helper may be written again.
    """
    data = helper_bytes()
    if not (path.is_file() and path.read_bytes() == data):
        write_new(path, data)
    path.chmod(0o755)
    return hashlib.sha256(data).hexdigest()

"""Words of the interface, one file for each language below texts/, and which of them to use."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request

FOLDER = Path(__file__).parent / "texts"
#: Language used where a reader prefers none of the others, named in a file beside the words.
FIRST = (FOLDER / "first.txt").read_text(encoding="utf-8").strip()
COOKIELESS = "ui"  # the language travels in the address: nothing is stored in the browser


@lru_cache(maxsize=1)
def interfaces() -> dict[str, dict[str, str]]:
    """Code → words of every interface language; the first one is the fallback."""
    found = {path.stem: path for path in sorted(FOLDER.glob("*.toml"))}
    order = [FIRST, *(code for code in found if code != FIRST)]
    return {code: tomllib.loads(found[code].read_text(encoding="utf-8")) for code in order}


def interface_of(request: Request) -> str:
    """Language of the interface: as asked in the address, else as the browser prefers."""
    known = interfaces()
    asked = request.query_params.get(COOKIELESS, "")
    if asked in known:
        return asked
    for preference in request.headers.get("accept-language", "").split(","):
        code = preference.split(";")[0].strip().split("-")[0].lower()
        if code in known:
            return code
    return FIRST

"""Which language a text is in, offline.

A library does the work; its model is loaded at the first call only, because that takes longer than
checking a page.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

#: Code points looked at: identification does not get better with more.
SAMPLE_CP = 2000


def identify_language(text: str, among: Iterable[str] = ()) -> tuple[str, float]:
    """BCP 47 code of the likeliest language, of those `among` if any are given, and its
    probability, from 0 to 1.
    """
    wanted = set(among)
    for code, probability in _identifier().rank(text.strip()[:SAMPLE_CP]):
        if not wanted or code in wanted:
            return str(code), float(probability)
    return "und", 0.0


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 heavy

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

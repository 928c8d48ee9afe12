"""Words for printed and offline output in six languages, as JSON beside this file.

The web pages have their own catalogue; these words are for what leaves on paper, as a file or
from the offline helper. Standard library only.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources

from asobna_rounds.errors import RoundsError

LANGUAGES = ("en", "be", "ru", "pl", "lt", "uk")


@lru_cache(maxsize=32)
def words(subject: str, language: str) -> dict[str, str]:
    """The words for `subject` ("ledger", "slips", "helper") in one of `LANGUAGES`.

    Raises RoundsError for a language that is not there.
    """
    if language not in LANGUAGES:
        raise RoundsError(f'no words in "{language}"; there are {", ".join(LANGUAGES)}')
    text = resources.files(__name__).joinpath(f"{subject}.json").read_text("utf-8")
    found: dict[str, str] = json.loads(text)[language]
    return found

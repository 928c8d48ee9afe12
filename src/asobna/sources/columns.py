"""Which column of somebody else's table is which of ours: `--map` and named presets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from asobna.errors import ConfigError

#: Our columns that an input may fill; `text` is required.
FIELDS = ("text", "id", "title", "date", "source", "speaker", "party", "lang", "url", "kind")


class Columns(NamedTuple):
    """Our column → theirs, and how their separated text is quoted and headed."""

    names: Mapping[str, str]
    separator: str | None = None
    quoted: bool | None = None
    header: tuple[str, ...] | None = None


_SAME = {name: name for name in FIELDS}

# What each project's own documentation calls its columns. GDELT's country codes are FIPS 10-4,
# where BO is Belarus and RS is Russia: they are not read as ISO codes anywhere. Its TranslationInfo
# (srclc:fra;eng:Moses) is no code of a language: that is identified.
PRESETS: dict[str, Columns] = {
    "plain": Columns(_SAME),
    "mediacloud": Columns(
        {
            "text": "text",
            "id": "stories_id",
            "title": "title",
            "date": "publish_date",
            "source": "media_name",
            "lang": "language",
            "url": "url",
        }
    ),
    "gdelt": Columns(
        {
            "text": "DocumentText",
            "id": "GKGRECORDID",
            "date": "DATE",
            "source": "SourceCommonName",
            "url": "DocumentIdentifier",
            "title": "PageTitle",
        }
    ),
    "readtext": Columns(
        {
            "text": "text",
            "id": "doc_id",
            "title": "title",
            "date": "date",
            "source": "source",
            "speaker": "speaker",
            "party": "party",
            "lang": "language",
        }
    ),
    "parlamint": Columns(
        {
            "text": "Text",
            "id": "ID",
            "title": "Title",
            "date": "Date",
            "source": "Body",
            "speaker": "Speaker_name",
            "party": "Speaker_party",
            "lang": "Lang",
        }
    ),
}

#: FIPS 10-4 country codes, as GDELT uses them, of the countries that matter most here.
FIPS_TO_ISO = {
    "BO": "BY",
    "RS": "RU",
    "UP": "UA",
    "PL": "PL",
    "LH": "LT",
    "LG": "LV",
    "EN": "EE",
    "GM": "DE",
    "SW": "SE",
    "UK": "GB",
    "KZ": "KZ",
    "GG": "GE",
}


def read_mapping(spec: str | None, preset: str | None) -> Columns:
    """Columns of `--preset` with the pairs of `--map text=body,date=published` over them.

    Raises ConfigError for an unknown preset or field, or a pair without `=`.
    """
    if preset and preset not in PRESETS:
        raise ConfigError(f"no preset '{preset}'; presets are {', '.join(PRESETS)}")
    columns = PRESETS[preset or "plain"]
    names = dict(columns.names)
    for pair in filter(None, (part.strip() for part in (spec or "").split(","))):
        ours, sign, theirs = (part.strip() for part in pair.partition("="))
        if not sign or not theirs:
            raise ConfigError(f"--map: '{pair}' is not field=column, for example text=body")
        if ours not in FIELDS:
            raise ConfigError(f"--map: no field '{ours}'; fields are {', '.join(FIELDS)}")
        names[ours] = theirs
    return columns._replace(names=names)

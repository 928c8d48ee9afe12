"""Every table that flows through Asobna, in the order of the flow. Read this first.

    pages → DOCUMENTS → SIGHTINGS + MENTIONS → STANDINGS → FINDINGS
                                                        └→ RATES
    packs → NAMES, PATTERNS, ADVICE, FACTS, LANGUAGES   (enter at the edge)
    REJECTS: what could not be read, with a reason code; counted, never dropped

Offsets are Unicode code points, half-open, and always count in `documents.text`.
A stage is a pure function from tables to a table; nothing else passes between stages.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from asobna.errors import TableError

SCHEMA_VERSION = 2


def _field(name: str, kind: pa.DataType, meaning: str, *, null: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable=null, metadata={"meaning": meaning})


_TEXT = pa.string()
# The same few class names, ids and codes repeat for every row: a dictionary keeps them as numbers.
_CODE = pa.dictionary(pa.int32(), pa.string())
_REGION = pa.struct([("start_cp", pa.int32()), ("end_cp", pa.int32()), ("kind", pa.string())])
_LOCATION = pa.struct([("start_cp", pa.int32()), ("label", pa.string())])

PAGES = pa.schema(
    [
        _field("path", _TEXT, "where the bytes came from, as the user would write it"),
        _field("content", pa.large_binary(), "the bytes, unchanged"),
        _field("format", _TEXT, "txt, md, html, or a format of sources/readers"),
    ]
)

DOCUMENTS = pa.schema(
    [
        _field("document_id", _TEXT, "unique within a run"),
        _field("text", pa.large_string(), "clean text; never changed afterwards"),
        _field("lang", _CODE, "BCP 47 code of the pack that reads it", null=True),
        _field(
            "lang_confidence",
            pa.float32(),
            "probability of `lang`, 0 to 1, where it was identified",
            null=True,
        ),
        _field("title", _TEXT, "headline, if known", null=True),
        _field("date", _TEXT, "YYYY, YYYY-MM or YYYY-MM-DD of publication", null=True),
        _field(
            "date_reliability",
            _CODE,
            "stated by the publisher, updated, file (of its own metadata), fetched or absurd",
            null=True,
        ),
        _field("source", _TEXT, "outlet or body that published it", null=True),
        _field("speaker", _TEXT, "office-holder who speaks, if one does", null=True),
        _field("party", _TEXT, "parliamentary group of the speaker", null=True),
        _field("url", _TEXT, "where a reader can open it", null=True),
        _field("path", _TEXT, "file it was read from", null=True),
        _field("kind", _CODE, "kind of source: news, parliament, institution …", null=True),
        _field(
            "regions",
            pa.list_(_REGION),
            "spans that are not the author's running text: quote, code, heading, ignored",
        ),
        _field(
            "locations",
            pa.list_(_LOCATION),
            "where a person finds what begins at start_cp: page 3; heading Results, paragraph 2",
            null=True,
        ),
    ]
)

ROWS = pa.schema(
    [
        *DOCUMENTS,
        _field(
            "line", pa.int64(), "line or row within its file, from 1; empty for a page", null=True
        ),
    ]
)

STORED_DOCUMENTS = pa.schema(
    [
        *ROWS,
        _field("bytes", pa.int64(), "length of the text in UTF-8 bytes"),
        _field(
            "mentions",
            pa.int32(),
            "mentions in it; where there is none the text is not kept, and of a text of more than "
            "32 KiB only what stands around them: the rest before the last is blank",
        ),
    ]
)

PARTS = pa.schema(
    [
        _field("key", _TEXT, "content hash of the input and number of the part: read once, known"),
        _field("path", _TEXT, "file or stream"),
        _field("sha256", _TEXT, "hash of the stored bytes of the input"),
        _field("input_bytes", pa.int64(), "stored bytes of the input"),
        _field("part", pa.int64(), "row group, block or 0, from 0"),
        _field("unit", _TEXT, "name of the data files this part was written to"),
        _field("documents", pa.int64(), "documents read from it"),
        _field("unread", pa.int64(), "rejects from it"),
    ]
)

SIGHTINGS = pa.schema(
    [
        _field("document_id", _TEXT, "document"),
        _field("start_cp", pa.int32(), "first code point of the name"),
        _field("end_cp", pa.int32(), "one past the last code point"),
        _field("sentence_start_cp", pa.int32(), "first code point of its sentence"),
        _field("sentence_end_cp", pa.int32(), "one past the last code point of its sentence"),
        _field("class", _CODE, "class of the name, see packs/FORMAT.md"),
        _field("entity", _CODE, "entity id or country code"),
        _field("certain", pa.bool_(), "the name alone tells who is meant; no cue was needed"),
    ]
)

MENTIONS = pa.schema(
    [
        _field("document_id", _TEXT, "document"),
        _field("start_cp", pa.int32(), "first code point of the referring expression"),
        _field("end_cp", pa.int32(), "one past the last code point"),
        _field("surface", _TEXT, "the expression as written"),
        _field("sentence_start_cp", pa.int32(), "first code point of its sentence"),
        _field("sentence_end_cp", pa.int32(), "one past the last code point of its sentence"),
        _field("class", _CODE, "class of the name, see packs/FORMAT.md"),
        _field("entity", _CODE, "entity id or country code"),
        _field("name_form", _CODE, "status of the country's name form", null=True),
        _field("replacement", _CODE, "wording offered for a dated or misspelt form", null=True),
        _field("lang", _CODE, "pack that found it"),
    ]
)

STANDINGS = pa.schema(
    [
        *(MENTIONS.field(name) for name in MENTIONS.names),
        _field("standing", _CODE, "own, contrasted, listed, paired, derived or absorbed"),
        _field("standing_secondary", _CODE, "a second standing that also holds", null=True),
        _field(
            "warrant", _CODE, "paired: joint-act, joint-measure, parallel, none-given", null=True
        ),
        _field("symmetry", _CODE, "paired: symmetric, asymmetric", null=True),
        _field(
            "kind_of_pair", _CODE, "paired: states, rulers, people, athletes, money …", null=True
        ),
        _field("support", _CODE, "derived: argued, epithet, role", null=True),
        _field(
            "basis",
            _CODE,
            "absorbed: place, state, person, organisation, language, name, heritage",
            null=True,
        ),
        _field("polarity", _CODE, "contrasted: differs, resembles, mixed", null=True),
        _field("russia_in_scope", pa.bool_(), "Russia is named in the sentence"),
        _field("russia_in_list", pa.bool_(), "listed: Russia is in the list", null=True),
        _field("actor", _CODE, "regime, democratic, people, country, other"),
        _field("blame", _CODE, "R0, R1, R2, R3"),
        _field("voice", _CODE, "author, quoted"),
        _field("time", _CODE, "present, historical"),
        _field("rule_id", _CODE, "pattern that decided the standing"),
        _field("evidence_start_cp", pa.int32(), "first code point of what the pattern matched"),
        _field("evidence_end_cp", pa.int32(), "one past the last code point of it"),
        _field("note_id", _CODE, "entity mix-up or stale fact seen here: an advice id", null=True),
    ]
)

FINDINGS = pa.schema(
    [
        _field("document_id", _TEXT, "document"),
        _field("path", _TEXT, "file it was read from", null=True),
        _field("start_cp", pa.int32(), "first code point of the span to look at"),
        _field("end_cp", pa.int32(), "one past the last code point"),
        _field("severity", _CODE, "E error, S style suggestion, C caution"),
        _field("rule_id", _CODE, "advice id, the name a user selects, ignores and explains"),
        _field("message", _TEXT, "what was seen"),
        _field("because", _TEXT, "why it matters"),
        _field("wordings", pa.list_(pa.string()), "whole replacements for the span, best first"),
        _field("advice", _TEXT, "what to do where no replacement can be made", null=True),
        _field("fact_ids", pa.list_(pa.string()), "facts of the register behind it"),
    ]
)

RATES = pa.schema(
    [
        _field("measure", _CODE, "code of the measure, see docs/rates.md"),
        _field("axis", _CODE, "all, period, event DATE, source, kind, speaker, party or lang"),
        _field("value", _TEXT, "value on that axis; null for all", null=True),
        _field("period", _TEXT, "half-year, 2022-H1; null for the whole span", null=True),
        _field("reprints", _CODE, "as-published or de-duplicated"),
        _field("correction", _CODE, "uncorrected, silver-adjusted or corrected"),
        _field("unit", _CODE, "share, per-1000, log-ratio or difference"),
        _field("estimate", pa.float64(), "the measure; null when hidden or 'at most'", null=True),
        _field("low", pa.float64(), "lower end of the interval", null=True),
        _field("high", pa.float64(), "upper end of the interval", null=True),
        _field("level", pa.float64(), "level of the interval, 0.95"),
        _field("interval", _CODE, "how the interval was made"),
        _field(
            "numerator", pa.float64(), "counted units; adjusted rows need not be whole", null=True
        ),
        _field("denominator", pa.float64(), "units the share is of", null=True),
        _field("documents", pa.int64(), "documents that hold such a unit", null=True),
        _field("families", pa.int64(), "families of reprints among them", null=True),
        _field("sources", pa.int64(), "sources among them", null=True),
        _field("n_eff", pa.float64(), "independent mentions the interval rests on", null=True),
        _field("df", pa.float64(), "degrees of freedom of its t quantile", null=True),
        _field("shrunk", pa.float64(), "the share drawn towards all others of its axis", null=True),
        _field(
            "distinguishable",
            pa.bool_(),
            "differs from the median of its axis, BH q = .05",
            null=True,
        ),
        _field("state", _CODE, "shown, review, at-most or hidden"),
        _field("reason", _TEXT, "why it is not simply shown", null=True),
    ]
)

REJECTS = pa.schema(
    [
        _field("path", _TEXT, "file or stream"),
        _field("line", pa.int64(), "line within it, from 1", null=True),
        _field("reason", _CODE, "reason code, see docs/read.md"),
        _field("detail", _TEXT, "one sentence a person can act on"),
    ]
)

NAMES = pa.schema(
    [
        _field("lang", _CODE, "pack"),
        _field("form", _TEXT, "one literal surface form"),
        _field("lead_cp", pa.int32(), "code points at its start that are not part of the name"),
        _field("open_ended", pa.bool_(), "up to eight more letters may follow"),
        _field("entity", _CODE, "entity id or country code"),
        _field("class", _CODE, "see packs/FORMAT.md"),
        _field("status", _CODE, "form of the country's name", null=True),
        _field("replacement", _TEXT, "wording offered instead", null=True),
        _field("needs_cue", pa.bool_(), "counts only with another Belarus cue in the paragraph"),
    ]
)

PATTERNS = pa.schema(
    [
        _field("lang", _CODE, "pack"),
        _field("id", _TEXT, "name of the pattern, unique over all packs"),
        _field("decides", _CODE, "clause, phrase, trap, abbreviation, standing, actor, blame …"),
        _field("rank", pa.int32(), "order of trial; the smallest that matches decides"),
        _field("match", _TEXT, "RE2 expression over a skeleton, macros expanded"),
        _field("sets", _TEXT, "JSON object of the columns it sets"),
        _field("only", pa.list_(pa.string()), "entity ids it speaks about; empty for all"),
        _field("because", _TEXT, "reason a reader can check"),
    ]
)

ADVICE = pa.schema(
    [
        _field("lang", _CODE, "pack the text is written in"),
        _field("id", _TEXT, "finding id"),
        _field("severity", _CODE, "E, S or C"),
        _field("on_by_default", pa.bool_(), "shown unless ignored"),
        _field("in_quotes", pa.bool_(), "also shown where the voice is quoted"),
        _field("in_history", pa.bool_(), "also shown of historical mentions"),
        _field("when", _TEXT, "JSON object: columns of STANDINGS and the values that raise it"),
        _field("message", _TEXT, "what was seen; {surface} and {replacement} are filled in"),
        _field("because", _TEXT, "why it matters"),
        _field("rewrites", _TEXT, "JSON list of {match, replace} that make whole wordings"),
        _field("advice", _TEXT, "what to do where no wording can be made"),
        _field("fact_ids", pa.list_(pa.string()), "facts behind it"),
    ]
)

FACTS = pa.schema(
    [
        _field("id", _TEXT, "id in the register"),
        _field("lang", _CODE, "language the statement is written in"),
        _field("topic", _TEXT, "what it is about"),
        _field("statement", _TEXT, "the fact, in plain words"),
        _field("value", pa.int64(), "the figure, where the fact is one", null=True),
        _field("unit", _TEXT, "what the figure counts, and how exactly", null=True),
        _field("event_date", _TEXT, "when it happened", null=True),
        _field("as_of", _TEXT, "date the statement was true and checked"),
        _field("status", _TEXT, "how sure: one of packs.FACT_STATUSES"),
        _field("sources", _TEXT, "JSON list of {title, publisher, date, url}"),
    ]
)

LANGUAGES = pa.schema(
    [
        _field("lang", _TEXT, "BCP 47 code"),
        _field("name", _TEXT, "name in English"),
        _field("state", _TEXT, "draft, reviewed or released"),
        _field("version", _TEXT, "version of the pack"),
        _field("sha256", _TEXT, "hash of every file of the pack"),
    ]
)

SCHEMAS: dict[str, pa.Schema] = {
    "pages": PAGES,
    "documents": DOCUMENTS,
    "rows": ROWS,
    "stored_documents": STORED_DOCUMENTS,
    "parts": PARTS,
    "sightings": SIGHTINGS,
    "mentions": MENTIONS,
    "standings": STANDINGS,
    "findings": FINDINGS,
    "rates": RATES,
    "rejects": REJECTS,
    "names": NAMES,
    "patterns": PATTERNS,
    "advice": ADVICE,
    "facts": FACTS,
    "languages": LANGUAGES,
}

STANDING_VALUES = ("own", "contrasted", "listed", "paired", "derived", "absorbed")
ACTOR_VALUES = ("regime", "democratic", "people", "country", "other")
BLAME_VALUES = ("R0", "R1", "R2", "R3")
SEVERITIES = ("E", "S", "C")

CLASSES = (
    "belarus.country",
    "belarus.adjective",
    "belarus.demonym",
    "belarus.capital",
    "belarus.place",
    "belarus.regime",
    "belarus.state",
    "belarus.democratic",
    "belarus.movement",
    "belarus.person",
    "belarus.body",
    "belarus.heritage",
    "belarus.historical",
    "joint.body",
    "russia.country",
    "russia.adjective",
    "russia.demonym",
    "russia.capital",
    "russia.ruler",
    "russia.place",
    "russia.body",
    "russia.person",
    "country.name",
    "country.adjective",
    "country.demonym",
    "country.capital",
    "country.ruler",
    "trap",
)


#: How the classes of names begin that name Belarus, or both countries.
OURS = ("belarus.", "joint.")
#: `rule_id` of a mention that no pattern of standing speaks of.
DEFAULT_RULE = "default.own"


def make_table(schema: pa.Schema, columns: dict[str, list[Any]]) -> pa.Table:
    """Build a table of `schema` from equally long lists; a missing nullable column is all null.

    Raises TableError when a column is unknown, missing, of another length or of another type.
    """
    unknown = sorted(set(columns) - set(schema.names))
    if unknown:
        raise TableError(f"columns {unknown} are not in the schema; it has {schema.names}")
    length = len(next(iter(columns.values()))) if columns else 0
    if not any(map(len, columns.values())):
        return schema.empty_table()
    arrays = []
    for field in schema:
        values = columns.get(field.name)
        if values is None and not field.nullable and length:
            raise TableError(f"column '{field.name}' is missing and may not be empty")
        try:
            empty = values is None
            arrays.append(pa.nulls(length, field.type) if empty else pa.array(values, field.type))
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise TableError(f"column '{field.name}' is not {field.type}: {error}") from error
    try:
        return pa.Table.from_arrays(arrays, schema=schema)
    except pa.ArrowInvalid as error:
        raise TableError(f"columns differ in length: {error}") from error


def rows_to_table(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """A table of `schema` from row dictionaries; absent nullable values are null."""
    given = set().union(*rows)
    wanted = [field.name for field in schema if field.name in given or not field.nullable]
    return make_table(schema, {name: [row.get(name) for row in rows] for name in wanted})


def empty_table(schema: pa.Schema) -> pa.Table:
    """A table of `schema` with no rows."""
    return schema.empty_table()


def require_schema(table: pa.Table, schema: pa.Schema) -> None:
    """Raise TableError unless `table` has the columns of `schema`, in order and type."""
    if table.schema.names != schema.names or table.schema.types != schema.types:
        raise TableError(
            f"this table has {table.schema.names}; a table with {schema.names} is needed"
        )

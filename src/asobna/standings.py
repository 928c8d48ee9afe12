"""mentions → standings: how each mention stands to Russia, who is meant, who is blamed.

Every decision is a pattern of the pack. For each column the matching pattern of the smallest rank
decides; where none matches, the default written here holds, and it is always the mildest value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import pyarrow as pa

from asobna.expressions import panels_of
from asobna.skeletons import Match, Name, Sentence, Skeletons
from asobna.tables import DEFAULT_RULE, OURS, STANDINGS, make_table
from asobna.texts import texts_of

#: Names that put Russia in scope (codebook 2.3, ruling 1); its firms, towns and fleets do not.
IN_SCOPE = frozenset(
    {"russia.country", "russia.adjective", "russia.demonym", "russia.capital", "russia.ruler"}
)

_ACTOR_OF_CLASS = {
    "belarus.country": "country",
    "belarus.demonym": "people",
    "belarus.adjective": "other",
    "belarus.capital": "other",
    "belarus.place": "other",
    "belarus.regime": "regime",
    "belarus.state": "regime",
    "belarus.democratic": "democratic",
    "belarus.movement": "democratic",
    "belarus.person": "people",
    "belarus.heritage": "people",
    "belarus.body": "other",
    "belarus.historical": "country",
    "joint.body": "other",
}
_SYMMETRY, _WARRANT, _KIND = "symmetric", "parallel", "states"
#: Blame asks who acts: it can only fall on the country or its people (codebook 4).
#: Surnames have other bearers: nobody is called misnamed on an ambiguous name.
_ACCUSES_SOMEBODY = frozenset({"person", "organisation"})
_BLAMABLE = {"country": ("R1", "R2"), "people": ("R3",)}


def judge_standings(
    mentions: pa.Table, sightings: pa.Table, documents: pa.Table, patterns: pa.Table
) -> pa.Table:
    """Judge every mention of one language.

    mentions: MENTIONS; sightings: SIGHTINGS of the same sentences; documents: their DOCUMENTS;
    patterns: PATTERNS of that language. Returns STANDINGS, one row per mention in its order.
    """
    if not mentions.num_rows:
        return STANDINGS.empty_table()
    sentences, mention_rows = _sentences(sightings, documents)
    panels = panels_of(patterns)
    skeletons = Skeletons(sentences, panels.clauses)
    decided: _Decided = defaultdict(lambda: defaultdict(list))
    speaks = _Speaks(sightings)
    _collect(decided, skeletons.matches(panels.judging), speaks)
    for standing, patterns_of_it in (("paired", panels.pairs), ("derived", panels.support)):
        lines = {line for line, row in mention_rows if _is(standing, decided.get(row))}
        _collect(decided, skeletons.matches(patterns_of_it, lines), speaks)
    regions = dict(
        zip(
            documents.column("document_id").to_pylist(),
            documents.column("regions").to_pylist(),
            strict=True,
        )
    )
    columns: dict[str, list[object]] = defaultdict(list)
    for line, row in mention_rows:
        judged = _judge(decided.get(row, {}), sentences[line], row, skeletons)
        if judged["voice"] == "author" and _in_quote(regions, mentions, len(columns["voice"])):
            judged["voice"] = "quoted"
        for name in _JUDGED:
            columns[name].append(judged[name])
    return _with_columns(mentions, columns)


_JUDGED = STANDINGS.names[STANDINGS.get_field_index("standing") :]


def _sentences(
    sightings: pa.Table, documents: pa.Table
) -> tuple[list[Sentence], list[tuple[int, int]]]:
    """Sentences with their names, and (sentence, sighting row) of every mention in order."""
    texts = texts_of(documents)
    places = {name: row for row, name in enumerate(documents.column("document_id").to_pylist())}
    columns = [
        sightings.column(name).to_pylist()
        for name in (
            "document_id",
            "sentence_start_cp",
            "sentence_end_cp",
            "start_cp",
            "end_cp",
            "class",
        )
    ]
    sentences: list[Sentence] = []
    mention_rows: list[tuple[int, int]] = []
    last = None
    for row, (document, first, end, start_cp, end_cp, name_class) in enumerate(
        zip(*columns, strict=True)
    ):
        if last != (document, first):
            last = (document, first)
            sentences.append(Sentence(texts[places[document]], first, end, []))
        sentences[-1].names.append(Name(start_cp, end_cp, name_class, row))
        if name_class.startswith(OURS):
            mention_rows.append((len(sentences) - 1, row))
    return sentences, mention_rows


#: For every mention, the matches that speak about it, by what they decide, best first.
_Decided = dict[int, dict[str, list[Match]]]


class _Speaks:
    """Which matches speak about which sightings."""

    def __init__(self, sightings: pa.Table) -> None:
        classes = sightings.column("class").to_pylist()
        self._ours = [name.startswith(OURS) for name in classes]
        self._entities = sightings.column("entity").to_pylist()
        self._certain = sightings.column("certain").to_pylist()

    def about(self, match: Match, row: int) -> bool:
        only = match.pattern.only
        accuses = match.pattern.sets.get("basis") in _ACCUSES_SOMEBODY
        return (
            self._ours[row]
            and (not only or self._entities[row] in only)
            and (self._certain[row] or not accuses)
        )


def _collect(decided: _Decided, matches: Iterable[Match], speaks: _Speaks) -> None:
    for match in matches:
        for row in match.rows:
            if speaks.about(match, row):
                decided[row][match.pattern.decides].append(match)


def _is(standing: str, found: dict[str, list[Match]] | None) -> bool:
    """Whether the matches give a mention this standing."""
    return bool(found and "standing" in found
                and found["standing"][0].pattern.sets["standing"] == standing)  # fmt: skip


def _judge(
    found: dict[str, list[Match]], sentence: Sentence, row: int, skeletons: Skeletons
) -> dict[str, object]:
    name = next(name for name in sentence.names if name.row == row)
    judged: dict[str, object] = dict.fromkeys(_JUDGED)
    judged |= {
        "standing": "own",
        "rule_id": DEFAULT_RULE,
        "voice": "author",
        "evidence_start_cp": name.start_cp,
        "evidence_end_cp": name.end_cp,
        "time": "historical" if name.name_class == "belarus.historical" else "present",
        "russia_in_scope": any(n.name_class in IN_SCOPE for n in sentence.names),
    }
    _set_standing(judged, found.get("standing", []), skeletons)
    if judged["standing"] == "listed":
        judged["russia_in_list"] = _holds_russia(found["standing"][0], sentence)
    for decides in ("voice", "time", "note_id"):
        if decides in found:
            judged |= found[decides][0].pattern.sets
    if "note_id" in found and judged["rule_id"] == DEFAULT_RULE:
        judged["evidence_start_cp"], judged["evidence_end_cp"] = skeletons.source_span(
            found["note_id"][0]
        )
    _set_pair(judged, found)
    if judged["standing"] == "derived":
        judged["support"] = _first(found, "support") or judged["support"] or "epithet"
    judged["actor"] = _actor(found, judged, name)
    judged["blame"] = _blame(found, str(judged["actor"]))
    return judged


def _set_standing(judged: dict[str, object], matches: list[Match], skeletons: Skeletons) -> None:
    if not matches:
        return
    best = matches[0]
    judged |= best.pattern.sets
    judged["rule_id"] = best.pattern.id
    judged["evidence_start_cp"], judged["evidence_end_cp"] = skeletons.source_span(best)
    for other in matches[1:]:
        if other.pattern.sets["standing"] not in (judged["standing"], "own"):
            judged["standing_secondary"] = other.pattern.sets["standing"]
            return


def _holds_russia(match: Match, sentence: Sentence) -> bool:
    rows = set(match.rows)
    return any(name.row in rows and name.name_class in IN_SCOPE for name in sentence.names)


def _set_pair(judged: dict[str, object], found: dict[str, list[Match]]) -> None:
    if judged["standing"] != "paired":
        return
    judged["warrant"] = judged["warrant"] or _first(found, "warrant") or _WARRANT
    judged["kind_of_pair"] = judged["kind_of_pair"] or _first(found, "kind_of_pair") or _KIND
    judged["symmetry"] = judged["symmetry"] or _SYMMETRY


def _first(found: dict[str, list[Match]], column: str) -> str | None:
    return found[column][0].pattern.sets[column] if column in found else None


def _actor(found: dict[str, list[Match]], judged: dict[str, object], name: Name) -> str:
    return _first(found, "actor") or judged["actor"] or _ACTOR_OF_CLASS[name.name_class]  # type: ignore[return-value]


def _blame(found: dict[str, list[Match]], actor: str) -> str:
    for match in found.get("blame", []):
        if match.pattern.sets["blame"] in (*_BLAMABLE.get(actor, ()), "R0"):
            return match.pattern.sets["blame"]
    return "R0"


def _in_quote(regions: dict[str, list[dict[str, object]]], mentions: pa.Table, row: int) -> bool:
    """Whether the document marks the place as somebody else's words (a block quotation)."""
    spans = regions[mentions.column("document_id")[row].as_py()]
    if not spans:
        return False
    start = mentions.column("start_cp")[row].as_py()
    return any(s["kind"] == "quote" and s["start_cp"] <= start < s["end_cp"] for s in spans)


def _with_columns(mentions: pa.Table, columns: dict[str, list[object]]) -> pa.Table:
    judged = make_table(
        pa.schema([STANDINGS.field(name) for name in _JUDGED]),
        {name: columns[name] for name in _JUDGED},
    )
    arrays = [mentions.column(name) for name in MENTION_NAMES]
    arrays += [judged.column(name) for name in _JUDGED]
    return pa.Table.from_arrays(arrays, schema=STANDINGS)


MENTION_NAMES = STANDINGS.names[: STANDINGS.get_field_index("standing")]

"""LanguageTool's HTTP interface: what its clients send, and every key that any of them needs.

Written from what real clients send and require (tests/contracts). Offsets are UTF-16 units of the
text as sent, markup included. LibreOffice 7.4 drops a paragraph when `shortMessage`, `replacements`
or `rule.category.id` is absent, so every key is always there. Nothing here touches a socket.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from functools import lru_cache
from importlib.metadata import version
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote

from asobna.markup import INVISIBLE_FILLER
from asobna.outputs.drafts import Checked, Draft, Reference, reason
from asobna.pack_files import pack_code
from asobna.positions import Utf16

#: Severity → category and type. Clients colour by them: LibreOffice shows TYPOS in red, STYLE in
#: blue and any other in orange; browser add-ons go by issueType.
_CATEGORY = {
    "E": {"id": "TYPOS", "name": "Checkable statement"},
    "S": {"id": "STYLE", "name": "Form of a name"},
    "C": {"id": "CONSIDER", "name": "Wording to consider"},
}
_ISSUE_TYPE = {"E": "misspelling", "S": "style", "C": "uncategorized"}
_MODES = ("all", "textLevelOnly", "allButTextLevelOnly")
_LEVELS = ("default", "picky")
_CONTEXT_CP = 40
_COMPACT_REPLACEMENTS = 5
_MAX_FIELDS = 100
MAX_REPLACEMENTS = 10

# LibreOffice 7.4 sends `text=<the paragraph, not encoded>&language=en-US`: the paragraph may hold
# `&`, `+` and `%`, so nothing in it may be decoded.
_RAW_BODY = re.compile(
    rb"text=(?P<text>.*)&language=(?P<language>[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)"
    rb"(?P<rest>(?:&(?:username|apiKey)=[^&\s]*)*)",
    re.DOTALL,
)
_NOT_ENCODED = re.compile(rb"[ \n\r\x80-\xff]")


class BadRequestError(Exception):
    """A request LanguageTool would refuse too; the message is the answer, in plain text."""


class Question(NamedTuple):
    """A check as its client asked for it.

    draft: markup of annotated text is filler of the same length; asked: language code as sent.
    """

    draft: Draft
    asked: str
    silent: bool
    compact: bool
    enabled: tuple[str, ...]
    disabled: tuple[str, ...]
    enabled_only: bool


def read_fields(body: bytes, query: str) -> dict[str, str]:
    """Fields of body and query; the body wins. Raises BadRequestError for too many of them."""
    raw = _RAW_BODY.fullmatch(body)
    try:
        fields = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=_MAX_FIELDS))
        if raw and _NOT_ENCODED.search(raw["text"]):
            text = raw["text"].decode("utf-8", "replace")
            return {**fields, "text": text, "language": raw["language"].decode()}
        sent = body.decode("utf-8", "replace")
        return fields | dict(parse_qsl(sent, keep_blank_values=True, max_num_fields=_MAX_FIELDS))
    except ValueError as error:
        raise BadRequestError(f"at most {_MAX_FIELDS} fields are read") from error


def read_question(fields: dict[str, str], known: list[str]) -> Question:
    """Understand a check; `known` are the codes of the packs.

    What LanguageTool ignores is ignored; `preferredVariants` is no error. Raises BadRequestError.
    """
    asked = fields.get("language", "")
    if not asked:
        raise BadRequestError("Missing 'language' parameter, for example language=en-US or auto")
    if ("text" in fields) == ("data" in fields):
        raise BadRequestError("Give either 'text' or 'data', and not both")
    mode = _one_of(fields, "mode", _MODES)
    _one_of(fields, "level", _LEVELS)
    text = fields["text"] if "text" in fields else annotated_text(fields["data"])
    lang = None if asked == "auto" else pack_code(asked)
    names = ("enabledRules", "enabledCategories", "disabledRules", "disabledCategories")
    some, kinds, none, nor = (_names(fields.get(name, "")) for name in names)
    enabled_only = fields.get("enabledOnly") in ("true", "yes")
    if enabled_only and (not some + kinds or none + nor):
        raise BadRequestError("enabledOnly needs enabled rules or categories, and none disabled")
    return Question(
        Draft(text, lang),
        asked,
        mode == "textLevelOnly" or (lang is not None and lang not in known),
        fields.get("c") == "1",
        some + kinds,
        none + nor,
        enabled_only,
    )


def _one_of(fields: dict[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = fields.get(name) or allowed[0]
    if value not in allowed:
        raise BadRequestError(f"'{name}' must be one of {', '.join(allowed)}")
    return value


def _names(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def annotated_text(data: str) -> str:
    """Text of a `data` annotation, every character in its place. Raises BadRequestError.

    Markup becomes what it is to be read as, cut or filled to its own length with a character that
    ends a word and that no pattern sees.
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"'data' is not JSON: {error}") from error
    if not isinstance(content, dict) or ("text" in content) == ("annotation" in content):
        raise BadRequestError("'data' needs either 'text' or 'annotation'")
    if "text" in content:
        return _string(content, "text")
    if not isinstance(content["annotation"], list):
        raise BadRequestError("'annotation' must be a list")
    return "".join(map(_piece, content["annotation"]))


def _piece(item: Any) -> str:
    if not isinstance(item, dict) or ("text" in item) == ("markup" in item):
        raise BadRequestError("each annotation needs either 'text' or 'markup'")
    if "text" in item:
        if "interpretAs" in item:
            raise BadRequestError("'interpretAs' belongs to 'markup', not to 'text'")
        return _string(item, "text")
    length = len(_string(item, "markup"))
    read_as = _string(item, "interpretAs") if "interpretAs" in item else ""
    return read_as[:length].ljust(length, INVISIBLE_FILLER)


def _string(item: dict[str, Any], key: str) -> str:
    value = item[key]
    if not isinstance(value, str):
        raise BadRequestError(f"'{key}' must be a string")
    return value


# the answer


def answer(
    question: Question, checked: Checked | None, reference: Reference, base: str
) -> dict[str, Any]:
    """The answer to a check; `checked` is None when there was no time to read the text.

    `base` is the address of this server, without a closing slash: rules are explained there.
    """
    lang = checked.lang if checked else question.draft.lang or "und"
    code = lang if question.asked == "auto" else question.asked
    name = reference.names.get(lang, code)
    found = {
        "warnings": {"incompleteResults": checked is None},
        "language": {
            "name": name,
            "code": code,
            "detectedLanguage": {"name": name, "code": code, "confidence": 1.0, "source": "asobna"},
        },
        "matches": _matches(question, checked, reference, base) if checked else [],
        "sentenceRanges": _sentence_ranges(checked) if checked else [],
    }
    return found if question.compact else {"software": software(), **found}


def _matches(
    question: Question, checked: Checked, reference: Reference, base: str
) -> list[dict[str, Any]]:
    units = Utf16(checked.draft.text)
    wanted = [row for row in checked.findings if _wanted(row, question)]
    starts = [start for start, _ in checked.sentences]
    return [
        _match(row, question.compact, units)
        | ({} if question.compact else _surroundings(row, checked, starts, units))
        | {"rule": _rule(reference.rules[row["rule_id"]][checked.lang], base)}
        for row in wanted
    ]


def _wanted(row: dict[str, Any], question: Question) -> bool:
    names = {row["rule_id"], row["rule_id"].split(".")[0], _CATEGORY[row["severity"]]["id"]}
    if question.enabled_only:
        return bool(names & set(question.enabled))
    return not names & set(question.disabled)


def _match(row: dict[str, Any], compact: bool, units: Utf16) -> dict[str, Any]:
    start, end = row["start_cp"], row["end_cp"]
    most = _COMPACT_REPLACEMENTS if compact else MAX_REPLACEMENTS
    return {
        "message": f"{row['message']} {reason(row)}",
        "shortMessage": row["message"],
        "replacements": [{"value": w, "shortDescription": ""} for w in row["wordings"][:most]],
        "offset": units.units(start),
        "length": units.length(start, end),
        "type": {"typeName": "Other"},
        "ignoreForIncompleteSentence": False,
        "contextForSureMatch": 0,
    }


def _surroundings(
    row: dict[str, Any], checked: Checked, starts: list[int], units: Utf16
) -> dict[str, Any]:
    """Context and sentence of a match; `starts` are those of the sentences."""
    text, start, end = checked.draft.text, row["start_cp"], row["end_cp"]
    first, last = max(0, start - _CONTEXT_CP), min(len(text), end + _CONTEXT_CP)
    shown = "".join(" " if character in "\r\n\t" else character for character in text[first:last])
    index = bisect_right(starts, start) - 1
    sentence = checked.sentences[index] if index >= 0 else (start, end)
    return {
        "context": {
            "text": shown,
            "offset": units.length(first, start),
            "length": units.length(start, end),
        },
        "sentence": text[slice(*sentence)],
    }


def _rule(row: dict[str, Any], base: str) -> dict[str, Any]:
    page = f"{base}/rules/{quote(row['id'])}?lang={quote(row['lang'])}"
    return {
        "id": row["id"],
        "subId": "",
        "description": row["because"],
        "issueType": _ISSUE_TYPE[row["severity"]],
        "urls": [{"value": page}],
        "category": _CATEGORY[row["severity"]],
        "tags": [],
    }


def _sentence_ranges(checked: Checked) -> list[list[int]]:
    """UTF-16 ranges of the sentences that hold a mention: no other sentence is looked for."""
    units = Utf16(checked.draft.text)
    return [[units.units(start), units.units(end)] for start, end in checked.sentences]


@lru_cache(maxsize=1)
def software() -> dict[str, Any]:
    """What calls itself LanguageTool's interface here."""
    return {
        "name": "Asobna",
        "version": version("asobna"),
        "buildDate": "",
        "apiVersion": 1,
        "premium": False,
        "premiumHint": "",
        "status": "",
    }


def config_info(lang: str, reference: Reference, max_text_length: int) -> dict[str, Any]:
    """Answer of /v2/configinfo: the rules of one language."""
    return {
        "software": software(),
        "parameter": {"maxTextLength": max_text_length},
        "rules": [
            {
                "ruleId": rule_id,
                "description": rows[lang]["because"],
                "categoryId": _CATEGORY[rows[lang]["severity"]]["id"],
                "categoryName": _CATEGORY[rows[lang]["severity"]]["name"],
                "locQualityIssueType": _ISSUE_TYPE[rows[lang]["severity"]],
            }
            for rule_id, rows in reference.rules.items()
            if lang in rows
        ],
    }

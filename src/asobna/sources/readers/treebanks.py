"""CoNLL-U by the conllu library: sentences as they were written, document by document."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import conllu

from asobna.sources.readers.dates import dated
from asobna.sources.readers.drafts import Draft, Page, UnreadableError


def read(page: Page) -> Iterator[Draft]:
    """One document for every `# newdoc`, or one for the whole file."""
    try:
        text = page.content.decode("utf-8-sig")
        drafts = list(_documents(text, page))
    except UnicodeDecodeError as error:
        raise UnreadableError("not-utf8", f"it is not UTF-8 (byte {error.start:,})") from error
    except (conllu.exceptions.ParseException, ValueError) as error:
        raise UnreadableError("damaged", "it is not CoNLL-U") from error
    yield from drafts


def _documents(text: str, page: Page) -> Iterator[Draft]:
    draft: Draft | None = None
    sentences: list[tuple[str, str]] = []
    for number, sentence in enumerate(conllu.parse_incr(io.StringIO(text)), 1):
        known = sentence.metadata
        begins = "newdoc" in known or "newdoc id" in known
        if draft is None or begins:
            if draft is not None:
                _close(draft, sentences)
                yield draft
            draft, sentences = _begun(known, page), []
        if sentences and ("newpar" in known or "newpar id" in known):
            _close(draft, sentences)
            sentences = []
        sentences.append((known.get("sent_id") or str(number), _text(sentence)))
    if draft is not None:
        _close(draft, sentences)
        yield draft


def _begun(known: dict[str, Any], page: Page) -> Draft:
    draft = Draft(page.limits, document_id=known.get("newdoc id"), title=known.get("title"))
    draft.fields |= dated([(known.get("date"), "stated")], page.today)
    return draft


def _close(draft: Draft, sentences: list[tuple[str, str]]) -> None:
    if sentences:
        draft.paragraph(
            " ".join(text for _, text in sentences), None, f"sentence {sentences[0][0]}"
        )


def _text(sentence: Any) -> str:
    """The sentence as its metadata has it, or put together from its tokens."""
    if sentence.metadata.get("text"):
        return str(sentence.metadata["text"])
    parts, covered = [], 0
    for token in sentence:
        place = token["id"]
        if isinstance(place, tuple) and place[1] == "-":
            covered = place[2]
        elif isinstance(place, tuple) or place <= covered:
            continue
        spaced = (token.get("misc") or {}).get("SpaceAfter") != "No"
        parts.append(token["form"] + (" " if spaced else ""))
    return "".join(parts)

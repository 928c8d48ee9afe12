"""Mail (.eml) by the standard library: press releases and newsletters.

Senders and receivers are not kept; attachments are not opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import MIMEPart

from asobna.sources.readers.articles import draft_of_html
from asobna.sources.readers.dates import dated
from asobna.sources.readers.drafts import Draft, Page, UnreadableError


def read(page: Page) -> Iterator[Draft]:
    """One document: subject, date and the body, plain text before HTML."""
    message = message_from_bytes(page.content, policy=policy.default)
    body = message.get_body(preferencelist=("plain", "html"))
    if body is None or not message.keys():
        raise UnreadableError("damaged", "it is no mail with a text in it")
    text = _text(body)
    if body.get_content_subtype() == "html":
        draft = draft_of_html(text, page, [])
    else:
        draft = Draft(page.limits)
        _add_plain(draft, text)
    draft.fields |= {"title": str(message.get("subject", ""))}
    draft.fields |= dated([(str(message.get("date", "")), "stated")], page.today)
    yield draft


def _text(body: MIMEPart) -> str:
    try:
        return str(body.get_content())
    except (LookupError, ValueError):
        payload = body.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _add_plain(draft: Draft, text: str) -> None:
    """Paragraphs by blank lines; lines that begin with > are quoted."""
    for block in text.replace("\r\n", "\n").split("\n\n"):
        lines = block.split("\n")
        quoted = all(line.startswith(">") for line in lines if line.strip())
        draft.paragraph(
            "\n".join(line.lstrip("> ") if quoted else line for line in lines),
            "quote" if quoted else None,
        )

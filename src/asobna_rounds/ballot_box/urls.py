"""The addresses of the ballot box. The language is in the address, never guessed."""

from __future__ import annotations

from django.urls import path, register_converter

from asobna_rounds.ballot_box import reading, voting
from asobna_rounds.definition import INTERFACE_LANGUAGES


class LanguageConverter:
    """One of the six interface languages."""

    regex = "|".join(INTERFACE_LANGUAGES)

    def to_python(self, value: str) -> str:
        """The code itself."""
        return value

    def to_url(self, value: str) -> str:
        """The code itself."""
        return value


register_converter(LanguageConverter, "language")

urlpatterns = [
    path("", reading.languages),
    path("style.css", reading.style),
    path("<language:language>/", reading.welcome),
    path("<language:language>/brief", reading.brief),
    path("<language:language>/protection", reading.protection),
    path("<language:language>/ledger", reading.ledger),
    path("<language:language>/report", reading.report),
    path("<language:language>/report/<int:page_number>", reading.report),
    path("<language:language>/ballot", voting.ballot),
]
handler400 = "asobna_rounds.ballot_box.reading.refused"
handler404 = "asobna_rounds.ballot_box.reading.missing"
handler500 = "asobna_rounds.ballot_box.reading.broken"

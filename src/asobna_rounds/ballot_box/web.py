"""The WSGI application of one round."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from asobna_rounds.ballot_box.box import Box

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def setup() -> None:
    """Load Django with the ballot box's settings, once in a process."""
    if not settings.configured:
        os.environ["DJANGO_SETTINGS_MODULE"] = "asobna_rounds.ballot_box.settings"
        django.setup()


def application(box: Box) -> Application:
    """The web application for one round; several may live in one process."""
    setup()
    handler = WSGIHandler()

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["asobna.box"] = box
        return handler(environ, start_response)

    return answer

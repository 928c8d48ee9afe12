"""Django without its memory: no database, session, cookie, upload, host or log setting."""

from __future__ import annotations

import secrets
from pathlib import Path

from asobna_rounds.definition import INTERFACE_LANGUAGES

_HERE = Path(__file__).parent

# Django asks for one; nothing here signs with it, so a new one at each start costs nothing.
SECRET_KEY = secrets.token_hex(32)
DEBUG = False
# An onion service has no fixed host, and no page builds an address from the Host header.
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS: list[str] = []
DATABASES: dict[str, object] = {}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
MIDDLEWARE = ["asobna_rounds.ballot_box.guard.Guard"]
ROOT_URLCONF = "asobna_rounds.ballot_box.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_HERE / "pages"],
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n"],
            "libraries": {"report_text": "asobna_rounds.ballot_box.report_text"},
        },
    }
]
USE_I18N = True
USE_TZ = False
# Django sets the whole process to this; left out it would be Chicago.
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [(code, code) for code in INTERFACE_LANGUAGES]
LOCALE_PATHS = [_HERE / "locale"]
FILE_UPLOAD_HANDLERS: list[str] = []
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 64
# An error log would hold addresses and requests. Errors are answered, not written down.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"nowhere": {"class": "logging.NullHandler"}},
    "loggers": {"django": {"handlers": ["nowhere"], "level": "CRITICAL", "propagate": False}},
}

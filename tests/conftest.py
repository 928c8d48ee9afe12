"""Settings every test shares: examples are drawn anew each run; time is measured in bench/ alone."""

from hypothesis import settings

settings.register_profile("asobna", deadline=None, print_blob=True)
settings.load_profile("asobna")

"""languages: paragraphs in another language are found, and blanked without moving a thing."""

from hypothesis import given
from hypothesis import strategies as st

from asobna.languages import Stretch, only_language, split_by_language

ENGLISH = "A museum opened in Minsk on Monday, and the minister came from the capital to see it."
GERMAN = "Das Museum wurde am Montag feierlich eröffnet, und der Minister reiste aus der Stadt an."


def test_a_paragraph_in_another_language_is_a_stretch():
    text = f"{ENGLISH}\n\n{GERMAN}\nWeitere Gäste kamen.\n\n{ENGLISH}\n"
    [stretch] = split_by_language(text, "en", {"en", "de"})
    start = text.index(GERMAN)
    assert stretch[:3] == (start, text.index("kamen.") + len("kamen."), "de")
    assert stretch.confidence > 0.95


def test_a_paragraph_without_letters_enough_is_in_the_language_around_it():
    long = "1 234 567. " * 200  # more digits than are ever looked at, then a few words
    text = f"{ENGLISH}\n\nDas ist gut.\n\n{long}und so weiter.\n"
    assert split_by_language(text, "en", {"en", "de"}) == []


@given(st.text(alphabet="a\n\r\u2028é ", max_size=30), st.data())
def test_blanking_moves_nothing(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    stretches = [Stretch(start, end, "de", 1.0)]
    ours, theirs = (only_language(text, stretches, lang, "en") for lang in ("en", "de"))
    for at, sign in enumerate(text):
        inside = start <= at < end
        blank = sign if sign == "\n" else " "
        assert (ours[at], theirs[at]) == ((blank, sign) if inside else (sign, blank))

"""Where words are set without spaces: in some scripts all of them, in Hangul particles."""

from __future__ import annotations

#: Thai and Lao, kana, Han: any character may begin or end a word. The inside of a class.
UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
#: Syllables of Hangul: particles stand right behind a name. The inside of a class.
PARTICLED = "\uac00-\ud7a3"

"""Scripts that set no spaces between words: any of their characters may begin or end one."""

from __future__ import annotations

#: Thai and Lao, kana, Han; the inside of a class of characters.
UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"

"""Words of a text: what counts as one where texts are compared, and which ones deny what follows."""

import re

WORD = re.compile(r"[^\W_]+")
"""A run of letters and digits."""

SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""The letters of scripts that put no spaces between words, as a part of a class in a pattern: Chinese, Japanese, Thai,
Lao, Burmese, Khmer."""

WORD_CHARACTER = re.compile(r"\w")
"""What a stretch of text has to hold to say anything."""

NEGATIONS = frozenset("not no never nobody nor cannot".split())
"""English words that deny what follows them."""

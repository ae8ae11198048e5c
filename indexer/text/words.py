"""Words of a text: what counts as one where texts are compared, and which ones deny what follows."""

import re

WORD = re.compile(r"[^\W_]+")
"""A run of letters and digits."""

WORD_CHARACTER = re.compile(r"\w")
"""What a stretch of text has to hold to say anything."""

NEGATIONS = frozenset("not no never nobody nor cannot".split())
"""English words that deny what follows them."""

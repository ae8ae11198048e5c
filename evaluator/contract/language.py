"""The language of an answer, by a naive Bayes model over byte n-grams (py3langid; Lui and Baldwin 2012, langid.py).

Few words say little: where the likeliest language has a probability below 0.5, the verdict is UNKNOWN.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from evaluator.contract.check_outcome import Ask, CheckOutcome, Definition, Source, failed, passed
from evaluator.contract.layout import sentences, words
from evaluator.files.json_lines import Line
from policies.normal_form import stream_safe

TOLD = 0.5
"""The least probability at which the likeliest language of a whole answer is believed."""

TOLD_OF_A_SENTENCE = 0.95
FEWEST_WORDS = 6
"""A sentence in another language is only looked for among sentences of at least this many words."""


def make_language(line: Line, source: Source) -> Ask:
    wanted = line.text("is")
    known = _identifier().labels
    if wanted not in known:
        raise line.error("is", f"is {wanted!r}; give one of the ISO 639-1 codes {' '.join(sorted(known))}")

    def ask(answer: str) -> Sequence[CheckOutcome]:
        found, probability = _identifier().classify(stream_safe(answer))
        if found != wanted and probability >= TOLD:
            return failed("wrong_language", f"written in {found} ({probability:.2f}), {wanted} wanted", 0, len(answer))
        for sentence in sentences(answer):
            text = sentence.of(answer)
            other, sure = _identifier().classify(stream_safe(text))
            if other != wanted and sure >= TOLD_OF_A_SENTENCE and len(words(text)) >= FEWEST_WORDS:
                detail = f"a sentence in {other} ({sure:.2f}), {wanted} wanted"
                return failed("mixed_languages", detail, sentence.start, sentence.end)
        if probability < TOLD:
            return [CheckOutcome("UNKNOWN", "cannot_tell", f"{found} is the likeliest, at {probability:.2f}")]
        return passed(f"written in {found} ({probability:.2f})")

    return ask


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


CHECKS = {"language": Definition("format", frozenset({"is"}), make_language)}

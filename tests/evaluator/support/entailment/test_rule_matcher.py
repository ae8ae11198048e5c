"""The rules of the attribute ruler match as spaCy's own matcher has it, word by word and across words."""

from typing import Any

import pytest
from spacy.pipeline import AttributeRuler
from spacy.tokens import Doc
from spacy.vocab import Vocab

from evaluator.support.entailment.reading.parser import _pipeline
from evaluator.support.entailment.reading.rule_matcher import RuleMatcher

TEXTS = [
    "The buyer must notify the seller within 30 days, but nobody has to pay.",
    "There is a fee; there's none for those who didn't ask. Let's go, y'all gonna like it.",
    "I'm sure it was nothin', he'd said so. She ain't in, and they can't, won't, shan't come.",
    "Do you have any? Yes, I do. Has it been had? \n\n Being late   is no excuse\tat all.",
    "Something got to be done: gotta leave, c'mon, 'nuff said, ol' friend of 'em.",
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_shipped_rules_match_as_the_pipeline_itself_has_it(text: str) -> None:
    document = _parsed(text)
    matcher = _pipeline().get_pipe("attribute_ruler").matcher
    assert isinstance(matcher, RuleMatcher)
    for _ in range(2):  # the second time from what is kept
        found = matcher(document, allow_missing=True, as_spans=False)
        assert set(found) == set(matcher._whole(document, allow_missing=True, as_spans=False))
    assert found


RULES: list[dict[str, Any]] = [
    {"patterns": [[{"TAG": "NN"}], [{"LOWER": {"IN": ["free", "Free"]}}]], "attrs": {"POS": "NOUN"}},
    {"patterns": [[{"TAG": {"NOT_IN": ["NN", ""]}, "DEP": "nsubj"}]], "attrs": {"POS": "PRON"}},
    {"patterns": [[{"LOWER": {"REGEX": "^fr"}, "TAG": {"IN": ["JJ", "NN"]}}]], "attrs": {"LEMMA": "free"}},
    {"patterns": [[{"IS_SPACE": True}]], "attrs": {"POS": "SPACE"}},
]
OTHERS: list[dict[str, Any]] = [
    {"patterns": [[{"LOWER": "free"}, {"LOWER": "of"}]], "attrs": {"POS": "ADP"}, "index": 1},
    {"patterns": [[{"ORTH": "Free"}]], "attrs": {"LEMMA": "Free"}},
    {"patterns": [[{"TAG": "NN", "OP": "?"}, {"LOWER": "of"}]], "attrs": {"POS": "ADP"}},
    {"patterns": [[{}, {"LOWER": "charge"}]], "attrs": {"POS": "NOUN"}},
]


@pytest.mark.parametrize("rules", [RULES, *([*RULES, other] for other in OTHERS)])
@pytest.mark.parametrize("words", [["It", "\n", "is", "Free"], ["free", "of", "charge"], ["Free", "rooms"], ["of"]])
def test_rules_of_any_kind_match_as_spacys_matcher_has_it(rules: list[dict[str, Any]], words: list[str]) -> None:
    vocabulary = Vocab()
    ruler = AttributeRuler(vocabulary)
    ruler.add_patterns(rules)
    document = Doc(vocabulary, words=words, tags=["JJ", "NN", "", "NN"][: len(words)], deps=["nsubj"] * len(words))
    found = RuleMatcher(ruler)(document, allow_missing=True, as_spans=False)
    assert set(found) == set(ruler.matcher(document, allow_missing=True, as_spans=False))


def _parsed(text: str) -> Doc:
    pipeline = _pipeline()
    document = pipeline.make_doc(text)
    for name, component in pipeline.pipeline:
        if name == "attribute_ruler":
            break
        document = component(document)
    return document

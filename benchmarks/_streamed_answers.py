"""Answers about the sample policies as a model might stream them: sentences with planted faults, noise, and cuts."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from retriever.client import CheckedSentence

ASKED: dict[str, Any] = {
    "query": "Is a damaged item eligible for a return?",
    "as_of": "2025-04-01",
    "policies": ["P-6", "P-7"],
    "k": 8,
}
"""The question whose evidence the answers cite: all that P-6 and P-7 said on that day, and nothing else."""

SHOWN = {"P-6@1#1", "P-7@2#1", "P-7@2#2-3", "P-7@2#4"}
"""The blocks of that evidence."""

PLANTED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Hello, and thanks for asking!", ()),
    ("It depends, e.g. on the date, and costs approx. 1.5 euros in the U.S. and 2.50 elsewhere.", ()),
    ("Dr. Smith asked on 3. April; No. 7 of the list says nothing.", ()),
    ("Is that all? Nearly…", ()),
    ("Ein „anderes“ Wort, ein «autre» mot, ein »drittes« Wort — 日本語です。 Ça va.", ()),
    ("Damaged items are eligible within 30 days [P-7@2#1].", ()),
    ("Damaged items are eligible within 30 days. [P-7@2#1]", ()),
    ("Damaged items are eligible within 30 days. P-7@2#1.", ()),
    ("Send a photo and the order number 【P-7@2#2-3】.", ()),
    ("Send a photo [P-7@2#2], then wait for the label (see P-7@2#4).", ()),
    ("Both rules hold [P-7@2#1, 2-3; P-6@1#1].", ()),
    ("The first block says so [1], the others too [2, 3] <sup>4</sup>.", ()),
    ('The policy says "within 30 days of delivery" [P-7@2#1].', ()),
    ('The policy says "within 30 days of delivery." [P-7@2#1]', ()),
    ("It says “Do not send the item back before a label has been created.” (P-7@2#4)", ()),
    ("Selon la règle, «a return or a replacement» [P-7@2#1].", ()),
    ("P-7@2#1 says: “within 30 days of delivery”.", ()),
    ('"Items marked "final sale" may not be returned or exchanged, unless they arrive damaged." [P-6@1#1]', ()),
    ('It says "The return label is free of charge. Do not send the item back" [P-7@2#4].', ()),
    ("“The order number.”\n[P-7@2#2-3]", ()),
    ('Either rule says "unless they arrive damaged" [P-7@2#1, P-6@1#1].', ()),
    ("The clerk writes: ‘The order number’ [P-7@2#2-3].", ()),
    ("’Tis the customers’ right in the ‘90s, as in ‘a return or a replacement’. [P-7@2#1]", ()),
    ("P-6@1#1 says: ‘unless they arrive damaged’.", ()),
    (
        '\n\n> Items marked "final sale" may not be returned\n> or exchanged, unless they arrive\n\n[P-6@1#1]\n',
        (),
    ),
    ("\n> “The order number.”\n> — [P-7@2#2-3]\n", ()),
    ("\n[P-7@2#4] says:\n\n> The return label is free of charge.\n> Do not send the item back\n\n", ()),
    ("\n> **Note:** Nothing of this is quoted. [P-7@2#1]\n\n", ()),
    ("The policy P-7 and its like (P-6) say so, and P-7@2 more than others [P-7@2#1].", ()),
    ("Nobody knows this rule [P-99@1#1].", ("unknown_handle",)),
    ("Nobody knows this version 7.2 [P-7.2@3#1].", ("unknown_handle",)),
    ("Nor this passage. [P-7@2#17]", ("unknown_handle",)),
    ("Nor this number [17].", ("unknown_handle",)),
    ("This is no handle [P-7@0#1].", ("unknown_handle",)),
    ("Nor is a passage named [P-7@1].", ("unknown_handle",)),
    ("Nor here. [P-7]", ("unknown_handle",)),
    ("Nor as P-7@1 has it.", ("unknown_handle",)),
    ("Nor with blanks [P-7 @ 1 # 1].", ("unknown_handle",)),
    ("Nor in words (P-7, revision 1, passage 1).", ("unknown_handle",)),
    ("The letters are others [p-7@2#1].", ("unknown_handle",)),
    ("Unused items may be returned within 14 days [P-1@1#1].", ("not_in_evidence",)),
    ("Wrong items are told of within 10 days. (See P-3@1#1.)", ("not_in_evidence",)),
    ("Damaged items are eligible within 7 days [P-7@1#1].", ("not_in_force",)),
    ('It says "within 7 days of delivery" [P-7@1#1].', ("not_in_force",)),
    ('It will say "within 45 days of delivery" [P-7@3#1].', ("not_in_force",)),
    ('The policy says "within 90 days of delivery" [P-7@2#1].', ("wrong_quotation",)),
    ('The policy says "within 90 days of delivery". [P-7@2#1]', ("wrong_quotation",)),
    ("The policy says “Everything is refunded. Always.” (see P-7@2#1)", ("wrong_quotation",)),
    ("«Everything is refunded. Always.» [P-7@2#2-3]", ("wrong_quotation",)),
    ("The policy says ‘The customers’ own word is enough.’ [P-7@2#1]", ("wrong_quotation",)),
    ("\n\n> Everything is refunded. Always.\n> Even gifts.\n\n[P-7@2#1]\n", ("wrong_quotation",)),
    ("\nAs [P-7@2#1] says:\n\n> Everything is refunded. Always.\n\n", ("wrong_quotation",)),
    ("P-6@1#1 says: “Items may always be returned.”", ("wrong_quotation",)),
    ('According to [P-7@2#1], "every item" is refunded.', ("wrong_quotation",)),
    ('It says "7 days" [P-7@1#9], or "9 days" [P-6@1#1].', ("unknown_handle", "wrong_quotation")),
)
"""Sentences, and the codes of what is wrong with each."""

BETWEEN = (" ", " ", " ", "\n", "\n\n", "\r\n", "\n- ", "\n1. ", "\n\n## Rules\n\n")
NOISE = (
    *' \n.,;:!?…"“”„«»()[]*_<>-—#@0aZ',
    *("P-7@2#1", "[P-7@2#1]", "[1]", "[9]", "P-7.2@3#1", "1.5", "e.g. ", "Dr. ", "<sup>1</sup>", ". ", ". I", "\n\n"),
    *(
        "【1†source】",
        "[[1]](asof:P-7@2#1)",
        "\n[1]: P-7@2#1\n",
        "see ",
        "says ",
        "“Yes.” ",
        "é",
        "日本。",
        "\u00a0",
        "🎉",
    ),
    *("‘", "’", "‘Yes.’ ", "s’ ", "‘90s", ">", "\n> ", "\n\n> Yes. No.\n> Yes.\n", ":\n\n> Yes.\n", "—"),
    *("[P-7@1]", "[P-7]", "(P-7)", "P-7@1", "[P-7 @ 2 # 1]", "(P-7, passage 1)"),
    *("\r\n", "(see P-6@1#1)", "[P-7@2#1, P-6@1#1-3]", " and ", "No. "),
)


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer, its bytes in pieces, and what was planted in it; None where noise may have made anything of it."""

    text: str
    pieces: tuple[bytes, ...]
    planted: tuple[tuple[str, ...], ...] | None


def streamed(seed: int) -> Streamed:
    """The answer of a seed: three of four of planted sentences, one in four of noise, cut at random bytes."""
    chance = random.Random(seed)
    planted = None
    if seed % 4:
        chosen = chance.choices(PLANTED, k=chance.randint(1, 8))
        text = "".join(sentence + chance.choice(BETWEEN) for sentence, _ in chosen)
        planted = tuple(codes for _, codes in chosen if codes)
    else:
        sentences = [sentence for sentence, _ in PLANTED]
        parts = [chance.choice(NOISE if chance.random() < 0.8 else sentences) for _ in range(chance.randint(1, 60))]
        text = "".join(parts)
    return Streamed(text, tuple(_cut(text.encode(), chance)), planted)


def _cut(whole: bytes, chance: random.Random) -> Iterator[bytes]:
    """The bytes in pieces; a stream has one size of piece on the whole, from single bytes to sentences."""
    most = chance.choice((1, 4, 12, 60))
    while whole:
        size = chance.randint(1, most)
        yield whole[:size]
        whole = whole[size:]


def verdicts(sentences: Sequence[CheckedSentence]) -> list[tuple[Any, ...]]:
    """All that is said of sentences, but for the times."""
    return [(it.text, it.citations, it.findings, it.held, it.shown) for it in sentences]


def found(sentences: Sequence[CheckedSentence]) -> tuple[tuple[str, ...], ...]:
    """The codes of each sentence that has some, sorted and once each."""
    codes = (tuple(sorted({finding.code for finding in it.findings})) for it in sentences)
    return tuple(item for item in codes if item)

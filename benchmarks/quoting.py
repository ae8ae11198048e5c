"""Quotations as an independent renderer shows each passage in force; quotations that are cut or changed; the time."""

import random
import re
import statistics
import time
from collections.abc import Iterator
from typing import Any

import html5lib
from markdown_it import MarkdownIt

from benchmarks._data import history, json_lines, parser
from indexer.encoding.embedding import load_encoder
from indexer.text.split import Splitter
from policies.revision import Span
from retriever.evidence.quotations import quotation

COUNT = 2000
CONTEXT = 60
"""Characters of a passage in a quotation that is cut or changed, beside the cut."""

_CUT = re.compile(r"(?:[$€£]\s?)?\d+(?:[.,:/-]\d+)+%?|[$€£]\s?\d+|\d+\s?%|\d{2,}|[^\W\d_]+(?:[-'’][^\W\d_]+)+")
_WORD = re.compile(r"[^\W_]+")


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--seed", type=int, default=17)
    arguments.add_argument("--show", type=int, default=10, help="print so many refused passages")
    given = arguments.parse_args()
    encoder = load_encoder()
    splitter = Splitter(encoder.token_offsets, encoder.tokenizer_digest)
    newest = {row["policy_id"]: row for row in json_lines(history(given.data)) if row["effective_to"] is None}
    passages = [
        (row["text"], (span.start, span.end), text)
        for row in newest.values()
        for span, text in _rendered(row["text"], splitter.split(row["text"]))
        if text
    ]
    refused, took = [], []
    for source, span, text in passages:
        began = time.perf_counter()
        found = quotation(text, source, [span])
        took.append(time.perf_counter() - began)
        if found is None:
            refused.append((source[slice(*span)], text))
    accepted = 1 - len(refused) / len(passages)
    print(f"{len(passages):,} passages in force as rendered: accepted {accepted:.2%}, refused {len(refused)}")
    for source_words, text in refused[: given.show]:
        print(f"  REFUSED {source_words[:160]!r}\n       as {text[:160]!r}")
    print(f"  median {statistics.median(took) * 1e3:.2f} ms, slowest {max(took) * 1e3:.1f} ms")
    chance = random.Random(given.seed)
    for name, made in (("cut", _cut), ("changed", _changed)):
        wrong = count = 0
        while count < COUNT:
            source, span, text = chance.choice(passages)
            if (quote := made(text, chance)) is None:
                continue
            count += 1
            if quotation(quote, source, [span]) is not None:
                wrong += 1
                if wrong <= given.show:
                    print(f"  ACCEPTED, {name}: {quote!r} of {text[:200]!r}")
        print(f"{COUNT:,} quotations {name}: accepted {wrong}")
    long = " ".join(text for _, _, text in passages)[:20_000]
    began = time.perf_counter()
    quotation(long, long, [(0, len(long))])
    print(f"a quotation of 20,000 characters: {(time.perf_counter() - began) * 1e3:.0f} ms")


def _rendered(source: str, spans: list[Span]) -> Iterator[tuple[Span, str]]:
    """Each passage with its text in the tree that html5lib makes of markdown-it's HTML."""
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    definitions: dict[str, Any] = {}
    body = re.sub(r"\A---\n.*?\n---\n", "", source, flags=re.DOTALL)
    markdown.parse(body, definitions)
    for span in spans:
        raw = source[span.start : span.end]
        header = source[slice(*span.lead_ins[-1])] if span.lead_ins else ""
        row = raw.lstrip().startswith("|") or (header.count("|") > 1 and "|" in raw)
        if row and header.count("|"):
            cells = max(1, header.strip().strip("|").count("|") + 1)
            raw = f"{header}\n{'|---' * cells}|\n{raw}"
        html = markdown.render(raw, {"references": definitions.get("references", {})})
        tree = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
        if row and (found := tree.find(".//tbody/tr")) is not None:
            yield span, " ".join(" ".join(_text(cell) for cell in found).split())
        else:
            yield span, " ".join(_text(tree).split())


def _text(element: Any) -> str:
    """The text of an element; a line for each line break and each block inside it."""
    parts = [element.text or ""] if isinstance(element.tag, str) and element.tag not in ("script", "style") else []
    for child in element:
        if isinstance(child.tag, str):
            inner = " " if child.tag == "br" else _text(child)
            parts.append(f" {inner} " if child.tag in ("p", "li", "tr", "td", "th", "div", "dt", "dd", "ul") else inner)
        parts.append(child.tail or "")
    return "".join(parts)


def _cut(text: str, chance: random.Random) -> str | None:
    """A quotation that begins or ends inside a number or a word with a hyphen."""
    places = [match.span() for match in _CUT.finditer(text)]
    if not places:
        return None
    start, end = chance.choice(places)
    cut = chance.randrange(start + 1, end)
    quote = text[max(0, cut - CONTEXT) : cut] if chance.random() < 0.5 else text[cut : cut + CONTEXT]
    if text[max(0, cut - CONTEXT) : cut] == quote:
        quote = quote[quote.find(" ") + 1 :] if cut > CONTEXT else quote
    else:
        quote = quote[: quote.rfind(" ")] if cut + CONTEXT < len(text) else quote
    return quote if len(quote.strip()) > 2 and text.count(quote) == 1 else None


def _changed(text: str, chance: random.Random) -> str | None:
    """A quotation with one word or number that is another."""
    words = list(_WORD.finditer(text))
    if len(words) < 3:
        return None
    word = chance.choice(words)
    other = str(int(word[0]) + 1) if word[0].isdecimal() and len(word[0]) < 10 else f"{word[0]}x"
    start, end = max(0, word.start() - CONTEXT), min(len(text), word.end() + CONTEXT)
    start = start if start == 0 else text.find(" ", start) + 1
    end = end if end == len(text) else text.rfind(" ", 0, end)
    return text[start : word.start()] + other + text[word.end() : end] if start <= word.start() else None


if __name__ == "__main__":
    main()

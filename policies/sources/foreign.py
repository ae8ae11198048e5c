"""What a file is that is not Markdown, by how it begins."""

import json
import re
from itertools import accumulate

CONVERT = "Convert it first, for example: pandoc FILE -t gfm -o FILE.md"

_ARCHIVES = {
    b"PK\x03\x04": "a Word, Excel or OpenDocument file (a zip archive)",
    b"%PDF-": "a PDF",
    b"\xd0\xcf\x11\xe0": "a Word file of the old kind (.doc)",
    b"{\\rtf": "RTF",
    b"\x89PNG": "an image (PNG)",
    b"\xff\xd8\xff": "an image (JPEG)",
    b"GIF8": "an image (GIF)",
    b"\x1f\x8b": "a gzip archive",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_BEGINNINGS = (
    (re.compile(r"\{\\rtf"), "RTF"),
    (re.compile(r"%PDF-"), "a PDF"),
    (re.compile(r"PK\x03\x04"), "a zip archive"),
    (re.compile(r"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*+<(?:!doctype\s+html|html|head|body)\b", re.I | re.S), "HTML"),
    (re.compile(r"<\?xml\b", re.I), "XML"),
    (re.compile(r"(?:%[^\n]*\n\s*)*+\\document(?:class|style)\b"), "LaTeX"),
    (re.compile(r"MIME-Version:", re.I), "an e-mail or a web archive (MIME)"),
)
_CONTROLS = re.compile("[\x01-\x08\x0b\x0e-\x1f\x7f\ufffd]")
_JSON_STARTS = ("{", "[")
_BRACKETS = re.compile(r"[\[\]{}]")

DEEPEST_JSON = 200
"""Brackets inside one another in what counts as JSON. How many a parser can read depends on the interpreter, and on how
deep its caller stands; what a text is does not."""


def foreign_bytes(content: bytes) -> str | None:
    """What the bytes of a file are by how they begin; None where they may be text."""
    return next((name for start, name in _ARCHIVES.items() if content.startswith(start)), None)


def foreign_text(text: str) -> str | None:
    """What a text is that is not Markdown; None where it may be Markdown."""
    stripped = text.lstrip("\ufeff \t\r\n")
    for begins, name in _BEGINNINGS:
        if begins.match(stripped):
            return name
    if stripped.startswith(_JSON_STARTS) and _is_json(stripped):
        return "JSON"
    controls = len(_CONTROLS.findall(text))
    return "binary" if controls > 4 and controls * 50 > len(text) else None


def _is_json(text: str) -> bool:
    """Whether a text is a JSON object, or a list of values that are no plain words in brackets."""
    if max(accumulate(1 if sign in "[{" else -1 for sign in _BRACKETS.findall(text))) > DEEPEST_JSON:
        return False
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict | list)

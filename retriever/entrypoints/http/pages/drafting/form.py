"""The form that words are written in: what it was sent with, and what it begins with."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from policies.errors import DraftError
from policies.sources.draft import MAX_BYTES, decode, front_matter_end
from retriever.entrypoints.http.browsing import form_of

MOST_FIELDS = 12

MOST_SENT = 8 * 1024 * 1024
"""Bytes of one field, more than the service takes of a body: words that are too long come back with the reason."""

TEXT = "The text"
"""What a refusal calls words that were typed."""

TEMPLATE = """---
policy: {policy}            # an id, such as P-7
title:             # such as Damaged items
# effective: {today}
# through: {year}-12-31
# owner: returns-team
# note: Shorter, since too many came back
---
# Heading

Words.
"""

_LEFT_OUT = re.compile(r"^(?:effective|note)[ \t]*:.*\n(?:[ \t]+.*\n|-[ \t].*\n)*", re.MULTILINE)
_UNWANTED = re.compile(r"[^\w .()\[\]+,@#&=-]+")


@dataclass(frozen=True, slots=True)
class Written:
    """What was sent by the form. `where` names the words in refusals, and `seen` is the digest that they stand on.

    `refused` says why a file cannot be taken; the words are then those that were typed.
    """

    words: str
    where: str = TEXT
    replace_scheduled: bool = False
    seen: str | None = None
    draft: str | None = None
    refused: DraftError | None = None


@asynccontextmanager
async def sent(request: Request) -> AsyncIterator[FormData]:
    """The fields of a form."""
    async with form_of(request, max_files=1, max_fields=MOST_FIELDS, max_part_size=MOST_SENT) as form:
        yield form


def line(form: FormData, name: str) -> str | None:
    """A field of one line; None where it was left empty."""
    found = form.get(name)
    return (found.strip() or None) if isinstance(found, str) else None


async def written(form: FormData) -> Written:
    """The words of the form: those of its file where one was chosen, else those that were typed."""
    typed = form.get("text")
    # A browser sends every end of a line as two characters, whatever the text had.
    words = typed.replace("\r\n", "\n") if isinstance(typed, str) else ""
    found: dict[str, Any] = {
        "words": words,
        "replace_scheduled": form.get("replace_scheduled") == "1",
        "seen": line(form, "seen"),
        "draft": line(form, "draft"),
    }
    file = form.get("file")
    if isinstance(file, UploadFile) and file.filename:
        where = file_name(file.filename)
        content = await file.read(MAX_BYTES + 1)
        try:
            if len(content) > MAX_BYTES:
                raise DraftError(where, f"is over the limit of {MAX_BYTES:,} bytes; split the policy into several")
            found |= {"words": decode(content, where), "where": where}
        except DraftError as error:
            found |= {"refused": error}
    return Written(**found)


def file_name(text: str) -> str:
    """A name that a browser gave to a file, as it may stand in a line: without folders and without markup."""
    name = re.split(r"[/\\]", text)[-1]
    return _UNWANTED.sub("_", name).strip()[:100] or "The file"


def template(today: str, policy_id: str) -> str:
    """What an author begins with who has no words yet."""
    return TEMPLATE.format(today=today, year=today[:4], policy=policy_id)


def words_of(shown: dict[str, Any]) -> str:
    """The words of a revision to be edited, without its beginning and its note, which are of that change alone.

    Words that came without front matter get what is recorded of them as one.
    """
    text: str = shown["text"]
    end = front_matter_end(text)
    if end and "\npolicy" in text[:end]:
        return _LEFT_OUT.sub("", text[:end]) + text[end:]
    fields: dict[str, Any] = {"policy": shown["policy_id"], "title": shown["title"]}
    fields |= {name: shown[name] for name in ("owner", "applies_to") if shown.get(name)}
    if shown["audience"] != ["public"]:
        fields["audience"] = shown["audience"]
    front = "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in fields.items())
    return f"---\n{front}---\n{text}"

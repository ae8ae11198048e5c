"""Messages of the library as callers of the service read them: routes and fields in the place of commands and options.

On pages, addresses of pages. A command that the service has no route for is left as it is, with where to run it.
"""

import json
import re
import shlex

_ID = r"(?P<id>[^\s`@]+)"
_COMMANDS: tuple[tuple[str, str, str | None], ...] = (
    (r"asof policies", "GET /v1/policies", "the first page"),
    (r"asof history", "GET /v1/policies/{{policy_id}}/revisions", None),
    (rf"asof history {_ID}", "GET /v1/policies/{id}/revisions", "/p/{id}/timeline"),
    (r"asof log", "GET /v1/log", "/log"),
    (rf"asof withdraw {_ID}", "POST /v1/policies/{id}/withdraw", None),
    (r"asof undo (?P<tx>\d+)", 'POST /v1/undo {{"tx": {tx}}}', "/changes/{tx}/undo"),
    (r"asof drafts", "GET /v1/drafts", "/drafts"),
    (rf"asof drafts {_ID}", "GET /v1/drafts/{id}", "/drafts/{id}"),
    (r"asof draft FILE", "POST /v1/drafts", "/drafts/new"),
    (rf"asof draft FILE --id {_ID}", "PUT /v1/drafts/{id}", "/drafts/{id}/edit"),
    (r"asof submit", "POST /v1/drafts/{{draft_id}}/submit", None),
    (rf"asof submit {_ID}", "POST /v1/drafts/{id}/submit", "/drafts/{id}"),
    (rf"asof approve {_ID}", "POST /v1/drafts/{id}/approve", "/drafts/{id}"),
    (r"asof sign-off", "POST /v1/policies/{{policy_id}}/sign-off", "/approvals"),
    (rf"asof describe {_ID}(?P<options> .*)", "POST /v1/policies/{id}/describe {fields}", None),
)
"""The commands that messages name, the routes that do the same, and how messages name the page where there is one."""

_TOLD = tuple((re.compile(pattern), route, page) for pattern, route, page in _COMMANDS)
_PUBLISHES = re.compile(rf"`asof approve {_ID}` publishes it")
"""What is approved already is published by a route of its own."""

_QUOTED = re.compile(r"`(asof [^`]*)`")
_HERE = (
    "asof restrict",
    "asof verify",
    "asof index",
    "asof status",
    "asof publish",
    "asof settings",
    "asof key",
    "asof drafts --delete",
)
"""Commands without a route: an operator runs them where the home is."""


def over_http(message: str) -> str:
    """The message with each command that has a route in the words of the service."""
    told = _PUBLISHES.sub(r"`POST /v1/drafts/\g<id>/publish` publishes it", message)
    told = _QUOTED.sub(lambda quoted: _route(quoted[1]), told)
    return told.replace("--replace-scheduled", "replace_scheduled").replace(" in ASOF_KEY", " with the request")


def on_pages(message: str) -> str:
    """The message with the address of a page for each command that has one."""
    return _QUOTED.sub(lambda quoted: _page(quoted[1]) or quoted[0], message)


def _route(command: str) -> str:
    for pattern, route, _ in _TOLD:
        if match := pattern.fullmatch(command):
            found = match.groupdict()
            return f"`{route.format(**found, fields=_fields(found.get('options') or ''))}`"
    return f"`{command}` on the service's machine" if command.startswith(_HERE) else f"`{command}`"


def _page(command: str) -> str | None:
    for pattern, _, page in _TOLD:
        if match := pattern.fullmatch(command):
            return None if page is None else page.format(**match.groupdict())
    return None


def _fields(options: str) -> str:
    """The options of a command as fields of JSON: `--owner X --no-note` as `{"owner": "X", "note": null}`."""
    fields: dict[str, str | None] = {}
    words = iter(shlex.split(options))
    for option in words:
        name = option.removeprefix("--")
        if name.startswith("no-"):
            fields[name.removeprefix("no-").replace("-", "_")] = None
        else:
            fields[name.replace("-", "_")] = next(words, None)
    return json.dumps(fields, ensure_ascii=False)

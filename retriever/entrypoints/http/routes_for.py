"""Messages of the library as callers of the service read them: routes and fields in the place of commands and options.

A command that the service has no route for is left as it is, with where to run it.
"""

import json
import re
import shlex

_ID = r"(?P<id>[^\s`@]+)"
_COMMANDS: tuple[tuple[str, str], ...] = (
    (r"asof policies", "GET /v1/policies"),
    (r"asof history", "GET /v1/policies/{{policy_id}}/revisions"),
    (rf"asof history {_ID}", "GET /v1/policies/{id}/revisions"),
    (r"asof log", "GET /v1/log"),
    (rf"asof withdraw {_ID}", "POST /v1/policies/{id}/withdraw"),
    (r"asof undo (?P<tx>\d+)", 'POST /v1/undo {{"tx": {tx}}}'),
    (r"asof drafts", "GET /v1/drafts"),
    (rf"asof drafts {_ID}", "GET /v1/drafts/{id}"),
    (r"asof draft FILE", "POST /v1/drafts"),
    (rf"asof draft FILE --id {_ID}", "PUT /v1/drafts/{id}"),
    (r"asof submit", "POST /v1/drafts/{{draft_id}}/submit"),
    (rf"asof submit {_ID}", "POST /v1/drafts/{id}/submit"),
    (rf"asof approve {_ID}", "POST /v1/drafts/{id}/approve"),
    (r"asof sign-off", "POST /v1/policies/{{policy_id}}/sign-off"),
    (rf"asof describe {_ID}(?P<options> .*)", "POST /v1/policies/{id}/describe {fields}"),
)
"""The commands that messages name, and the routes that do the same."""

_ROUTES = tuple((re.compile(pattern), route) for pattern, route in _COMMANDS)
_QUOTED = re.compile(r"`(asof [^`]*)`")
_HERE = ("asof restrict", "asof verify", "asof index", "asof status", "asof publish", "asof settings", "asof key")
"""Commands without a route: an operator runs them where the home is."""


def over_http(message: str) -> str:
    """The message with each command that has a route in the words of the service."""
    told = _QUOTED.sub(lambda quoted: _route(quoted[1]), message)
    return told.replace("--replace-scheduled", "replace_scheduled").replace(" in ASOF_KEY", " with the request")


def _route(command: str) -> str:
    for pattern, route in _ROUTES:
        if match := pattern.fullmatch(command):
            found = match.groupdict()
            return f"`{route.format(**found, fields=_fields(found.get('options') or ''))}`"
    return f"`{command}` on the service's machine" if command.startswith(_HERE) else f"`{command}`"


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

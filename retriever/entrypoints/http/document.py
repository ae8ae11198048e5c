"""The service's OpenAPI document: what a route can answer, what it is called there, and whether it needs a key."""

import json
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

REFERENCE = "#/components/schemas/{model}"

Responses = dict[int | str, dict[str, Any]]


class InvalidField(BaseModel):
    """A field of a request, and what is wrong with it."""

    field: str = Field(examples=["as_of"])
    problem: str


class Problem(BaseModel):
    """An error, as RFC 9457 problem details with a stable code."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Unknown policy",
                    "status": 404,
                    "detail": "There is no policy P-7; `GET /v1/policies` lists them",
                    "code": "unknown_policy",
                }
            ]
        }
    )

    type: str = "about:blank"
    title: str
    status: int
    detail: str = Field(description="What happened, to what, and what to do next.")
    code: str = Field(description="What happened, in a word that stays.", examples=["unknown_policy"])
    errors: list[InvalidField] | None = Field(None, description="The fields of the request that cannot be accepted.")


class Documented(FastAPI):
    """A service whose document has one `Problem` for every error, and operations with the names of their functions.

    `keys_required` says whether every caller needs a key. Otherwise a key is optional, and names of other machines are
    refused.
    """

    def __init__(self, *, keys_required: bool, **settings: Any) -> None:
        every = problems(400, 408, 413, 500, 504) if keys_required else problems(400, 408, 413, 421, 500, 504)
        super().__init__(generate_unique_id_function=lambda route: route.name, responses=every, **settings)
        self._keys_required = keys_required

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        before = self.openapi_schema
        document = super().openapi()
        if document is not before:
            self._complete(document)
        return document

    def _complete(self, document: dict[str, Any]) -> None:
        schema = Problem.model_json_schema(ref_template=REFERENCE, mode="serialization")
        schemas = document["components"]["schemas"]
        schemas.update(schema.pop("$defs"), Problem=schema)
        document["components"]["schemas"] = dict(sorted(schemas.items()))
        for described in schemas.values():
            for field in described.get("properties", {}).values():
                _say_default(field)
        for methods in document["paths"].values():
            for operation in methods.values():
                operation["responses"] = dict(sorted(operation["responses"].items()))
                if not self._keys_required and "security" in operation:
                    operation["security"].insert(0, {})


def _say_default(field: dict[str, Any]) -> None:
    """Moves the default of a field into its description: generators believe that a field with a default is there."""
    if (default := field.pop("default", None)) is not None:
        field["description"] = f"{field.get('description', '')} Default {json.dumps(default)}.".lstrip()


def answered(model: type[BaseModel], status: int = 200) -> Responses:
    """The answer that a route documents."""
    return {status: {"model": model}}


def problems(*statuses: int) -> Responses:
    """The errors that a route documents, each a problem."""
    content = {"application/problem+json": {"schema": {"$ref": REFERENCE.format(model=Problem.__name__)}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in sorted(statuses)}


def to_callers(*statuses: int) -> Responses:
    """The errors of a route that asks who calls and takes parameters: what each of these has, and its own."""
    return problems(401, 403, 422, 429, 503, 507, *statuses)

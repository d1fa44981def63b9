"""The OpenAPI document of the interface for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from bareface.web import schemas

_NULL = {"type": "null"}


def of(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of an app, with the shape of errors that no route returns itself."""
    from fastapi.openapi.utils import get_openapi

    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version="1",
            summary=app.summary,
            description=app.description,
            routes=app.routes,
        )
        schema = schemas.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        document["components"]["schemas"]["Problem"] = schema
        for form in _forms(document):
            form["additionalProperties"] = False
        for one in _texts(document):
            _drop_null(one)
        app.openapi_schema = document
    return app.openapi_schema


def _texts(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the schemas of everything that is sent as text: parameters, and fields of forms."""
    for path in document["paths"].values():
        for operation in path.values():
            yield from (parameter["schema"] for parameter in operation.get("parameters", ()))
    for form in _forms(document):
        yield from form["properties"].values()


def _forms(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the schemas of all forms."""
    for path in document["paths"].values():
        for operation in path.values():
            for kind, body in operation.get("requestBody", {}).get("content", {}).items():
                if kind != "application/json":
                    yield document["components"]["schemas"][body["schema"]["$ref"].rpartition("/")[2]]


def _drop_null(schema: dict[str, Any]) -> None:
    """Drop null from the types of a text: what is not given is left out, and "null" would be four letters."""
    kinds = schema.get("anyOf", [])
    if _NULL in kinds:
        kinds.remove(_NULL)
        if len(kinds) == 1:
            schema.update(schema.pop("anyOf")[0])

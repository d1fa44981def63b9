"""Names of the fields and parameters of a request: an unknown one is a mistake, and not left unread.

A photo that is sent with ``name`` where the interface says ``subject`` would be enrolled without a name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, get_args, get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError

_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


async def known_only(request: Request) -> None:
    """Refuse parameters and form fields that a route does not have, and one given twice that has one value.

    Raises
    ------
    RequestValidationError
        ``web.request`` in the answer.
    """
    route = request.scope["route"]
    faults = _faults("query", _fields(route.dependant, "query_params"), request.query_params.multi_items())
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() in _FORMS:
        form = await request.form()  # read already, with the limits of the service
        faults += _faults("body", _fields(route.dependant, "body_params"), form.multi_items())
    if faults:
        raise RequestValidationError(faults)


def _fields(dependant: Dependant, kind: str) -> dict[str, bool]:
    """Return the fields of a route, and whether each can have several values."""
    found = {one.alias: _is_list(one.field_info.annotation) for one in getattr(dependant, kind)}
    for other in dependant.dependencies:
        found |= _fields(other, kind)
    return found


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(get_origin(one) is list for one in get_args(annotation))


def _faults(place: str, known: dict[str, bool], given: Iterable[tuple[str, Any]]) -> list[dict[str, Any]]:
    counts = Counter(name for name, _ in given)
    unknown = [{"loc": (place, name[:60]), "msg": "there is no such field"} for name in counts if name not in known]
    several = [
        {"loc": (place, name), "msg": "given more than once"}
        for name, count in counts.items()
        if count > 1 and not known.get(name, True)
    ]
    return unknown + several

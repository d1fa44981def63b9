"""Cursors of listings: opaque, and signed, so that nobody can make one up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any

from bareface.errors import WebError

_SIGNATURE = 16
_LONGEST = 4096


class Cursors:
    """Signs the place at which a page of a listing ends, with a key of this process: a restart ends all cursors."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def sign(self, listing: str, place: Any) -> str:
        """Return the cursor of a place.

        Parameters
        ----------
        listing
            The listing with its filters: the cursor holds for no other.
        place
            A plain value.
        """
        payload = json.dumps(place).encode()
        return base64.urlsafe_b64encode(self._signature(listing, payload) + payload).decode().rstrip("=")

    def place(self, listing: str, cursor: str | None) -> Any:
        """Return the place of a cursor; None without one.

        Raises
        ------
        WebError
            ``web.cursor``: it is not a cursor of this listing.
        """
        if cursor is None:
            return None
        try:
            if len(cursor) > _LONGEST:
                raise ValueError
            raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except ValueError:
            raise WebError("web.cursor") from None
        signature, payload = raw[:_SIGNATURE], raw[_SIGNATURE:]
        if not hmac.compare_digest(signature, self._signature(listing, payload)):
            raise WebError("web.cursor")
        return json.loads(payload)

    def _signature(self, listing: str, payload: bytes) -> bytes:
        text = listing.encode("utf-8", "surrogatepass") + b"\0" + payload
        return hmac.digest(self._key, text, hashlib.sha256)[:_SIGNATURE]

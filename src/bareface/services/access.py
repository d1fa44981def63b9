"""Access to the web service: one secret token, of which the machine keeps only the hash.

The token has 256 random bits, so its plain SHA-256 cannot be reversed, and there is nothing to guess that would need a
slow hash. Users and roles take the place of the one caller here: whoever asks gets a :class:`Caller` or None.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from bareface.errors import UsageError
from bareface.logs import logger
from bareface.system.extras import require
from bareface.system.files import create
from bareface.system.reading import read_regular
from bareface.system.user import user_name

_log = logger(__name__)
_OWNER_ONLY = 0o600
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who may use the service.

    Attributes
    ----------
    name
        The actor in audit events.
    """

    name: str


@dataclass(slots=True)
class Access:
    """Admits callers by a token.

    Attributes
    ----------
    digest
        SHA-256 of the token, in hex.
    place
        The file that keeps it; None if none does.
    """

    digest: str
    place: Path | None = None
    _version: tuple[int, ...] = ()

    @classmethod
    def open(cls, gallery: str | Path, *, renew: bool = False) -> tuple[Access, str | None]:
        """Read the hash of a gallery's token, or make a token.

        Parameters
        ----------
        gallery
            The gallery's file; ``<path>-access`` next to it keeps the hash, for its owner only.
        renew
            Make a new token, which ends the former one.

        Returns
        -------
        tuple
            The access, and the token if it was made now: it cannot be read again.

        Raises
        ------
        UsageError
            ``usage.access``: the file is damaged; ``usage.output``: it cannot be written.
        """
        place = Path(os.path.realpath(gallery) + "-access")
        if not renew:
            with contextlib.suppress(FileNotFoundError):
                return cls(_read(place), place, _version(place)), None
        token = secrets.token_urlsafe(32)
        _write(place, _digest(token))
        _log.info("a new token was made")
        return cls(_digest(token), place, _version(place)), token

    def renewed(self) -> bool:
        """Return whether another process made a new token since this was last asked: from now on it counts."""
        version = () if self.place is None else _version(self.place)
        if self.place is None or version in ((), self._version):
            return False
        self._version = version
        with contextlib.suppress(UsageError, FileNotFoundError):  # a damaged file admits whom it admitted
            before, self.digest = self.digest, _read(self.place)
            return before != self.digest
        return False

    def caller(self, token: str) -> Caller | None:
        """Return who has this token, None if it is nobody's; the time taken does not depend on how much is right."""
        return Caller(user_name()) if hmac.compare_digest(_digest(token), self.digest) else None


def check_access(gallery: str | Path) -> None:
    """Raise the error that the service would start with; ``usage.access`` if the file of the token is damaged."""
    with contextlib.suppress(FileNotFoundError):
        _read(Path(os.path.realpath(gallery) + "-access"))


def require_web() -> None:
    """Refuse to begin without the packages of the extra ``[web]``.

    Raises
    ------
    UsageError
        ``usage.extra``.
    """
    require("fastapi", "uvicorn", "multipart")


def _version(place: Path) -> tuple[int, ...]:
    try:
        status = place.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_mtime_ns, status.st_size


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _read(place: Path) -> str:
    try:
        digest = json.loads(read_regular(place, _LONGEST))["sha256"]
        if len(bytes.fromhex(digest)) != hashlib.sha256().digest_size:
            raise ValueError
    except FileNotFoundError:
        raise
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UsageError("usage.access", source=str(place)) from error
    return str(digest)


def _write(place: Path, digest: str) -> None:
    part = place.with_name(f".{place.name[:40]}.{secrets.token_hex(4)}.part")
    try:
        with create(part, _OWNER_ONLY) as file:
            file.write(json.dumps({"sha256": digest}).encode())
            file.flush()
            os.fsync(file.fileno())
        part.replace(place)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise UsageError("usage.output/write", reason=error.strerror or error, source=str(place)) from error

"""The context of a call: who calls a service, and why. It goes into the call's audit event."""

from __future__ import annotations

from dataclasses import dataclass, field

from bareface.system.user import user_name
from bareface.values import names
from bareface.values.words import printable


@dataclass(frozen=True, slots=True)
class Context:
    """The caller of a service, and the purpose.

    Attributes
    ----------
    actor
        The caller: a user's name or number. By default the operating system's user.
    purpose
        Reason for the call, such as ``find a missing person``; None if not stated.
    case
        Identifier of the case that the call belongs to; None if it belongs to none.
    """

    actor: str = field(default_factory=user_name)
    purpose: str | None = None
    case: str | None = None


def stated(name: str) -> str:
    """Return the name that a caller states, in one form however it was typed, and safe to show.

    >>> stated(" Zoe\u0308  O\u2019Brien ")
    "Zoë O'Brien"
    """
    return printable(names.key(name))

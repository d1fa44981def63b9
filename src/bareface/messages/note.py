"""A remark as a code with parameters."""

from __future__ import annotations

from typing import Any

from bareface.messages.catalogue import message, plain


class Note(str):
    """A remark: a code with parameters, which reads and compares as its sentence.

    Being text, it joins, prints and goes into JSON as one; a reader in another language renders `code` and `params`
    anew. Immutable, and pickled by its code.

    Parameters
    ----------
    code
        The id of its message in the catalogue, such as ``note.first-page``.
    **params
        The values that the message names.

    Attributes
    ----------
    code
        As above.
    params
        The parameters as plain values.
    """

    code: str
    params: dict[str, Any]
    __slots__ = ("code", "params")

    def __new__(cls, code: str, /, **params: object) -> Note:
        """Render the message."""
        values = {name: plain(value) for name, value in params.items()}
        note = super().__new__(cls, message(code, values))
        object.__setattr__(note, "code", code)
        object.__setattr__(note, "params", values)
        return note

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a note is immutable: {name}")

    def __reduce__(self) -> tuple[Any, ...]:
        return _note, (self.code, self.params)


def _note(code: str, params: dict[str, object]) -> Note:
    return Note(code, **params)

"""One audit event for each service call, whichever way it ends."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from bareface.audit.none import NoAuditLog
from bareface.audit.port import AuditLog
from bareface.errors import BarefaceError
from bareface.logs import logger
from bareface.messages import Note
from bareface.values import arguments
from bareface.values.audit import DONE, INTERNAL, INTERRUPTED, AuditEvent
from bareface.values.context import Context

_log = logger(__name__)


@dataclass(slots=True)
class Facts:
    """Facts that a call adds to its event while it runs.

    Attributes
    ----------
    subjects, references
        Numbers of those that were named, shown or changed.
    counts
        Numbers of photos, faces, ... that the call worked on.
    case
        Number of the case that the call turns out to belong to; None if it is the caller's, or none.
    """

    subjects: set[int] = field(default_factory=set)
    references: set[int] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    case: int | None = None

    def add(self, *, subjects: Iterable[int] = (), references: Iterable[int] = (), **counts: int) -> None:
        """Note numbers and counts."""
        self.subjects.update(subjects)
        self.references.update(references)
        self.counts.update(counts)


def check_log(log: object) -> None:
    """Refuse what is not an audit log; None means no log."""
    if log is not None:
        arguments.able("audit", log, ("append",), Note("argument.audit-log"))


class Recorder:
    """Records the calls of a service.

    Parameters
    ----------
    log
        The log that takes the events; none by default.
    gallery
        Identifier of the gallery that the service works on.
    """

    def __init__(self, log: AuditLog | None = None, gallery: str | None = None) -> None:
        check_log(log)
        self.log: AuditLog = NoAuditLog() if log is None else log
        self.gallery = gallery

    @contextmanager
    def call(self, action: str, context: Context | None) -> Iterator[Facts]:
        """Record what runs within as one event, and let its exception pass.

        Numbers too small for a float are zero, as by default, also in programs that set NumPy to raise.

        Parameters
        ----------
        action
            The service and its method, e.g. ``Gallery.search``.
        context
            The caller and the purpose; a single user by default.
        """
        if context is None:
            context = Context()
        arguments.instance("context", context, Context, Note("argument.context"))
        facts, outcome, start = Facts(), INTERNAL, time.perf_counter()
        try:
            with np.errstate(under="ignore"):
                yield facts
            outcome = DONE
        except BarefaceError as error:
            outcome = error.code
            raise
        except Exception:
            raise
        except BaseException:
            outcome = INTERRUPTED
            raise
        finally:
            counts = "".join(f", {name} {count}" for name, count in facts.counts.items())
            _log.info("%s: %s in %.0f ms%s", action, outcome, 1000 * (time.perf_counter() - start), counts)
            self.log.append(
                AuditEvent(
                    time=datetime.now(UTC),
                    actor=context.actor,
                    purpose=context.purpose,
                    case=context.case if facts.case is None else str(facts.case),
                    action=action,
                    outcome=outcome,
                    gallery=self.gallery,
                    subjects=tuple(sorted(facts.subjects)),
                    references=tuple(sorted(facts.references)),
                    counts=facts.counts,
                )
            )

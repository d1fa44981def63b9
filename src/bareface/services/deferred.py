"""An engine that is made when a service first needs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from bareface.services.engine import Engine

EngineSource: TypeAlias = "Engine | Callable[[], Engine] | None"
"""An engine, a function that makes one, or None for the packaged one."""


class DeferredEngine:
    """Holds an engine, or makes it on first use: many calls fail or end before they need one."""

    def __init__(self, source: EngineSource) -> None:
        self._source = source
        self._engine: Engine | None = None

    def get(self) -> Engine:
        """Return the engine."""
        if self._engine is None:
            source = self._source
            if source is None:
                self._engine = Engine()
            else:
                self._engine = source if isinstance(source, Engine) else source()
        return self._engine

"""The engine that users hold: finds faces, makes templates, and restores faces as labelled viewing aids."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from bareface.faces.analyser import Analyser, Analysis
from bareface.values import arguments
from bareface.values.face import Face

if TYPE_CHECKING:
    from bareface.restoration.base import Restored
    from bareface.restoration.enhance import Method
    from bareface.restoration.unmask import Region

__all__ = ["Analysis", "Engine"]


class Engine(Analyser):
    """Finds faces, computes their templates, and restores faces; parameters as :class:`Analyser` has them."""

    @np.errstate(under="ignore")  # also in programs that set NumPy to raise
    def unmask(
        self,
        face: Face,
        completions: int = 4,
        seed: int = 0,
        region: Region | None = None,
        *,
        record: Callable[[Restored], object] | None = None,
    ) -> Restored:
        """Draw plausible completions of what a mask hides: a viewing aid, not evidence.

        Parameters
        ----------
        face
            A face that this engine found in a photo, not in a stream.
        completions, seed, region
            See :func:`bareface.restoration.unmask.unmask`.
        record
            Puts the restoration on record before it is given; by default in the installation's record.

        Raises
        ------
        RestorationError
            ``restoration.nothing-hidden``, ``restoration.no-evidence`` and others.
        """
        from bareface.gallery.restorations import remember
        from bareface.restoration.unmask import unmask

        arguments.called("record", record)
        restored = unmask(self, face, completions, seed, region)
        (record or remember)(restored)  # or a picture of it could be enrolled once its metadata are gone
        return restored

    @np.errstate(under="ignore")
    def enhance(
        self,
        face: Face,
        method: Method = "bareface",
        fidelity: float = 0.5,
        *,
        record: Callable[[Restored], object] | None = None,
    ) -> Restored:
        """Make a clearer picture of a blurred, coarse, noisy or dark face: a viewing aid, not evidence.

        Parameters
        ----------
        face
            A face that this engine found in a photo, not in a stream.
        method, fidelity
            See :func:`bareface.restoration.enhance.enhance`.
        record
            As in :meth:`unmask`.

        Raises
        ------
        RestorationError
            ``restoration.no-information`` and others.
        """
        from bareface.gallery.restorations import remember
        from bareface.restoration.enhance import enhance

        arguments.called("record", record)
        restored = enhance(self, face, method, fidelity)
        (record or remember)(restored)
        return restored

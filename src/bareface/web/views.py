"""Views of faces and photos, kept in memory for a while: a page asks for several pictures of one view."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Any, TypeVar

from bareface.errors import WebError
from bareface.reports.pictures import FaceView
from bareface.services.gallery import Gallery
from bareface.services.gallery_viewing import ShownPhoto, probe_photo, probe_view, shown_photo
from bareface.values.cases import KeptFace
from bareface.values.context import Context
from bareface.web.held import HeldSearch

T = TypeVar("T")

_MOST = 64


class Views:
    """The latest views of one server."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Any, Any] = OrderedDict()
        self._forgotten = 0  # number of times that all were dropped
        self._lock = Lock()

    def photo(self, gallery: Gallery, held: HeldSearch) -> ShownPhoto:
        """Return the first photo of a search."""
        return self._once(held.id, lambda: shown_photo(held.photos[0], gallery.engine))

    def probe(self, gallery: Gallery, held: HeldSearch, number: int) -> FaceView:
        """Return the view of the first probe face of a list of a search; ``web.picture`` without such a list."""
        if not 1 <= number <= len(held.result.lists):
            raise WebError("web.picture")
        face = held.result.lists[number - 1].probe[0]
        photo = held.photos[0] if len(held.photos) == 1 else None
        return self._once((held.id, number), lambda: probe_view(face, probe_photo(photo, gallery.engine)))

    def reference(self, gallery: Gallery, number: int, context: Context) -> FaceView:
        """Return the view of a reference."""
        return self._once(number, partial(gallery.view, number, context=context), _seen(gallery, number, context))

    def enhanced_probe(self, gallery: Gallery, held: HeldSearch, number: int, context: Context) -> bytes:
        """Return a probe face enhanced; ``web.picture`` without such a list, or for several photos of one person."""
        if not 1 <= number <= len(held.result.lists) or len(held.photos) != 1:
            raise WebError("web.picture")
        box = held.result.lists[number - 1].probe[0].box
        make = partial(gallery.enhanced_probe, held.photos[0], box, context=context)
        return self._once(("enhanced", held.id, number), make)

    def enhanced_kept(self, gallery: Gallery, face: KeptFace, context: Context) -> bytes:
        """Return a kept probe face enhanced, from the aligned picture that its case keeps."""
        return self._once(("enhanced kept", face.id), partial(gallery.enhanced_probe, face.picture, context=context))

    def enhanced(self, gallery: Gallery, number: int, context: Context) -> bytes:
        """Return a reference's face enhanced."""
        make = partial(gallery.enhanced, number, context=context)
        return self._once(("enhanced", number), make, _seen(gallery, number, context))

    def forget(self) -> None:
        """Drop all views, since somebody was deleted."""
        with self._lock:
            self._kept.clear()
            self._forgotten += 1

    def _once(self, key: Any, make: Callable[[], T], seen: Callable[[], object] = lambda: None) -> T:
        """Return what is in memory, or make it; that somebody sees it again is a call, too."""
        with self._lock:
            kept: T | None = self._kept.get(key)
            forgotten = self._forgotten
        if kept is None:
            kept = make()
            with self._lock:
                if forgotten == self._forgotten:  # else it may show who was deleted while it was made
                    self._kept[key] = kept
                while len(self._kept) > _MOST:
                    self._kept.popitem(last=False)
        else:
            seen()
        return kept


def _seen(gallery: Gallery, number: int, context: Context) -> Callable[[], object]:
    """Return the call that somebody makes who is shown a reference."""
    return partial(gallery.reference, number, context=context)

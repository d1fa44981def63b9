"""Provenance of a restored picture as the fields of its file, and back.

One line of JSON is what bareface reads back; it stands in the XMP packet, in EXIF and, in a PNG, as text, so that a
program that drops one of them leaves the others. The other XMP properties are for other programs.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, get_args
from xml.sax.saxutils import escape, quoteattr, unescape

from bareface.imaging import decode as images
from bareface.imaging.metadata import SYNTHETIC_TYPES, Labels
from bareface.restoration.base import Kind, Provenance
from bareface.values.words import printable

SOURCE_TYPE: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's word for a picture in part made by a trained model."""

DRAWING_TYPE: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic"
"""IPTC's word for a picture put together of parts, some of which no camera saw."""

KEYWORD: Final = "bareface:provenance"
"""The PNG text that holds the JSON."""

_NAMESPACE: Final = "urn:bareface:restoration:1/"
_RECORD: Final = re.compile(r"<bareface:record>(.*?)</bareface:record>", re.DOTALL)


def sentence(provenance: Provenance) -> str:
    """Return the sentence of a picture's band."""
    share = share_in_words(provenance)
    if provenance.kind == "enhance":
        return f"ENHANCED: {share} of face pixels are recomputed; not evidence"
    return f"RESTORED: {share} of face pixels are synthetic; not evidence"


def share_in_words(provenance: Provenance) -> str:
    """Return the synthetic share of a face in words, in whole percent.

    Rounded up: a picture never seems less synthetic than it is.
    """
    return f"{math.ceil(100 * provenance.synthetic - 1e-6)} %"


def labels_of_drawing(sha256: str) -> Labels:
    """Return the metadata of a photo with faces drawn in: no photo, so it is never enrolled by mistake.

    Parameters
    ----------
    sha256
        Digest of the photo.
    """
    words = "DRAWING: faces marked by bareface; not a photo"
    xmp = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:bareface="{_NAMESPACE}"
 Iptc4xmpExt:DigitalSourceType="{DRAWING_TYPE}" bareface:drawnFromSha256={quoteattr(sha256)}>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{words}</rdf:li></rdf:Alt></dc:description>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""
    return Labels(xmp, words, "bareface", words)


def labels_of(provenance: Provenance) -> Labels:
    """Return the metadata of a restored picture."""
    record = record_of(provenance)
    values = {
        "xmp:CreatorTool": f"bareface {provenance.version}",
        "xmp:CreateDate": provenance.created,
        "Iptc4xmpExt:DigitalSourceType": SOURCE_TYPE,
        "bareface:kind": provenance.kind,
        "bareface:method": provenance.method,
        "bareface:model": provenance.model,
        "bareface:modelSha256": provenance.model_sha256,
        "bareface:seed": provenance.seed,
        "bareface:sourceSha256": provenance.source_sha256,
        "bareface:syntheticShare": provenance.synthetic,
    }
    properties = " ".join(f"{key}={quoteattr(printable(v))}" for key, v in values.items() if v is not None)
    words = sentence(provenance)
    xmp = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:bareface="{_NAMESPACE}"
 {properties}>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{escape(words)}</rdf:li></rdf:Alt></dc:description>
<bareface:record>{escape(record)}</bareface:record>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""
    software = f"bareface {provenance.version}".encode("ascii", "backslashreplace").decode()
    return Labels(xmp, words, printable(software), record, KEYWORD)


def record_of(provenance: Provenance) -> str:
    """Encode all fields as one line of JSON, in ASCII."""
    return json.dumps(asdict(provenance), separators=(",", ":"))


def read_provenance(source: str | Path | bytes) -> Provenance | None:
    """Read back where a restored picture comes from.

    Parameters
    ----------
    source
        Path of a picture of any format that bareface reads, or the bytes of one.

    Returns
    -------
    Provenance or None
        None where the file does not say; a person can remove what a file says, and write anything into it.

    Raises
    ------
    ImageError
        If the file cannot be read or is not a picture.
    """
    return provenance_of(images.labels(source, KEYWORD))


def provenance_of(labels: Labels) -> Provenance | None:
    """Return the provenance in a file's metadata, from XMP or from the comment, whichever is whole."""
    match = _RECORD.search(labels.xmp)
    records = ([unescape(match[1], {"&quot;": '"', "&#34;": '"'})] if match else []) + [labels.comment]
    return next((provenance for record in records if (provenance := parsed(record)) is not None), None)


def says_synthetic(labels: Labels) -> bool:
    """Return whether a file's own metadata call its picture synthetic in part or whole, by bareface or by another
    program.
    """
    types = {name.lower() for name in labels.source_types}
    return bool(types & SYNTHETIC_TYPES) or provenance_of(labels) is not None


def parsed(record: str) -> Provenance | None:
    """Parse a record; None for anything that bareface would not have written."""
    try:
        values: Any = json.loads(record)
        settings = tuple((name, value) for name, value in values.pop("settings"))
        provenance = Provenance(**values, settings=settings)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    texts = (
        provenance.method,
        provenance.source_sha256,
        provenance.version,
        provenance.created,
        *(text for pair in settings for text in pair),
    )
    sound = (
        provenance.kind in get_args(Kind)
        and all(isinstance(text, str) for text in texts)
        and all(text is None or isinstance(text, str) for text in (provenance.model, provenance.model_sha256))
        and (provenance.seed is None or type(provenance.seed) is int)
        and isinstance(provenance.synthetic, int | float)
        and 0 <= provenance.synthetic <= 1
    )
    return provenance if sound else None

"""A C2PA manifest for a restored picture: who made it is signed, so that it cannot be written anew unnoticed.

Needs ``c2pa-python`` (``pip install 'bareface[c2pa]'``) and a certificate of the user's.
"""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from bareface.errors import RestorationError
from bareface.imaging.decode import EncodeFormat
from bareface.messages import Note
from bareface.restoration.base import Provenance
from bareface.restoration.provenance import SOURCE_TYPE, record_of, sentence
from bareface.system.reading import read_regular

_MIME: Final[dict[EncodeFormat, str]] = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_KEY: Final = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)
_CERTIFICATE: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
# No thumbnail: it would be a picture of the face without the band.
_SETTINGS: Final = {
    "builder": {"thumbnail": {"enabled": False}},
    "verify": {"verify_after_sign": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
}


def signed(data: bytes, format: EncodeFormat, provenance: Provenance, certificate: str | Path) -> bytes:
    """Add a signed C2PA manifest to a picture file.

    Parameters
    ----------
    data, format
        The file and what it is.
    provenance
        Content of the manifest.
    certificate
        A PEM file: the certificate chain, the signer's own first, and the private key.

    Raises
    ------
    RestorationError
        ``restoration.c2pa-missing`` without ``c2pa-python``; ``restoration.certificate`` where the file cannot be read,
        holds no chain and key, or C2PA does not sign with them.
    """
    try:
        import c2pa
    except ImportError as error:
        raise RestorationError("restoration.c2pa-missing") from error
    chain, key = _chain_and_key(certificate)
    out = BytesIO()
    try:
        signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(_algorithm(key), chain, key, None))
        with signer, c2pa.Context.from_dict(_SETTINGS) as context:
            c2pa.Builder(json.dumps(_manifest(provenance)), context).sign(signer, _MIME[format], BytesIO(data), out)
    except (c2pa.C2paError, ValueError, TypeError) as error:  # the last two: a key that is none, or of another kind
        raise RestorationError("restoration.certificate/sign", reason=error, source=str(certificate)) from error
    return out.getvalue()


def _manifest(provenance: Provenance) -> dict[str, Any]:
    action = {
        "action": "c2pa.created",  # not "edited": that would need the photo itself as an ingredient
        "digitalSourceType": SOURCE_TYPE,
        "softwareAgent": {"name": "bareface", "version": provenance.version},
        "description": sentence(provenance),
    }
    return {
        "claim_generator_info": [{"name": "bareface", "version": provenance.version}],
        "title": sentence(provenance),
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [action]}},
            {"label": "org.bareface.restoration", "data": {"record": record_of(provenance)}},
        ],
    }


def _chain_and_key(certificate: str | Path) -> tuple[bytes, bytes]:
    try:
        content = read_regular(certificate)
    except OSError as error:
        raise RestorationError(
            "restoration.certificate/read", reason=error.strerror or error, source=str(certificate)
        ) from error
    chain, key = _CERTIFICATE.findall(content), _KEY.search(content)
    if not chain or key is None:
        raise RestorationError("restoration.certificate/empty", source=str(certificate))
    return b"\n".join(chain) + b"\n", key[0] + b"\n"


def _algorithm(key: bytes) -> str:
    """Return C2PA's name of the algorithm that a private key signs with."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    match load_pem_private_key(key, None):
        case ec.EllipticCurvePrivateKey() as private:
            return {256: "es256", 384: "es384", 521: "es512"}.get(private.key_size, "es256")
        case rsa.RSAPrivateKey():
            return "ps256"
        case ed25519.Ed25519PrivateKey():
            return "ed25519"
    raise ValueError(Note("reason.key-kind"))

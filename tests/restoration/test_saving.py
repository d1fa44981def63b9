"""A restored picture says what it is, to people and to programs, and keeps every pixel."""

from __future__ import annotations

import builtins
import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from bareface.errors import BarefaceError, ImageError, RestorationError, UsageError
from bareface.imaging import decode as images
from bareface.restoration.base import Kind, Provenance
from bareface.restoration.provenance import KEYWORD, SOURCE_TYPE, read_provenance, says_synthetic, sentence
from bareface.restoration.saving import encode_picture, outlined, save_picture, with_band
from tests.examples import examples

PROVENANCE = Provenance(
    kind="unmask",
    method="eigenface",
    model="bareface-unmask",
    model_sha256="ab" * 32,
    seed=3,
    source_sha256="cd" * 32,
    synthetic=0.375,
    settings=(("completions", "4"),),
    version="0.1.0",
    created="2026-11-25T16:00:00+00:00",
)
TEXTS = st.text(max_size=40)
PROVENANCES = st.builds(
    Provenance,
    kind=st.sampled_from(get_args(Kind)),
    method=TEXTS,
    model=st.none() | TEXTS,
    model_sha256=st.none() | TEXTS,
    seed=st.none() | st.integers(),
    source_sha256=TEXTS,
    synthetic=st.floats(0, 1),
    settings=st.lists(st.tuples(TEXTS, TEXTS), max_size=4).map(tuple),
    version=TEXTS,
    created=TEXTS,
)
FORMATS = ("PNG", "WEBP", "JPEG")


def noise(height: int, width: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(height * 1000 + width).integers(0, 256, (height, width, 3), np.uint8)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PROVENANCES, st.sampled_from(FORMATS))
def test_whatever_the_fields_hold_they_are_read_back_from_every_format(
    provenance: Provenance, format: images.EncodeFormat
) -> None:
    assert read_provenance(encode_picture(noise(8, 16), provenance, format)) == provenance


@settings(max_examples=examples(30), deadline=None)
@given(st.integers(1, 40), st.integers(1, 400), st.sampled_from(["PNG", "WEBP"]))
def test_the_band_extends_the_canvas_and_no_pixel_above_it_differs(
    height: int, width: int, format: images.EncodeFormat
) -> None:
    pixels = noise(height, width)
    saved = images.decode(encode_picture(pixels, PROVENANCE, format)).pixels
    assert saved.shape[0] > height
    assert saved.shape[1] == width
    assert np.array_equal(saved[:height], pixels)


@pytest.mark.parametrize("width", [48, 100, 160, 640, 3000])
def test_the_text_ends_inside_the_band_at_any_width(width: int) -> None:
    band = with_band(noise(4, width), sentence(PROVENANCE))[4:]
    lit = (band != band[0, 0]).any(2)
    assert lit.any()
    edges = (lit[0], lit[-1], lit[:, 0], lit[:, -1])
    assert not any(edge.any() for edge in edges)


def test_the_sentence_never_says_less_than_the_share() -> None:
    assert sentence(PROVENANCE) == "RESTORED: 38 % of face pixels are synthetic; not evidence"


@pytest.mark.parametrize("drop", ["xmp", "comment"])
def test_one_lost_field_leaves_the_other(drop: str) -> None:
    whole = images.labels(encode_picture(noise(8, 16), PROVENANCE), KEYWORD)
    assert whole.xmp
    assert whole.comment
    assert SOURCE_TYPE in whole.xmp
    texts = PngImagePlugin.PngInfo()
    if drop == "xmp":
        texts.add_itxt(KEYWORD, whole.comment)
    else:
        texts.add_itxt("XML:com.adobe.xmp", whole.xmp, zip=True)  # as other programs keep it
    out = BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG", pnginfo=texts)
    assert read_provenance(out.getvalue()) == PROVENANCE


@pytest.mark.parametrize("comment", ["", "{}", "[1]", '{"kind": "unmask"}', "{" * 5000, '{"settings": 3}'])
def test_what_bareface_did_not_write_is_no_provenance(comment: str) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt(KEYWORD, comment)
    out = BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG", pnginfo=texts)
    assert read_provenance(out.getvalue()) is None
    assert not says_synthetic(images.labels(out.getvalue(), KEYWORD))


def test_another_programs_word_for_synthetic_counts() -> None:
    out = BytesIO()
    kind = b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    Image.new("RGB", (8, 8)).save(out, "JPEG", xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + kind + b"</x:xmpmeta>")
    assert says_synthetic(images.labels(out.getvalue()))
    assert read_provenance(out.getvalue()) is None


def test_a_camera_photo_says_nothing_of_the_kind() -> None:
    kind = b"http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
    out = BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", xmp=kind)
    assert not says_synthetic(images.labels(out.getvalue()))


def test_the_outline_lies_inside_the_region_and_is_closed() -> None:
    pixels, region = noise(64, 64), np.zeros((64, 64), bool)
    region[20:, 10:50] = True  # it reaches the picture's edge
    drawn = outlined(pixels, region)
    assert np.array_equal(drawn[~region], pixels[~region])
    changed = (drawn != pixels).any(2)
    assert changed[20, 10:50].all()
    assert changed[63, 10:50].all()
    assert not changed[30:50, 20:40].any()
    with pytest.raises(ImageError):
        outlined(pixels, region[1:])


def test_saving_is_all_or_nothing_and_png_unless_the_suffix_says_otherwise(tmp_path: Path) -> None:
    pixels = noise(30, 200)
    save_picture(tmp_path / "plain", pixels, PROVENANCE)
    save_picture(tmp_path / "a.WebP", pixels, PROVENANCE)
    save_picture(tmp_path / "a.jpg", pixels, PROVENANCE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.WebP", "a.jpg", "plain.png"]
    for path in tmp_path.iterdir():
        assert read_provenance(path) == PROVENANCE
    for bad, code in (("a.bmp", "image.suffix"), ("none/a.png", "usage.output")):
        with pytest.raises((ImageError, UsageError)) as caught:
            save_picture(tmp_path / bad, pixels, PROVENANCE)
        assert isinstance(caught.value, BarefaceError)
        assert caught.value.code == code
    with pytest.raises(ImageError) as refused:
        save_picture(tmp_path / "b.png", pixels[..., :2], PROVENANCE)
    assert refused.value.code == "image.array"
    assert len(list(tmp_path.iterdir())) == 3


def test_without_the_package_a_certificate_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def absent(name: str, *arguments: Any) -> Any:
        if name == "c2pa":
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(RestorationError) as caught:
        encode_picture(noise(8, 8), PROVENANCE, certificate=tmp_path / "c.pem")
    assert caught.value.code == "restoration.c2pa-missing"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a chain of two certificates and the first one's key, made for this run."""
    pytest.importorskip("c2pa", reason="needs the extra c2pa")
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    now = datetime.now(UTC)

    def made(name: str, key: Any, issuer: tuple[Any, Any] | None) -> Any:
        subject = x509.Name(
            [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "test"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
        )
        above, signer = issuer or (subject, key)
        usage = dict.fromkeys(
            ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"], False
        ) | dict.fromkeys(["key_cert_sign", "crl_sign", "encipher_only", "decipher_only"], False)
        usage["key_cert_sign" if issuer is None else "digital_signature"] = True
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(above)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**usage), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        )
        if issuer is not None:
            purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
            builder = builder.add_extension(purpose, critical=False)
        return builder.sign(signer, hashes.SHA256())

    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = made("authority", authority, None)
    leaf = made("signer", key, (root.subject, authority))
    path = tmp_path_factory.mktemp("certificate") / "chain.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM) + pem)
    return path


@pytest.mark.parametrize("format", FORMATS)
def test_a_signed_manifest_holds_and_leaves_pixels_and_fields_alone(
    certificate: Path, format: images.EncodeFormat
) -> None:
    import c2pa

    pixels = noise(40, 200)
    data = encode_picture(pixels, PROVENANCE, format, certificate=certificate)
    assert read_provenance(data) == PROVENANCE
    assert format == "JPEG" or np.array_equal(images.decode(data).pixels[:40], pixels)

    def state(content: bytes) -> str:
        return str(c2pa.Reader(f"image/{format.lower()}", BytesIO(content)).get_validation_state())

    assert state(data) == "Valid"
    manifest = json.loads(c2pa.Reader(f"image/{format.lower()}", BytesIO(data)).json())
    assert SOURCE_TYPE in json.dumps(manifest)


def test_a_certificate_that_is_none_is_refused_by_name(certificate: Path, tmp_path: Path) -> None:
    chain = certificate.read_bytes()
    for name, content in (
        ("empty", b""),
        ("chain", chain[: chain.index(b"-----BEGIN PRIV")]),
        ("odd", b"x" + chain[60:]),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(RestorationError) as caught:
            encode_picture(noise(8, 8), PROVENANCE, certificate=tmp_path / name)
        assert caught.value.code == "restoration.certificate"
        assert caught.value.source == str(tmp_path / name)

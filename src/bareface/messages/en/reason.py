"""Parts of sentences: why something failed, put into other messages."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "reason.checksum": Entry("checksum of {chunk}"),
    "reason.count": Entry("{count:,} {reason}"),
    "reason.empty": Entry("it is empty"),
    "reason.eyes": Entry("the eyes are {eyes:.1f} pixels apart; at least {least:g} are needed"),
    "reason.jpeg-bits": Entry("{bits} bits a sample"),
    "reason.jpeg-height": Entry("its height is not in its header"),
    "reason.key-kind": Entry("a private key of another kind than EC, RSA or Ed25519"),
    "reason.memory": Entry("there is not enough memory for it"),
    "reason.nested": Entry("it is nested too deeply"),
    "reason.noise": Entry("noise is {noise:.1f} times the face's own contrast; at most {most:g} can be taken"),
    "reason.not-a-file": Entry("it is a pipe, a socket or a device, not a file"),
    "reason.not-onnx": Entry("it is not an ONNX file"),
    "reason.onnx-short": Entry("it is not an ONNX file, or ends too early"),
    "reason.other-states": Entry(
        "not calibrated for probe {probe}, reference {reference}: the figures are those of probe {used_probe}, "
        "reference {used_reference}",
    ),
    "reason.path": Entry("this is not a valid path ({reason})"),
    "reason.quality": Entry("its quality is {quality:.0f} of 100; at least {least:g} is needed"),
    "reason.share-in": Entry("{share:percent} in {name}"),
    "reason.special-file": Entry("it is a special file of the operating system, without a length"),
    "reason.states": Entry("for probe {probe}, reference {reference}"),
    "reason.tiff-big": Entry("big-endian BigTIFF"),
    "reason.tiff-byte-order": Entry("compressed big-endian samples that are signed or not whole"),
    "reason.tiff-inks": Entry("inks other than CMYK"),
    "reason.tiff-photometric": Entry("it does not say whether 0 is black or white"),
    "reason.tiff-pillow-planes": Entry("a Pillow image of samples in planes: give the file itself"),
    "reason.tiff-planes-compression": Entry("planes compressed in this way"),
    "reason.tiff-planes-further": Entry("further samples in planes"),
    "reason.tiff-planes-kind": Entry("samples of this kind in planes"),
    "reason.tiff-planes-missing": Entry("fewer planes than its colours need"),
    "reason.tiff-signed": Entry("signed samples of 8 bits"),
    "reason.tiff-subsampled": Entry("subsampled colours without compression"),
    "reason.too-long": Entry("it is longer than {most:,} bytes"),
    "reason.transform": Entry("could not be transformed"),
}

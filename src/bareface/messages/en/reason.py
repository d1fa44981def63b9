"""Parts of sentences: why something failed, put into other messages."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "reason.checksum": Entry("checksum of {chunk}"),
    "reason.jpeg-bits": Entry("{bits} bits a sample"),
    "reason.jpeg-height": Entry("its height is not in its header"),
    "reason.not-a-file": Entry("it is a pipe, a socket or a device, not a file"),
    "reason.path": Entry("this is not a valid path ({reason})"),
    "reason.special-file": Entry("it is a special file of the operating system, without a length"),
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
}

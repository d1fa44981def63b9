"""Pictures: decode, align, encode, and the folders that hold them."""

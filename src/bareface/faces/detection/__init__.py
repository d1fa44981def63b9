"""Finding faces: one Protocol, one file per detector."""

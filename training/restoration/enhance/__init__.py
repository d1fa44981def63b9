"""Training of the enhancement network."""

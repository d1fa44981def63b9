"""Training of the restoration models."""

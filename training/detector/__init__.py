"""Train bareface's own face detector from scratch: ``python -m training.detector --data DIR``."""

"""The occlusion map's training: ``python -m training.occlusion --data DIR``."""

"""The template space of two MobileFaceNets, and networks that are taught it."""

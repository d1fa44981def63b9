"""Model cards, checksums and sessions."""

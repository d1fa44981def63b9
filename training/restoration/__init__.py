"""How the restoring models are made."""

"""From photos to faces with templates."""

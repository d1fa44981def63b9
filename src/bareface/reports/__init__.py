"""Pages, pictures and sentences for people: self-contained, no script, nothing fetched."""

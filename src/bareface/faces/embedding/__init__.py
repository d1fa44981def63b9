"""From aligned faces to templates: one Protocol, one file per kind of network."""

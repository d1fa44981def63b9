"""Files, processes and dependencies: what every other package stands on."""

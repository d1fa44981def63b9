"""The one door: what the command line, Python and the web call."""

"""Exact search of templates held in memory."""

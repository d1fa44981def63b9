"""Comparison scores and what they are worth."""

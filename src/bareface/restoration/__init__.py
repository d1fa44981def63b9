"""Viewing aids: plausible pictures of what is hidden or blurred, marked as guesses. They are never enrolled."""

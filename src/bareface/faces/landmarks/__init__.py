"""Finding the five points of a face that a detector found."""

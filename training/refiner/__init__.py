"""Training of the refiner: the small network that looks at each found face again."""

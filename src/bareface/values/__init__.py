"""Plain values that flow between the packages: frozen, picklable, importing nothing but each other."""

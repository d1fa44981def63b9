"""Plain values that flow between the packages: frozen, picklable, compared by value; they import only the errors."""

"""Scripts of the project: the wheel tried out, and a release prepared."""

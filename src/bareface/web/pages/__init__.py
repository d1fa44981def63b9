"""Pages for people, rendered on the server: one module a page, templates in ``web/templates``."""

"""The name of the operating system's user who runs this process."""

from __future__ import annotations

import os


def user_name() -> str:
    """Return the user's login name, or ``user 1000`` for a number without a name.

    Environment variables such as ``LOGNAME`` are not asked, since everybody can set them.
    """
    try:
        import pwd
    except ImportError:  # no such database on Windows
        import getpass

        return getpass.getuser()
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"

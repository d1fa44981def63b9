"""What no message says to people."""

from __future__ import annotations

import re

PYTHON_WORDS = re.compile(
    r"KeyError|NoneType|Traceback|positional|keyword|codec|Errno|Expecting|\bchar \d|\bdict\b|\bstr\b|\bint\b"
    r"|has no attribute|object is not|subscriptable|base64|reshape|\.\.|: '\w+'\."
)
"""Words of Python's own errors, and two full stops."""

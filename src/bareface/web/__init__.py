"""The web service: REST under ``/api/v1/`` and pages, over the same services as the command line.

A route reads its arguments, makes a :class:`bareface.values.context.Context` of its caller, calls one method of
``services``, and answers with ``reports.json_*``; it computes nothing. FastAPI and uvicorn are the extra ``[web]``.
"""

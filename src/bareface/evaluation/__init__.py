"""Evaluation: run a protocol once into a score file, analyse it many times.

``protocols`` says what is compared, ``run`` compares it, ``scores`` keeps the result, ``metrics`` and
``open_set`` count the errors, ``bootstrap`` says how sure that is; ``tables``, ``plots``,
``report`` show it.
"""

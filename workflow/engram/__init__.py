"""Engram: what does a network remember when it is transferred?

The packages are floors, lowest first: ``core``, ``config``, ``runtime``, ``data`` and ``statistics``,
``models``, ``training`` and ``reporting``, ``studies``, and on top ``export``, ``publishing`` and
``estimate``. A floor uses what lies under it (docs/architecture.md).
"""

__version__ = "0.1.0"

"""Engram: what does a face network remember when it is transferred?

The packages are floors, lowest first: ``ground``, ``faces`` and ``networks``,
``learning``, ``evidence`` and, on top, ``studies``. A floor uses what lies under it.
"""

__version__ = "0.1.0"

"""Drawn text: data sets that can be shipped, in place of licensed or copyrighted ones.

A document is written from a small grammar, about things whose names are put together from syllables; each
look is a domain. Only integers are drawn with (see ``stream``), so a seed gives the same bytes on every
machine.
"""

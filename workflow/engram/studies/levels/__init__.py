"""The same levels for expression and for named entities: what levels before a target give, and what is kept.

Hung and Chang (2021) study transfer along levels for both tasks. Their text could not be read: this is our
reading of it. The models are those that the studies of memory and of named entities train; this study reads
their predictions and holds both domains against one list of claims.
"""

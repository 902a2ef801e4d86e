"""Coordination designs: one module each, mutually independent, listed in ``registry``.

A design wires services to topics. It does not know how messages travel, nor which driver runs it.
"""

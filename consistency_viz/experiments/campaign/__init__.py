"""Experiments: several variants of one scenario, each played with many seeds, and what can be concluded from it.

Specification (pure) -> cells (pure) -> rows -> chunks of seeds that worker processes play -> results -> findings.
"""

"""Histories of others: Jepsen in and out, ShiViz and CloudEvents out."""

"""Edges: one piece of the machine each, without opinions."""

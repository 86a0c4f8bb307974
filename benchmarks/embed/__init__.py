"""Embedding by Alto and by its peers, side by side."""

"""Imports of Alto and of its peers, side by side."""

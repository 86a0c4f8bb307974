"""Batches: objects are sent in the background while the program goes on adding some."""

"""The asynchronous client. Its files, but for batch.py, are the source from which `alto/sync` is generated."""

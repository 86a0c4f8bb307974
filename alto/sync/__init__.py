"""The synchronous client: generated from `alto/aio` by `python -m alto.generate_sync`, but for batch.py."""

"""Alto on one machine: OpenSearch, a model emulator, a local AWS account and the demo."""

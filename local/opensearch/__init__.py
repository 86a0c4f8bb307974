"""OpenSearch 3.6 with k-NN and neural-search as an ordinary process: no container, no system Java, no account."""

"""Where clients are built and the environment is read: one module a function, so that each carries only its own."""

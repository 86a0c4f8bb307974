"""The entry points that Lambda calls, and their shared parts."""

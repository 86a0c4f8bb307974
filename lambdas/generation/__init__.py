"""Texts from language models: prompts, calls, and citations that are checked."""

"""The command line `alto`: the client for people and shell scripts.

A command declares its arguments, asks the client, and shows the response; `alto --help` loads none of what that takes.
"""

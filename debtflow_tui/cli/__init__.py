"""The command line.

run        one command from its words to its exit code
lazy       groups whose modules are imported when they are used, and the options that every command has
report     results as tables or JSON, errors as one line and an exit code
given      what people type, as values
session    signing in for one command
the rest   one module per group of commands
"""

"""The files that stages pass on: the schema, value type, reader and writer of each."""

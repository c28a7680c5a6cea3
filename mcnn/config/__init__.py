"""Configuration: pydantic models, a file per section."""

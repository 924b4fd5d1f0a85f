"""bffgen compiles a YAML composition spec and OpenAPI documents into a typed FastAPI + httpx gateway."""

__version__ = "0.1.0"

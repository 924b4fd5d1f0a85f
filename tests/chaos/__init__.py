"""Faults of backends and clients, scripted as bytes, against a generated gateway and a naive one."""

from __future__ import annotations


def readme(plan):
    return ""

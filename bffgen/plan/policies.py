"""The policies of calls: the project has them as they were written."""

from bffgen.spec.policies import CallPolicies, Hedge, Policies, Retry

__all__ = ["CallPolicies", "Hedge", "Policies", "Retry"]

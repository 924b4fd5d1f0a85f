"""What faults and floods do to a generated gateway, and to a hand-written one beside it."""

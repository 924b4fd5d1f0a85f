"""What a checked composition means, said as plainly as possible: a second opinion on the emitted code.

Nothing here comes from `bffgen.plan`, the emitter or the runtime. Data is JSON, scalars that JSON lacks are read
into Python's own, an expression is evaluated by walking it, calls are made one after another, a failure is a value.
"""

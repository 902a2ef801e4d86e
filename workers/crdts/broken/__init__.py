"""Known-broken variants, one module each, for scenarios and tests. Nothing else may use them.

Each is what somebody would write at first, and each breaks one promise that the right type keeps; its docstring says
which, and a test shows it.
"""

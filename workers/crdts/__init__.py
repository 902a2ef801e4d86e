"""Replicated data types and the clocks they need: pure values, one module per type, listed in ``registry``.

Rules
1. A state is a value: no function changes its input, and nothing here reads a clock, draws a number or does I/O. The
   replica's id, times and operation ids are arguments.
2. One class serves state-based and delta-based replication: a mutator returns ``(new state, delta)``, the delta is a
   state of the same lattice, and ``new == old.merge(delta)``. A class for operation-based replication stands beside it.
3. States are kept in normal form, so that equality of values is equality of states, and equal states have equal bytes:
   ``encode`` gives sorted lists of builtins, ``decode`` reads them back.
4. Dictionaries inside a state are never changed after construction; a new state may share them with an old one.
5. Elements of sets and keys of maps are strings; payloads are JSON without floats (``canonical``).
6. A replica must store a state durably before it sends what it produced, for dots are never reused. Drivers do that:
   a turn commits state and messages in one.

Sources: Shapiro, Preguiça, Baquero, Zawirski, "A comprehensive study of Convergent and Commutative Replicated Data
Types" (2011); Almeida, Shoker, Baquero, "Delta State Replicated Data Types" (2018).
"""

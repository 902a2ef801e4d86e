"""The system under observation: services, designs and the two drivers that run them.

Imports point one way: ``runtime | simulation -> cluster -> services | strategies -> crdts -> model``.
Nothing here imports the observer, ``consistency_viz``.
"""

"""Who may write: leases and fencing, fail-over between regions, and the clients and replicas of registers.

Sources: Gray and Cheriton, "Leases" (1989); M. Kleppmann, "How to do distributed locking" (2016), for fencing tokens.
"""

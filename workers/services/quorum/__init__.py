"""Leaderless quorums: every region has a coordinator and a replica; W acknowledgements commit, R responses answer.

DeCandia et al., "Dynamo: Amazon's Highly Available Key-value Store" (SOSP 2007), sections 4.5 to 4.7. With R + W > N a
read meets every write that was committed before it began; with less it may not, and is answered sooner.
"""

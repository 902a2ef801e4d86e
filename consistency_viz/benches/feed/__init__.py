"""What it costs to send frames to many viewers from one process: our feed, beside channels_redis' ``group_send``.

Servers are uvicorn as the laboratory starts it, in a process of their own; viewers are raw sockets in other processes,
so that what is measured is the server. All share this machine's CPUs: what is counted against the server is its own CPU
time (and the Redis server's, where frames go through it), delivery and latency are those of everything together.
"""

from consistency_viz.benches.feed.crowds import run

__all__ = ["run"]

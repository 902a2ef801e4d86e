"""The five services of the order flow and their clients, as pure behaviour.

``orders`` is what an order is; ``checks`` holds the business rules; each of the other modules is one service that
subscribes to topics. Which topics, and who talks to whom, is a design's business (``workers.strategies``).
"""

"""What runs where, and how messages travel: scenario, plan, network model. Pure, and the same for both drivers."""

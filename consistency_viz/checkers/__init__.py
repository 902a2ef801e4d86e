"""Pure checkers: from a history to verdicts with witnesses. They know the vocabulary and nothing of the designs."""

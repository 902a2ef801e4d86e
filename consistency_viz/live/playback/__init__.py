"""Time travel: the page of a run as it was at any instant, made from its history by what makes it live."""

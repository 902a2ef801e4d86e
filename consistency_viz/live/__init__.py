"""What moves: frames, the feeds that make them, the sockets that carry them, and the recording in the background."""

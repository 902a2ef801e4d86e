"""The pure vocabulary that the services, both drivers and the observer share. No I/O, no clock, no random source."""

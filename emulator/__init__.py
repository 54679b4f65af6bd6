"""The card: octets in, octets out, no I/O."""

"""Authorities of our own, the certificates that they issue in any state, and OCSP."""

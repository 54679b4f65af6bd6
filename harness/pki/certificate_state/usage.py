"""States in which a certificate says otherwise what it is for, whom to ask, and of what document it is."""

from __future__ import annotations

from dataclasses import replace

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from ..authority import Authority
from ..leaf import Leaf, Use
from .registry import certificate_state

# Estonian Mobile-ID, refused by default in the reference Web eID validation library.
MOBILE_ID_POLICY = "1.3.6.1.4.1.10015.1.3"


@certificate_state("wrong-usage")
def wrong_usage(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """With the key usage of the other certificate: the one for login signs, the one for signing logs in."""
    usage = leaf.value(x509.KeyUsage)
    assert usage
    return authority.issue(leaf.usable_as(Use.SIGNATURE if usage.digital_signature else Use.AUTHENTICATION))


@certificate_state("no-client-auth")
def no_client_auth(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Its extended key usage names mail and not logging in."""
    purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    return authority.issue(leaf.having(purposes, critical=True))


@certificate_state("no-extended-key-usage")
def no_extended_key_usage(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Without extended key usage: good for whatever the key usage allows, and to be accepted."""
    return authority.issue(leaf.without(x509.ExtendedKeyUsage))


@certificate_state("mobile-id-policy")
def mobile_id_policy(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Its policy is that of Estonian Mobile-ID, which is no card."""
    mobile = x509.PolicyInformation(x509.ObjectIdentifier(MOBILE_ID_POLICY), None)
    policies = leaf.value(x509.CertificatePolicies)
    assert policies
    return authority.issue(leaf.having(x509.CertificatePolicies([mobile, *policies[1:]])))


@certificate_state("no-ocsp-address")
def no_ocsp_address(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """It names no OCSP responder, only its issuer's certificate."""
    return authority.issue(replace(leaf, ocsp=False))


@certificate_state("digital-id")
def digital_id(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Of a resident's Digi-ID, a card without a photograph: nothing is wrong with it."""
    return authority.issue(leaf.of_document("digital-id"))


@certificate_state("residence-permit")
def residence_permit(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Of a long-term residence permit card: nothing is wrong with it."""
    return authority.issue(leaf.of_document("residence-permit"))


@certificate_state("e-resident")
def e_resident(authority: Authority, leaf: Leaf) -> x509.Certificate:
    """Of an e-resident's Digi-ID: nothing is wrong with it."""
    return authority.issue(leaf.of_document("e-resident"))

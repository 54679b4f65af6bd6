"""Logins that come to nothing: the card, its certificate, whose it is, and who was asked about it.

Each page is here, and not every reason that leads to the same one: those are the session's to tell apart.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from cryptography.x509.oid import NameOID
from tests.harness.registration.conftest import START
from tests.web_browser.person import PIN1, Person, type_pin
from tests.web_browser.row import Reach, Row, said
from tests.web_browser.stage import BrowserLab, Deed

from softeid.harness.person import persons
from softeid.harness.registration.population_register import DocumentStatus, Entry, PersonStatus
from softeid.harness.web.login_host import PATH as LOGIN_PATH

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

_UNTIL, _SINCE = "It was valid until 1 March 2026", "It will be valid from 3 March 2026"
_TODAY = "Today is 2 March 2026"
_NOT_IN = said("portal.refused-login")


def _refused(name: str, error: str, *told: str, person: str = "jaak", **card: object) -> Row:
    """A card with which nobody is let in."""

    def reach(one: Person) -> Page:
        one.card(person, **card)
        return one.log_in()

    return _row(name, error, reach, *told)


def _row(name: str, error: str, reach: Reach, *told: str, **more: object) -> Row:
    return Row(
        name,
        reach,
        "ANON",
        error,
        f"error.{error}.title",
        told=(_NOT_IN, said(f"error.{error}.means"), said(f"error.{error}.todo"), *told),
        **more,  # type: ignore[arg-type]  # the rows name fields
    )


def _with(name: str, error: str, deed: Deed, *told: str) -> Row:
    """A good card at a bad moment."""

    def reach(one: Person) -> Page:
        one.card()
        one.happen(deed)
        return one.log_in()

    return _row(name, error, reach, *told)


def _ocsp(fault: str, error: str, why: str) -> Row:
    return _with(f"OCSP: {fault}", error, lambda lab: lab.spoil(fault), *([why] if why else []))


def _says(person: PersonStatus = "alive", document: DocumentStatus = "valid") -> Deed:
    entry = Entry(persons()["jaak"].serial_number, document=document, person=person)
    return lambda lab: lab.portal.register.say(entry)


def _register_down(lab: BrowserLab) -> None:
    lab.portal.register.answers = False


def _latvian_minor(one: Person) -> Page:
    """Seventeen, as the register says: a Latvian code tells no date of birth."""
    shown = one.card(auth="latvian-minor").issued.certificates["authentication"]
    (who,) = shown.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    entry = Entry(str(who.value), born=date(START.year - 17, 1, 1))
    one.happen(lambda lab: lab.portal.register.say(entry))
    return one.log_in()


# --- the ways in ------------------------------------------------------------------------------------


def _late(one: Person) -> Page:
    one.card()
    one.open("/login")
    window = one.ask()
    one.later(minutes=5, seconds=1)
    type_pin(window, PIN1)
    return one.page


def _after_a_restart(one: Person) -> Page:
    one.card()
    one.open("/login")
    window = one.ask()
    one.happen(lambda lab: lab.portal.restart())
    type_pin(window, PIN1)
    return one.page


def _old_application(one: Person) -> Page:
    """Web eID of an age in which its tokens had another format."""

    def answer(route: Route) -> None:
        told = route.fetch()
        route.fulfill(response=told, body=told.text().replace("web-eid:1", "web-eid:0.9"))

    one.card()
    one.page.route("**/api/prompts/*", answer)
    return one.log_in()


def _without_certificate(one: Person) -> Page:
    one.open("/login")
    one.press("a[href^='/auth/certificate']")
    return one.page


def used_link(one: Person) -> Page:
    """Go to the login host again, where one has been; it has a page of its own."""
    _without_certificate(one)
    one.await_page(one.page, "ANON", "NO_CLIENT_CERT")
    one.page.goto(next(address for address in one.watch.addresses if LOGIN_PATH in address))
    return one.page


def _unknown_ticket(one: Person) -> Page:
    one.open("/login")
    return one.open("/auth/ticket?ticket=from-last-week")


LOGIN = [
    _refused("expired", "CERT_EXPIRED", _UNTIL, _TODAY, state="expired"),
    _refused("not yet valid", "CERT_NOT_YET_VALID", _SINCE, _TODAY, state="not-yet-valid"),
    _refused("revoked", "CERT_REVOKED", "Invalid since", state="revoked"),
    _refused("suspended", "CERT_SUSPENDED", "Invalid since", state="suspended"),
    _refused("unknown to its issuer", "CERT_STATUS_UNKNOWN", auth="unknown-status"),
    _refused("a stranger's", "CERT_UNTRUSTED", "unknown_issuer", state="untrusted-issuer"),
    _refused("issued by the root", "CERT_UNTRUSTED", "root_only", auth="root-issued"),
    _refused("issuer expired", "CERT_UNTRUSTED", "ca_expired", auth="ca-expired"),
    _refused("issuer revoked", "CERT_UNTRUSTED", "ca_revoked", auth="ca-revoked"),
    _refused("for signing", "CERT_WRONG_PURPOSE", "digitalSignature", state="wrong-usage"),
    _refused("not for clients", "CERT_WRONG_PURPOSE", "clientAuth", auth="no-client-auth"),
    _refused("of a phone", "CERT_POLICY", "1.3.6.1.4.1.10015.1.3", auth="mobile-id-policy"),
    _refused("short RSA key", "CERT_WEAK", "rsa", auth="short-rsa"),
    _refused("Lithuanian card of 2012", "CERT_WEAK", "old", auth="old-lithuanian"),
    _refused("of other keys", "TOKEN_SIGNATURE", state="key-mismatch"),
    _refused("no semantics identifier", "IDENTITY_UNPARSABLE", "serialNumber", auth="no-semantics"),
    _refused("two countries", "IDENTITY_UNPARSABLE", "serialNumber", auth="other-country"),
    _refused("wrong personal code", "PERSONAL_CODE_INVALID", state="wrong-personal-code"),
    _refused("passport", "PERSONAL_CODE_UNSUPPORTED", "PAS", auth="passport"),
    _refused("Finnish card", "COUNTRY_UNSUPPORTED", "FI", auth="finnish"),
    _row("minor in Latvia", "AGE_NOT_ALLOWED", _latvian_minor),
    _refused("no date of birth", "AGE_UNKNOWN", auth="latvian-undated"),
    _refused("minor without guardian", "NO_GUARDIAN", person="kadri"),
    _with("document expired", "DOCUMENT_EXPIRED", _says(document="expired")),
    _with("document lost", "DOCUMENT_INVALID", _says(document="lost"), "lost"),
    _with("deceased", "PERSON_NOT_ELIGIBLE", _says("deceased"), "deceased"),
    _with("personal code replaced", "PERSON_NOT_ELIGIBLE", _says("code_replaced"), "code_replaced"),
    _with("register down", "REGISTER_UNAVAILABLE", _register_down),
    _refused("no OCSP address", "OCSP_UNAVAILABLE", "no_address", auth="no-ocsp-address"),
    _ocsp("down", "OCSP_UNAVAILABLE", "down"),
    _ocsp("wrong-signer", "OCSP_INVALID", "signature"),
    _ocsp("wrong-serial", "OCSP_INVALID", "serial"),
    _ocsp("stale", "OCSP_STALE", "old"),
    _ocsp("future", "OCSP_STALE", "future"),
    _ocsp("unknown", "CERT_STATUS_UNKNOWN", ""),
    _row("after five minutes", "NONCE_EXPIRED", _late),
    _row("portal restarted", "NONCE_UNKNOWN", _after_a_restart, rules={"portal_sessions": "lost"}),
    _row("an old Web eID", "TOKEN_PARSE", _old_application),
    _row("no certificate", "NO_CLIENT_CERT", _without_certificate),
    _row("an unknown ticket", "NO_CLIENT_CERT", _unknown_ticket),
]

"""`softeid ca`: what other people's systems need to trust our cards, and to ask after them."""

from __future__ import annotations

import signal
import sys
from argparse import Namespace
from pathlib import Path

from cryptography import x509

from ..clock import Clock
from ..error import HarnessError
from ..exit_code import ExitCode
from ..pki.authority import Authority
from ..pki.error import PkiError, StatusRefused
from ..pki.home import authority_of, export
from ..pki.real_clock import RealClock
from ..pki.status import GOOD, Status, followed, revoked, suspended
from ..pki.trust_store import PASSWORD, add_to_nss, pkcs12, write_whole
from ..seed import Seed
from .card import complain

_STOPS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})


class CaError(PkiError):
    """An option of `softeid ca` does not fit, or a certificate is not the authority's."""


def run(options: Namespace) -> int:
    """Do what the action says, for the home authority or for that of a seed."""
    actions = {"export": _export, "serve": _serve, "set-status": _set_status}
    try:
        actions[options.action](options)
    except (CaError, StatusRefused) as error:
        complain(error)
        return ExitCode.WRONG_FILE
    except (HarnessError, OSError) as error:
        complain(error)
        return ExitCode.NO_ROUTE
    return ExitCode.HELD


# --- export -----------------------------------------------------------------------------------------------


def _export(options: Namespace) -> None:
    target = Path(options.output) if options.output else None
    if target is None and options.format != "pem":
        what = "a folder" if options.format == "nssdb" else "a file"
        raise CaError(f"--format {options.format}", f"{what} with -o", "none")
    authority = authority_of(Seed(options.seed), Clock.real())
    if target is None:
        print(export(authority), end="")
    elif options.format == "pem":
        write_whole(target, export(authority).encode())
    elif options.format == "p12":
        write_whole(target, pkcs12(authority))
        print(f"softeid: the password of {target} is {PASSWORD}", file=sys.stderr)
    else:
        add_to_nss(authority, target)


# --- serve ------------------------------------------------------------------------------------------------


def _serve(options: Namespace) -> None:
    from ..pki.ocsp_http import StatusSite  # only here: a web server is slow to import
    from .ca_server import StatusServer

    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)  # before the server's threads start
    authority = authority_of(Seed(options.seed), RealClock(), kept=True)
    try:
        server = StatusServer(StatusSite([authority]), options.host, options.port)
    except OSError as error:
        where, why = f"{options.host} port {options.port}", error.strerror or str(error)
        raise PkiError(where, "a place to listen", why, "take another --port") from None
    try:
        print(_introduction(authority, server.address), flush=True)
        signal.sigwait(_STOPS)
    finally:
        server.close()


def _introduction(authority: Authority, address: str) -> str:
    """Where everything is, and how a system that knows only the certificates gets there."""
    shape = authority.shape
    return "\n".join(
        [
            f"OCSP          {address}/{shape.path}",
            f"CRL           {address}/{shape.path}.crl",
            f"certificates  {address}/{shape.path}.der.crt  {address}/{shape.path}-root.der.crt",
            f"The certificates name {shape.ocsp}: let your system ask the OCSP address above instead,",
            f"or give it this server as its HTTP proxy: http_proxy={address}",
        ]
    )


# --- set-status -------------------------------------------------------------------------------------------


def _set_status(options: Namespace) -> None:
    authority = authority_of(Seed(options.seed), Clock.real())
    wanted = _wanted(options.status, options.reason, authority)
    serial = f"{options.serial:X}"
    try:
        after = authority.register.change(options.serial, lambda status: followed(status, wanted))
    except StatusRefused as refused:
        advice = "what was revoked stays revoked: only a suspension can be lifted"
        raise CaError(serial, refused.expected, refused.found, advice) from None
    if after is None:
        raise _unknown(serial, options.seed, authority)
    since = f" since {after.since:%Y-%m-%d %H:%M:%S} UTC" if after.since else ""
    print(f"{serial}: {after}{since}{f', {after.reason.value}' if after.reason else ''}")


def _wanted(status: str, reason: str | None, authority: Authority) -> Status:
    now = authority.clock.now
    if reason and status != "revoked":
        raise CaError("--reason", "a reason with revoked alone", f"{reason} with {status}")
    if status == "revoked":
        return revoked(now, x509.ReasonFlags(reason) if reason else None)
    return GOOD if status == "good" else suspended(now)


def _unknown(serial: str, seed: str | None, authority: Authority) -> CaError:
    known = len(authority.register.snapshot().statuses)
    advice = "read it with `openssl x509 -noout -serial`"
    if seed is not None:
        advice += "; a seed's certificates are known from the first `softeid ca serve` with that seed on"
    whose = "the home authority" if seed is None else "this seed's authority"
    return CaError(serial, f"the serial number of a certificate of {whose}", f"none of its {known}", advice)

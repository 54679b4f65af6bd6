"""A hand on a phone, over the app's control API: what `registration.app` offers, with sockets in between."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter

from ..pki.leaf import Use
from ..registration.account_app import AccountApp
from ..registration.account_life import Wanted
from ..registration.app import App
from ..registration.encoded_message import HashName, Padding
from ..registration.model import DEVICES, Device
from ..registration.observer import Machine
from ..registration.phones import Memory, Phones
from ..registration.pin_rule import PinNumber
from ..registration.screen import METHODS, Screen
from ..registration.vocabulary import AppState
from .json_client import JsonClient, insist

_SCREEN = TypeAdapter(Screen)


class RemotePhones(Phones):
    """The phones of one world as their owners reach them; see `RemotePortal`."""

    def __init__(self, phones: Phones, connect: Callable[[str, str, str], JsonClient]) -> None:
        """Nothing is sent yet.

        Args:
            phones: what is served.
            connect: a client of the API for a person, a phone and its address.
        """
        self.core = phones.core
        self.store = phones.store
        self._phones = phones
        self._connect = connect

    def install(
        self,
        owner: str,
        name: str,
        platform: str = "Android",
        *,
        app_version: str = "3.0",
        rooted: bool = False,
        address: str = "192.0.2.10",
        language: str = "en",
    ) -> App:
        """Install the app on a new phone."""
        client = self._connect(owner, name, address)
        made = _posted(
            client,
            "/app/devices",
            name=name,
            platform=platform,
            app_version=app_version,
            rooted=rooted,
            language=language,
        )
        return RemoteApp(client, made["device_id"], Machine("app", owner, name), self)

    def memory(self, device: Device) -> Memory:
        """What the app on a device has in memory, in this process."""
        return self._phones.memory(device)

    def copied(self, device: Device, onto: Device) -> App:
        """Copy what one phone stores onto another."""
        client = self._connect(onto.owner, onto.label, "")
        _posted(client, f"/app/{onto.phone_id}/clone", of=device.phone_id)
        return RemoteApp(client, onto.phone_id, Machine("app", onto.owner, onto.label), self)


class RemoteApp(App):
    """The app on one phone.

    Attributes:
        phone_id: its identifier.
    """

    def __init__(self, client: JsonClient, phone_id: str, machine: Machine, phones: RemotePhones) -> None:
        """Take a phone.

        Args:
            client: of the app's control API.
            phone_id: which phone.
            machine: how observers know it.
            phones: to look at what came of it.
        """
        self.machine = machine
        self.phone_id = phone_id
        self.account = RemoteAccount(client, phone_id)
        self._client = client
        self._remote = phones

    @property
    def device(self) -> Device:  # type: ignore[override]  # looked up each time
        """What the app stores just now, for looking only."""
        store = self._remote.store
        with store.transaction():
            device: Device = store.table(DEVICES)[self.phone_id]
            return device

    @property
    def state(self) -> AppState:
        """Where the registration stands."""
        return self.device.state

    @property
    def unanswered(self) -> bool:
        """Whether the app waits for an answer that was lost."""
        device = self.device
        return device.enrolment is not None or self._remote.memory(device).unanswered is not None

    def screen(self) -> Screen:
        """Look at the screen."""
        path = f"/app/{self.phone_id}/screen"
        answered, read = self._client.json("GET", path, {})
        insist("GET", path, answered, read)
        return _SCREEN.validate_python(read)

    def register(self) -> None:
        """Start a registration."""
        self._post("register")

    def renew(self) -> None:
        """Start a registration in place of an account that ends soon."""
        self._post("renew")

    def choose_country(self, country: str) -> None:
        """Say in which country one lives."""
        self._post("country", country=country)

    def choose_method(self, method: str = METHODS[0]) -> None:
        """Choose how to prove who one is."""
        self._post("method", method=method)

    def accept_terms(self, *, scrolled: bool = True) -> None:
        """Accept the terms of use."""
        self._post("terms", accepted=True, scrolled=scrolled)

    def decline_terms(self) -> None:
        """Do not accept them, or go back."""
        self._post("terms", accepted=False)

    def choose_pin1(self, pin: str, repeat: str | None = None) -> None:
        """Choose PIN1."""
        self._post("pins/1", pin=pin, repeat=repeat)

    def choose_pin2(self, pin: str, repeat: str | None = None) -> None:
        """Choose PIN2."""
        self._post("pins/2", pin=pin, repeat=repeat)

    def choose_pins(
        self, pin1: str, pin2: str, pin1_repeat: str | None = None, pin2_repeat: str | None = None
    ) -> None:
        """Choose both at once."""
        self._post("pins", pin1=pin1, pin2=pin2, pin1_repeat=pin1_repeat, pin2_repeat=pin2_repeat)

    def proposed_pins(self) -> tuple[str, str]:
        """Random PINs that satisfy every rule."""
        proposed = self._post("pins/proposed")
        return proposed["pin1"], proposed["pin2"]

    def back(self) -> None:
        """Go back from PIN2 to PIN1."""
        self._post("back")

    def recover_pins(self) -> None:
        """PINs cannot be recovered."""
        self._post("recover")

    def foreground(self) -> None:
        """Come back to the foreground."""
        self._post("foreground")

    def background(self) -> None:
        """Go to the background."""
        self._post("background")

    def try_again(self) -> None:
        """Ask the core again for what it did not answer."""
        self._post("retry")

    def restart(self) -> None:
        """Kill the app and start it again."""
        self._post("kill")

    def accept_identity(self) -> None:
        """Say yes to the person that the app shows."""
        self._post("identity", accept=True)

    def reject_identity(self) -> None:
        """Say "not me"."""
        self._post("identity", accept=False)

    def confirm_pin(self, number: PinNumber, typed: str) -> None:
        """Type a chosen PIN again."""
        self._post("pin", **{f"pin{number}": typed})

    def delete(self) -> None:
        """Delete the app."""
        self._post("delete")

    def _post(self, what: str, **body: object) -> Any:
        return _posted(self._client, f"/app/{self.phone_id}/{what}", **body)


class RemoteAccount(AccountApp):
    """The account on one phone."""

    def __init__(self, client: JsonClient, phone_id: str) -> None:
        """Take the phone; what the core knows of the account stands on its screen."""
        self._client = client
        self._path = f"/app/{phone_id}/account"

    def use_key(
        self,
        use: Use,
        typed: str,
        content: bytes,
        padding: Padding = "pkcs1v15",
        hash_name: HashName = "sha256",
        *,
        number: str = "",
        otp: bytes | None = None,
    ) -> tuple[bytes, Wanted]:
        """Sign something with an account key."""
        signed = _posted(
            self._client,
            f"{self._path}/key",
            key=use,
            pin=typed,
            content=base64.b64encode(content).decode(),
            padding=padding,
            hash=hash_name,
            account=number,
            otp=base64.b64encode(otp or b"").decode(),
        )
        salt = base64.b64decode(signed["salt"])
        return base64.b64decode(signed["signature"]), Wanted(content, padding, hash_name, salt)

    def refresh_key(self, use: Use) -> None:
        """Get a new one-time password for a key."""
        _posted(self._client, f"{self._path}/key/refresh", key=use)

    def delete(self, typed: str) -> None:
        """Delete the account."""
        _posted(self._client, f"{self._path}/delete", typed=typed)


def _posted(client: JsonClient, path: str, **body: object) -> Any:
    answered, read = client.json("POST", path, {}, body)
    insist("POST", path, answered, read)
    return read

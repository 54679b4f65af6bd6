"""Every phone with the app on it: what each stores, and what it has in memory alone."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime

from .account_app import Unanswered
from .app import App
from .core import Core
from .line import Line
from .memory import MemoryStore
from .model import DEVICES, Device, DeviceInfo, Registration
from .store import Store, Table


@dataclass
class Memory:
    """What a running app knows and never writes down.

    Attributes:
        random: gives so many octets.
        line: its way to the core.
        pin1: between the two entries of step 2.
        dated: chosen PINs that may be somebody's birthday, by the number of the PIN.
        warnings: about the chosen PINs; like the two above they say what those can be.
        unanswered: the last signature request, where no answer came; it depends on a PIN.
    """

    random: Callable[[int], bytes]
    line: Line = field(default_factory=Line)
    pin1: str = ""
    dated: dict[int, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    unanswered: Unanswered | None = None

    def forget(self) -> None:
        """The app was killed, or the registration is over."""
        self.pin1, self.dated, self.warnings, self.unanswered = "", {}, (), None


class Phones:
    """The phones of one world.

    Attributes:
        core: the server that their apps speak to.
        store: keeps what the apps store; never the core's.
    """

    def __init__(self, core: Core, store: Store | None = None) -> None:
        """Begin without a phone, or with those that a store remembers.

        Args:
            core: the server that the apps speak to.
            store: where devices lie; in memory by default.
        """
        self.core = core
        self.store: Store = store or MemoryStore()
        self._devices: Table[Device] = self.store.table(DEVICES)
        self._memories: dict[str, Memory] = {}
        core.attend(self)

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
        """Install the app on a new phone.

        Args:
            owner: who holds the device.
            name: of the device; the portal's review page shows it.
            platform: what the device runs on.
            app_version: of the app, numbers with dots between.
            rooted: whether its owner can change its system.
            address: of its network.
            language: et, lv, lt, ru or en.
        """
        random = self._stream(owner, name)
        info = DeviceInfo(random(8).hex(), owner, name, platform, app_version, rooted, address)
        device = Device(info.device_id, owner, name, info, random(32), language)
        self._memories[device.phone_id] = Memory(random)
        self._devices.add(device)
        return App(self, device)

    def app(self, phone_id: str) -> App | None:
        """The app on a phone that is there."""
        device = self._devices.get(phone_id)
        return App(self, device) if device else None

    def apps(self) -> list[App]:
        """The apps on all phones."""
        return [App(self, device) for device in self._devices.values()]

    def memory(self, device: Device) -> Memory:
        """What the app on a device has in memory."""
        found = self._memories.get(device.phone_id)
        if found is None:
            found = self._memories[device.phone_id] = Memory(self._stream(device.owner, device.label))
        return found

    def wiped(self, device: Device, *, keep_account: bool) -> Device:
        """The device without what it stored of a registration.

        Args:
            device: as it was.
            keep_account: whether its account stays, with the secret that opens its shares; else there is a
                new one.
        """
        secret = device.secret if keep_account else self.memory(device).random(32)
        fresh = Device(
            device.phone_id,
            device.owner,
            device.label,
            device.info,
            secret,
            device.language,
            account=device.account if keep_account else None,
        )
        self.memory(device).forget()
        self._devices.add(fresh)
        return fresh

    def copied(self, device: Device, onto: Device) -> App:
        """Copy what one phone stores onto another, as malware or a backup would (SID-SKM-008).

        Args:
            device: the original.
            onto: a phone that holds nothing.
        """
        copy = replace(deepcopy(device), phone_id=onto.phone_id, owner=onto.owner, label=onto.label)
        self._devices.add(copy)
        return App(self, copy)

    def next_due(self, by: datetime | None = None) -> datetime | None:
        """When the first entry of PINs times out; None if none does, or none until the instant `by`."""
        with self.store.transaction():
            device = self._devices.first_due(by)
            return device.wake_at if device else None

    def ring(self) -> None:
        """Choosing PINs took too long somewhere."""
        with self.store.transaction():
            device = self._devices.first_due(self.core.clock.steady)
            if device:
                App(self, device).ring()

    def follow(self, registration: Registration) -> None:
        """The core says that a registration entered a state.

        One that was given up is not followed, and a phone without network hears of it later.
        """
        with self.store.transaction():
            for device in self._devices.find(device_id=registration.device.device_id):
                if device.registration == registration.reg_id and self.memory(device).line.carries:
                    App(self, device).follow(registration)

    def _stream(self, owner: str, name: str) -> Callable[[int], bytes]:
        return self.core.seed.stream("app", owner, name)

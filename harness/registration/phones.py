"""Every phone with the app on it: what each stores, and what it has in memory alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from .app import App
from .core import Core
from .memory import MemoryStore
from .model import DEVICES, Device, DeviceInfo, Registration
from .store import Store, Table


@dataclass
class Memory:
    """What a running app knows and never writes down.

    Attributes:
        random: gives so many octets.
        pin1: between the two entries of step 2.
        warnings: about the chosen PINs; they narrow down what those can be, and so belong in no store.
    """

    random: Callable[[int], bytes]
    pin1: str = ""
    warnings: tuple[str, ...] = ()


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

    def install(self, owner: str, name: str, platform: str = "Android") -> App:
        """Install the app on a new phone.

        Args:
            owner: who holds the device.
            name: of the device; the portal's review page shows it.
            platform: what the device runs on.
        """
        random = self._stream(owner, name)
        device = Device(DeviceInfo(random(8).hex(), owner, name, platform), random(32))
        self._memories[device.device_id] = Memory(random)
        self._devices.add(device)
        return App(self, device)

    def app(self, device_id: str) -> App | None:
        """The app on a phone that is there."""
        device = self._devices.get(device_id)
        return App(self, device) if device else None

    def memory(self, device: Device) -> Memory:
        """What the app on a device has in memory."""
        info = device.info
        return self._memories.setdefault(info.device_id, Memory(self._stream(info.owner, info.name)))

    def wiped(self, device: Device) -> Device:
        """The device with nothing stored, and a new secret."""
        fresh = Device(device.info, self.memory(device).random(32))
        self._devices.add(fresh)
        return fresh

    def next_due(self) -> datetime | None:
        """When the first entry of PINs times out."""
        device = self._devices.first_due()
        return device.wake_at if device else None

    def ring(self) -> None:
        """Choosing PINs took too long somewhere."""
        device = self._devices.first_due()
        if device:
            App(self, device).ring()

    def follow(self, registration: Registration) -> None:
        """The core says that a registration entered a state; one that was given up is not followed."""
        device = self._devices.get(registration.device.device_id)
        if device and device.registration == registration.reg_id:
            App(self, device).follow(registration)

    def _stream(self, owner: str, name: str) -> Callable[[int], bytes]:
        return self.core.seed.stream("app", owner, name)

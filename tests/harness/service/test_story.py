"""What happens, told once a transaction is over, and in turn."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Thread

import pytest

from softeid.harness.clock import Clock
from softeid.harness.registration.audit import Audit
from softeid.harness.registration.memory import MemoryLog
from softeid.harness.registration.observer import Machine
from softeid.harness.registration.outbox import Message
from softeid.harness.registration.refusal import Refused
from softeid.harness.registration.vocabulary import Code, EventName
from softeid.harness.service.story import Line, Story, ToldMessages
from softeid.harness.service.terminal import Terminal
from softeid.harness.service.turn import Around, Turn

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Heard:
    """Everything that was told, one list for each transaction."""

    def __init__(self) -> None:
        self.times: list[list[tuple[str, str]]] = []
        clock = Clock(NOON)
        self.story = Story(clock, self._hear)
        self.audit = Audit(clock, self.story.told, MemoryLog())
        self.turn = Turn(Around(lambda: None, self.story.begin_again, self.story.end))

    def _hear(self, lines: Sequence[Line]) -> None:
        self.times.append([(line.who, line.what) for line in lines])


@pytest.fixture
def heard() -> Heard:
    return Heard()


def test_states_events_and_messages(heard: Heard) -> None:
    with heard.turn.transaction():
        heard.story.entered(Machine("app", "lab", "Mari’s phone"), "REJECTED", {"reason": "NOT_ME"})
        heard.story.entered(Machine("portal", "guest", "browser"), "CLOSED", {})
        heard.audit.tell(EventName.TERMS_ACCEPTED, "lab", version="2026-01")
        heard.story.wrote(Message("1", NOON, "mari@example.test", "code sent", "the code is 123456"))
        assert heard.times == []
    assert heard.times == [
        [
            ("phone Mari’s phone", "REJECTED  reason=NOT_ME"),
            ("portal", "CLOSED"),
            ("lab", "terms.accepted  version=2026-01"),
            ("outbox", "code sent, to mari@example.test"),
        ]
    ]


def test_what_a_stranger_named_does_not_command_the_terminal(heard: Heard) -> None:
    with heard.turn.transaction():
        heard.story.entered(Machine("app", "lab", "\x1b[2J\nphone"), "HOME", {})
    assert heard.times == [[("phone \\x1b[2J\\nphone", "HOME")]]


def test_a_refusal_is_kept_and_told(heard: Heard) -> None:
    def act() -> None:
        with heard.turn.transaction():
            heard.story.lab("something")
            raise Refused(Code.CSRF)

    with pytest.raises(Refused):
        act()
    assert heard.times == [[("lab", "something")]]


def test_what_was_undone_is_not_told(heard: Heard) -> None:
    def act() -> None:
        with heard.turn.transaction():
            heard.story.lab("something")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        act()
    assert heard.times == []


def test_one_inside_another_is_part_of_it(heard: Heard) -> None:
    with heard.turn.transaction():
        heard.story.lab("one")
        with heard.turn.transaction():
            heard.story.lab("two")
        assert heard.times == []
    assert heard.times == [[("lab", "one"), ("lab", "two")]]


def test_nothing_is_told_of_nothing(heard: Heard) -> None:
    with heard.turn.transaction():
        pass
    assert heard.times == []


def test_two_threads_take_turns(heard: Heard) -> None:
    def speak(word: str) -> None:
        for _ in range(50):
            with heard.turn.transaction():
                heard.story.lab(word)
                heard.story.lab(word)

    threads = [Thread(target=speak, args=(word,)) for word in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heard.times) == 100
    assert all(first == second for first, second in heard.times)


def test_an_outbox_goes_on_as_before(heard: Heard) -> None:
    class Table(list[Message]):
        def add(self, message: Message) -> None:
            self.append(message)

        def values(self) -> list[Message]:
            return self

    table = Table()
    told = ToldMessages(table, heard.story.wrote)  # type: ignore[arg-type]
    message = Message("1", NOON, "a@example.test", "account created", "text")
    told.add(message)
    assert list(told.values()) == [message]
    assert len(told) == 1


# --- the terminal -----------------------------------------------------------------------------------


def test_plain_lines() -> None:
    paper = io.StringIO()
    terminal = Terminal(paper)
    terminal.say("softeid\x1b[2J", "bold")
    terminal.tell([Line(NOON, "a very long name of a phone indeed", "HOME", "state")])
    assert paper.getvalue() == "softeid\\x1b[2J\n12:00:00  a very long name of a ph  HOME\n"


class Seen(io.StringIO):
    """A terminal that somebody looks at."""

    def isatty(self) -> bool:
        return True


def test_colours_where_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    paper = Seen()
    Terminal(paper).tell([Line(NOON, "portal", "security.relay_suspected [bold]", "alarm")])
    assert "\x1b[1;31m" in paper.getvalue()
    assert "[bold]" in paper.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    paper = Seen()
    Terminal(paper).say("word", "bold")
    assert paper.getvalue() == "word\n"


def test_nobody_hears(heard: Heard) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    terminal = Terminal(Gone())
    terminal.say("one")
    terminal.tell([Line(NOON, "lab", "two", "lab")])

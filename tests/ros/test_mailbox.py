"""Latest-only: what a slow reader sees, and what is counted."""

from __future__ import annotations

import threading

from kinesics_ros.mailbox import Mailbox


def test_a_newer_item_replaces_an_unread_one_and_counts():
    mailbox = Mailbox()
    for value in range(5):
        mailbox.put("image", value)
    assert mailbox.get() == ("image", 4)
    assert mailbox.dropped == 4


def test_keys_do_not_replace_each_other_and_come_in_order_of_arrival():
    mailbox = Mailbox()
    mailbox.put("a", 1)
    mailbox.put("b", 2)
    mailbox.put("a", 3)
    assert [mailbox.get(), mailbox.get()] == [("b", 2), ("a", 3)]
    assert mailbox.dropped == 1


def test_close_wakes_a_blocked_reader():
    mailbox = Mailbox()
    got: list[object] = []
    reader = threading.Thread(target=lambda: got.append(mailbox.get()))
    reader.start()
    mailbox.close()
    reader.join(timeout=60)
    assert got == [None]


def test_waiting_writer_loses_nothing():
    mailbox = Mailbox()
    writer = threading.Thread(target=lambda: [mailbox.put("f", i, wait=True) for i in range(200)])
    writer.start()
    got = [mailbox.get()[1] for _ in range(200)]
    writer.join(timeout=60)
    assert got == list(range(200))
    assert mailbox.dropped == 0


def test_close_releases_a_waiting_writer():
    mailbox = Mailbox()
    mailbox.put("f", 0)
    writer = threading.Thread(target=mailbox.put, args=("f", 1, True))
    writer.start()
    mailbox.close()
    writer.join(timeout=60)
    assert not writer.is_alive()

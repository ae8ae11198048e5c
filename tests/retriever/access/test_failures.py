"""Failures counted by address, for a minute."""

from ipaddress import IPv4Address

from retriever.access.failures import ADDRESSES, MOST, Failures


class Seconds:
    """A clock that stands still until it is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_address_that_fails_too_often_waits_until_a_minute_after_its_first_failure() -> None:
    clock = Seconds()
    failures = Failures(clock)
    assert [failures.add("192.0.2.1") for _ in range(MOST)] == [0.0] * MOST
    clock.now = 20.0
    assert failures.add("192.0.2.1") == 40.0
    clock.now = 60.0
    assert failures.add("192.0.2.1") == 0.0


def test_one_address_does_not_count_for_another() -> None:
    failures = Failures(Seconds())
    for _ in range(MOST):
        failures.add("192.0.2.1")
    assert failures.add("192.0.2.2") == 0.0
    assert failures.add("192.0.2.1") > 0.0


def test_an_ipv4_address_counts_alone_also_where_a_socket_tells_it_as_ipv6() -> None:
    failures = Failures(Seconds())
    for _ in range(MOST):
        failures.add("::ffff:192.0.2.1")
    assert failures.add("::ffff:192.0.2.2") == 0.0
    assert failures.add("192.0.2.1") > 0.0


def test_addresses_of_one_ipv6_network_count_as_one() -> None:
    failures = Failures(Seconds())
    for number in range(MOST):
        failures.add(f"2001:db8::{number:x}")
    assert failures.add("2001:db8::ffff") > 0.0
    assert failures.add("2001:db8:0:1::1") == 0.0


def test_addresses_kept_count_of_are_bounded_and_those_that_go_on_failing_stay() -> None:
    failures = Failures(Seconds())
    for _ in range(MOST):
        failures.add("192.0.2.1")
    for number in range(3 * ADDRESSES):
        failures.add(str(IPv4Address(number)))
        if number % 1000 == 0:
            failures.add("192.0.2.1")
    assert len(failures) == ADDRESSES
    assert failures.add("192.0.2.1") > 0.0

"""The PXE suite's own server: it names the boot file where it was told to, and nowhere else."""

from __future__ import annotations

import pytest

from ci.net.dhcp import BOOT_FILE, OVERLOAD, PXE_PORT, SERVER_MAC, reply
from ci.net.packets import dhcp_options, parse_udp, udp_frame
from ci.net.scenario import CLIENT_IP, NOWHERE, PLACES, PROXY_IP, SERVER_IP, Scenario
from ci.net.wire import ECHO_PORT, Wire

NAME = "dir/boot.nbi.zpxe"
MAC = bytes.fromhex("525400123456")
FILE, SNAME = slice(108, 236), slice(44, 108)


def _message(kind: int) -> bytes:
    fixed = bytes([1, 1, 6, 0]) + b"\1\2\3\4" + bytes(20) + MAC.ljust(16, b"\0") + bytes(192)
    return fixed + b"\x63\x82\x53\x63" + bytes([53, 1, kind, 255])


def _frame(kind: int, port: int = 67, to: bytes = b"\xff" * 4) -> bytes:
    return udp_frame((MAC, b"\xff" * 6), (bytes(4), to), (68, port), _message(kind))


def _in_options(field: bytes) -> dict[int, bytes]:
    return dhcp_options(bytes(236) + b"\x63\x82\x53\x63" + field)


@pytest.mark.parametrize("place", PLACES)
def test_reply_names_the_file_once(place: str) -> None:
    """In the place asked for."""
    message = reply(_message(1), CLIENT_IP, {53: b"\2", 3: SERVER_IP}, NAME, place)
    options = dhcp_options(message)
    file, sname, name = message[FILE], message[SNAME], NAME.encode()
    found = {
        "field": file.rstrip(b"\0") == name,
        "option67": options.get(BOOT_FILE) == name,
        "overload-file": options.get(OVERLOAD) == b"\1"
        and _in_options(file).get(BOOT_FILE) == name,
        "overload-sname": options.get(OVERLOAD) == b"\2"
        and _in_options(sname).get(BOOT_FILE) == name,
        "overload-both": options.get(OVERLOAD) == b"\3" and _in_options(sname).get(3) == SERVER_IP,
    }
    assert [where for where, holds in found.items() if holds] == [place]
    assert message.count(name) == 1
    assert message[16:20] == CLIENT_IP


def test_reply_may_name_nothing() -> None:
    """An answer that only gives an address."""
    message = reply(_message(1), CLIENT_IP, {53: b"\2"}, NAME, NOWHERE)
    assert not any(message[SNAME]) and not any(message[FILE])
    assert BOOT_FILE not in dhcp_options(message)


def test_proxy_offers_no_address() -> None:
    """Two offers: an address without a file, a file without an address."""
    wire = Wire(Scenario(place="proxy67"), NAME, {})
    offers = [parse_udp(frame) for frame in wire._answers(_frame(1))]
    assert [offer.source_ip for offer in offers if offer] == [SERVER_IP, PROXY_IP]
    addresses = [offer.data[16:20] for offer in offers if offer]
    files = [offer.data[FILE].rstrip(b"\0") for offer in offers if offer]
    assert addresses == [CLIENT_IP, bytes(4)]
    assert files == [b"", NAME.encode()]


def test_proxy_names_the_file_when_asked() -> None:
    """On port 4011, from the address that was asked."""
    wire = Wire(Scenario(place="proxy4011"), NAME, {})
    offers = [parse_udp(frame) for frame in wire._answers(_frame(1))]
    assert all(offer and not any(offer.data[FILE]) for offer in offers)
    (frame,) = wire._answers(_frame(3, PXE_PORT, PROXY_IP))
    answer = parse_udp(frame)
    assert answer and answer.source_ip == PROXY_IP and answer.source_port == PXE_PORT
    assert answer.data[FILE].rstrip(b"\0") == NAME.encode()


def test_echo() -> None:
    """A datagram comes back from where it was sent to; a broadcast from the server."""
    wire = Wire(Scenario(), NAME, {})
    for to, answered_by in ((bytes([10, 99, 0, 7]),) * 2, (b"\xff" * 4, SERVER_IP)):
        frame = udp_frame((MAC, SERVER_MAC), (CLIENT_IP, to), (1234, ECHO_PORT), b"hello")
        (answer,) = wire._answers(frame)
        parsed = parse_udp(answer)
        assert parsed and (parsed.source_ip, parsed.port) == (answered_by, 1234)
        assert parsed.data == b"hello"


def test_echo_to_a_group() -> None:
    """One to a group comes back to the group."""
    wire = Wire(Scenario(), NAME, {})
    ip, mac = bytes([239, 255, 255, 250]), bytes.fromhex("01005e7ffffa")
    frame = udp_frame((MAC, mac), (CLIENT_IP, ip), (1234, ECHO_PORT), b"hello")
    wanted = udp_frame((SERVER_MAC, mac), (SERVER_IP, ip), (ECHO_PORT, 1234), b"hello")
    assert wire._answers(frame) == [wanted]


def test_hidden_file_appears() -> None:
    """Once the name with the suffix was asked for, and not before."""
    wire = Wire(Scenario(hidden=True), "x.zpxe", {"x": b"payload", "x.zpxe": b"loader"})

    def ask(name: str) -> int:
        request = b"\0\1" + name.encode() + b"\0octet\0"
        frame = udp_frame((MAC, SERVER_MAC), (CLIENT_IP, SERVER_IP), (2000, 69), request)
        answer = parse_udp(wire._answers(frame)[0])
        return answer.data[1] if answer else 0

    assert [ask("x"), ask("x.zpxe"), ask("x")] == [5, 3, 3]

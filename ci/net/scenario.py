# SPDX-License-Identifier: BSD-2-Clause
"""The one description of a network with a server of ours: what it, the hosts beside it and the way to them do."""

from __future__ import annotations

from dataclasses import dataclass

SERVER_IP, CLIENT_IP = bytes([10, 77, 0, 1]), bytes([10, 77, 0, 15])
PROXY_IP = bytes([10, 77, 0, 2])  # a second host: proxyDHCP server, boot server
NETMASK = bytes([255, 255, 255, 0])
ALWAYS = 1_000_000
LOCK_STEP = ("blksize", "tsize")

# Where the boot file's name may be put; the proxies need a second server, or a second question.
PLACES = ("field", "option67", "overload-file", "overload-sname", "overload-both")
PROXIES = ("proxy67", "proxy4011", "same4011")
NOWHERE = "nowhere"


@dataclass(frozen=True)
class Flap:
    """A cable that is pulled: at the "start", at the first answer ("dhcp"), or in the middle of the "transfer"."""

    when: str
    seconds: float  # until it is put back


@dataclass(frozen=True)
class Resets:
    """A machine that is reset again and again, and gets another boot file each time (ci.net.boots)."""

    count: int
    seed: str


@dataclass(frozen=True)
class Scenario:
    """The default serves every file, and well. Counts are of the first answers."""

    name: str = "good"

    # The DHCP server.
    dhcp: bool = True  # it is there
    deaf_for: int = 0  # DISCOVERs that are not answered
    asleep: float = 0.0  # seconds from the first message on in which none is answered
    once: bool = False  # answered until the first file was asked for, then never again
    naks: int = 0  # DHCPNAKs in place of DHCPACKs
    lost_acks: int = 0
    place: str = PLACES[0]  # of the boot file's name: of PLACES, PROXIES, or NOWHERE
    then_names: str = ""  # the boot file that is named once the first one was fetched
    boot_server: bytes = SERVER_IP  # siaddr; only SERVER_IP and PROXY_IP are there
    gateway: bool = True  # named
    mask: bytes = NETMASK
    routes: bytes = b""  # as option 121 has them (RFC 3442)
    server_name: str = ""  # option 66, in place of boot_server
    further: tuple[tuple[int, bytes], ...] = ()  # options, as they are sent
    of_class: tuple[tuple[bytes, int, bytes], ...] = ()  # the same for one user class (option 77)

    # The proxyDHCP server and boot servers (PXE 2.1 sections 2.2 and 2.4).
    late: float = 0.0  # seconds until the proxy's offer
    twice: bool = False  # the proxy's offer comes again, naming another file
    proxy_once: bool = False  # the proxy answers until the first file was asked for
    menu: tuple[bytes, ...] | None = None  # a menu of one item, and the boot servers listed for it
    prompt: int = 0  # seconds before the menu's first item is taken; 255: the menu is shown
    control: int = 0  # PXE discovery control of the menu
    group: bytes = b""  # multicast address of the boot servers
    lost_service: int = 0  # rounds of questions to boot servers, or on port 4011, without an answer
    elsewhere: bool = (
        False  # the file is on PROXY_IP, which asks for the client's MAC address first
    )
    absent: bool = False  # that host is not there

    # The TFTP server.
    options: tuple[str, ...] = (*LOCK_STEP, "windowsize")  # those that are granted
    refuse_options: bool = False  # answer options with error 8
    error: int | None = None  # answer every request with this error code
    stop_after: int | None = None  # fall silent after this many data blocks
    error_after: int | None = None  # send an error after this many data blocks
    lose_every: int | None = None  # do not send each n-th data block (the first time)
    announces: int = 0  # so many bytes more, or less, than the file has are announced as tsize
    padding: int = 0  # NULs behind the options granted
    hasty: bool = False  # data follows the options granted at once
    closed: bool = False  # nobody listens on the port, and ICMP says so
    hidden: bool = False  # `x` is only there once the boot file `x.zpxe` was asked for

    # The way between client and server.
    mtu: int = 0  # longer datagrams arrive in fragments
    masked: bool = False  # frames come from another hardware address than ARP says
    moves: bool = False  # in the middle, the server is at the other address
    announced: bool = False  # and says so
    claimed: bool = False  # another host says all the time that it has the server's address
    loss: float = 0.0  # parts of the frames in each direction
    duplicates: float = 0.0
    reordering: float = 0.0
    delay: float = 0.0  # seconds, of every frame
    seed: str = ""  # which frames meet which fate

    # What happens to the machine meanwhile.
    flap: Flap | None = None
    resets: Resets | None = None

    @property
    def own_way(self) -> bool:
        """Whether frames are not simply handed over: then the server hears only what is sent to it."""
        return bool(self.mtu or self.masked or self.moves or self.claimed)

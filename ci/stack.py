# SPDX-License-Identifier: BSD-2-Clause
"""How deep the firmware's 32-bit stack gets at most, from what the compiler says of each function.

What the compiler cannot know (-fcallgraph-info=su) stands in tables here: whom a call through a pointer may reach, what
the assembly takes, and where a function that is called again on the way returns at once.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from ci.lab.pool import default_jobs

FOLDERS = ("lib", "net", "image", "platform", "platform/bios", "pxe", "loader")
NODE = re.compile(r'node: \{ title: "([^"]+)" label: "[^"]*\\n(\d+) bytes \((\w[\w,]*)\)')
EDGE = re.compile(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')
INDIRECT = "__indirect_call"
HANDLERS = re.compile(r"^PXE_OPCODE\((\w+),\s*(\w+),", re.MULTILINE)
COMMANDS = re.compile(r"^COMMAND\(.*?,\s*(\w+)\);", re.MULTILINE | re.DOTALL)
COMMAND_LINE = "command_line"
SCRIPTS = 16  # command lines in one another: NESTED_MAX of loader/command.c
# rm_switch: its return address, PUSHAD, the last saved stack pointer, and the far jump.
ASSEMBLY = {"rm_switch": 48, "rm_replace": 48, "rm_stay": 4, "flat_call": 48}
RUN = "pxe_run_program"
NESTED = 4  # handlers of a program's that interrupt one another, each in a call of ours
START = 8  # platform/bios/start.asm: the prefix's stack pointer and a return address
PROTOCOL = r"src/firmware/net/(udp|tcp|icmp|ping)\.c:\w+_"
DRIVER = r"src/(drivers/\w+|firmware/pxe/undi)\.c:\w*_"
BOOT = r"src/firmware/loader/boot\.c:boot_another"
TAKER = r"src/firmware/net/http\.c:\w*receive"
FETCHER = r"src/firmware/net/(tftp|http)\.c:(tftp|http)_"
# Whom a function may call through a pointer: a pattern for the whole name.
TARGETS = {
    "nic_poll": DRIVER + "poll",
    "nic_transmit": DRIVER + "transmit",
    # through net_port
    "net_poll_frame": "nic_poll",
    "net_now": "timer_ms",
    "net_random": "timer_noise",
    "ipv4_send": "nic_transmit",
    "src/firmware/net/arp.c:arp_transmit": "nic_transmit",
    "src/firmware/net/icmp.c:icmp_receive": rf"nic_transmit|{PROTOCOL}unreachable",
    "prompt_key": "src/firmware/platform/nic.c:nic_idle",
    # of protocols above IPv4
    "ipv4_receive": PROTOCOL + "receive",
    "ipv4_tick": PROTOCOL + "(tick|receive)",
    "nic_open": DRIVER + "(open|link)",
    "nic_link": DRIVER + "link",
    "nic_close": DRIVER + "close",
    "nic_probe": DRIVER + "probe",
    "src/firmware/pxe/api_undi.c:interrupt": DRIVER + "interrupt",
    # a first stage of our own has the same functions, which run on the caller's stack
    "src/firmware/pxe/undi.c:undi_poll": "nic_poll",
    "src/firmware/pxe/undi.c:undi_transmit": "nic_transmit",
    "file_unpack": r"src/firmware/image/\w+\.c:\w+_(recognise|unpack)",
    "file_run": (
        r"src/firmware/image/\w+\.c:\w+_(recognise|check)"
        r"|src/firmware/loader/\w+\.c:\w+_(recognise|run)"
    ),
    "src/firmware/loader/script.c:script_run": "cancel_requested",
    # and a boot file, for good
    "enter_image": r"src/firmware/image/\w+\.c:\w+_finish",
    "src/firmware/net/udp.c:udp_receive": (
        r"src/firmware/(net|pxe)/(?!udp|tcp|http|icmp|ping)\w+\.c:(deliver|\w+_receive)"
    ),
    "queue_add": TAKER,
    "queue_resume": TAKER,
    "src/firmware/net/tcp_queue.c:offer": TAKER,
    "queue_offer": TAKER,
    "fetch_open": FETCHER + "open",
    "fetch_file": rf"{FETCHER}(read|close)|src/firmware/loader/files\.c:show_progress",
    "src/firmware/pxe/program.c:pxenv_file_exec": BOOT,
    "src/firmware/pxe/api_tftp.c:pxenv_restart_tftp": BOOT,
    "reader_open": FETCHER + "open",
    "reader_read": FETCHER + "read",
    "reader_close": FETCHER + "close",
    "net_wait": r"src/firmware/(net/\w+\.c:\w+_(done|answered|advanced)|platform/nic.c:nic_idle)|cancel_requested",
}
AT_ONCE = ("net_poll_frame", COMMAND_LINE)
# Functions that call themselves, and how many of them there are at a time at most.
ITSELF = {
    "src/firmware/net/dhcp_options.c:find_in": 4,  # for each byte of a tag
    "src/firmware/net/dhcp_options.c:collect": 4,
    "dhcp_option": 4,
    "src/firmware/loader/pxelinux.c:read_file": 3,  # other places and names of a configuration
    "src/firmware/loader/pxelinux.c:read_config": 4,  # included ones
    "src/drivers/rtl8139.c:rtl8139_poll": 2,  # a nudge is followed by a pause
}
# The driver of a PXE stack may run on a first stage of our own, which has a native one: not on itself.
ONCE = ("src/firmware/pxe/undi.c:undi_poll", "src/firmware/pxe/undi.c:undi_transmit")


class Unknown(Exception):
    """Something that the tables do not say."""


@dataclass
class Graph:
    """Bytes of stack by function, and whom it calls."""

    frames: dict[str, int] = field(default_factory=dict)
    calls: dict[str, set[str]] = field(default_factory=dict)
    handlers: set[str] = field(default_factory=set)  # of PXE calls
    nested: set[str] = field(default_factory=set)  # those that a handler of the program's may call
    commands: set[str] = field(default_factory=set)  # of scripts and the shell

    def add(self, text: str) -> None:
        """What the compiler wrote about one file."""
        for name, size, kind in NODE.findall(text):
            if kind not in ("static", "dynamic,bounded"):
                raise Unknown(f"{name}: the size of its frame is {kind}")
            self.frames[name] = int(size)
        for caller, called in EDGE.findall(text):
            self.calls.setdefault(caller, set()).add(called)

    def callees(self, name: str) -> Iterator[str]:
        """Whom it calls, directly or through a pointer."""
        for called in sorted(self.calls.get(name, ())):
            if called != INDIRECT:
                yield called
            elif name == "pxe_api_call":
                yield from (f for f in sorted(self.frames) if f.split(":")[-1] in self.handlers)
            elif name == COMMAND_LINE:
                yield from (f for f in sorted(self.frames) if f.split(":")[-1] in self.commands)
            else:
                yield from self._targets(name)

    def _targets(self, name: str) -> list[str]:
        if name not in TARGETS:
            raise Unknown(f"{name} calls through a pointer; hint: say whom in TARGETS")
        found = [f for f in sorted(self.frames) if re.fullmatch(TARGETS[name], f)]
        if not found:
            raise Unknown(f"{name}: TARGETS names nothing that there is")
        return found


@dataclass(frozen=True)
class Chain:
    """A chain of calls, and the bytes it takes."""

    size: int
    names: tuple[str, ...]

    def then(self, other: Chain, shared: int) -> Chain:
        """This chain and one that begins where it ends, with a function that takes `shared` bytes."""
        return Chain(self.size + other.size - shared, (*self.names, *other.names[1:]))


NOTHING = Chain(0, ())


class Depths:
    """The deepest chains of a graph. With `end`, only those that reach that function."""

    def __init__(self, graph: Graph, end: str = "") -> None:
        self._graph = graph
        self._end = end
        self._known: dict[tuple[str, frozenset[str]], Chain | None] = {}
        self._active: list[tuple[str, frozenset[str]]] = []

    def of(self, name: str, guards: frozenset[str] = frozenset()) -> Chain | None:
        """The deepest one from this function on. `guards`: functions that return at once by now."""
        key = name, guards
        if key in self._known:
            return self._known[key]
        if key in self._active:
            way = [one for one, _ in self._active[self._active.index(key) :]]
            raise Unknown(f"recursion: {' > '.join([*way, name])}")
        self._active.append(key)
        found = self._search(name, guards)
        self._active.pop()
        self._known[key] = found
        return found

    def _search(self, name: str, guards: frozenset[str]) -> Chain | None:
        frame = ASSEMBLY.get(name, self._graph.frames.get(name))
        if frame is None:
            raise Unknown(f"nothing is known of {name}")
        frame *= ITSELF.get(name, 1)
        if name == self._end:
            return Chain(frame, (name,))
        deepest = None if self._end else NOTHING
        if name not in guards and name not in ASSEMBLY:
            more = (name,) if name in (*AT_ONCE, *ONCE) else ()
            for called in self._graph.callees(name):
                if called == name and name in ITSELF:
                    continue
                path = self.of(called, guards | set(more))
                if path and (deepest is None or path.size > deepest.size):
                    deepest = path
        return deepest and Chain(frame + deepest.size, (name, *deepest.names))


def compile_graph(root: Path, folder: Path) -> Graph:
    """Compile every C file of the firmware as the build does; what that says of stacks. Raises CalledProcessError."""
    command = (root / "out/stamp/compile").read_text(encoding="utf-8").split()
    start = [command[0], *command[command.index("-m32") :], "-fcallgraph-info=su"]
    start += ["-include", "out/gen/all/target.h"]
    files = [*(root / "src/drivers").glob("*.c")]
    for name in FOLDERS:
        files += (root / "src/firmware" / name).glob("*.c")
    graph = Graph()

    def one(file: Path) -> str:
        source = str(file.relative_to(root))
        output = folder / f"{source.replace('/', '_')}.o"
        subprocess.run([*start, "-c", source, "-o", str(output)], cwd=root, check=True)
        return output.with_suffix(".ci").read_text(encoding="utf-8")

    with ThreadPoolExecutor(default_jobs()) as executor:
        for text in executor.map(one, sorted(files)):
            graph.add(text)
    for file in sorted((root / "src/firmware/pxe").glob("*.c")):
        for opcode, handler in HANDLERS.findall(file.read_text(encoding="utf-8")):
            graph.handlers.add(handler)
            if "UNDI" in opcode:
                graph.nested.add(handler)
    for file in sorted((root / "src/firmware/loader").glob("*.c")):
        graph.commands.update(COMMANDS.findall(file.read_text(encoding="utf-8")))
    return graph


@dataclass(frozen=True)
class Worst:
    """The deepest chains: to a program that is started, of a PXE call by it, and of one by a handler during that."""

    program: Chain
    call: Chain
    interrupt: Chain  # a call by a handler
    alone: Chain  # without a program
    script: Chain  # from one command line to the next in it, of which there is one in the chains above

    def total(self, nested: int) -> int:
        """With so many handlers of the program's in one another, each inside a call of ours."""
        with_program = self.program.size + self.call.size + nested * self.interrupt.size
        return START + (SCRIPTS - 1) * self.script.size + max(self.alone.size, with_program)

    def lines(self) -> Iterator[str]:
        """For people."""
        for what, path in vars(self).items():
            yield f"{what}: {path.size} bytes: {' > '.join(n.split('/')[-1] for n in path.names)}"


def worst(graph: Graph) -> Worst:
    """Raises Unknown."""
    depths = Depths(graph)
    inner = Depths(graph, COMMAND_LINE)
    levels = [inner.of(command) for command in graph.callees(COMMAND_LINE)]
    chains = {
        "program": Depths(graph, RUN).of("firmware_main"),
        "entry": Depths(graph, "rm_replace").of(RUN),
        "call": depths.of("pxe_api_call"),
        "interrupt": Depths(replace(graph, handlers=graph.nested)).of("pxe_api_call"),
        "main": depths.of("firmware_main"),
        "early": depths.of("early_init"),
    }
    found = {name: chain for name, chain in chains.items() if chain}
    if len(found) < len(chains):
        raise Unknown("no way to a program")
    program = found["program"].then(found["entry"], graph.frames[RUN])
    return Worst(
        program,
        found["call"],
        found["interrupt"],
        max(found["main"], found["early"], key=lambda it: it.size),
        max((level for level in levels if level), key=lambda it: it.size, default=NOTHING),
    )


def stack_size(root: Path) -> int:
    """Bytes that platform/bios/start.asm sets aside."""
    text = (root / "src/firmware/platform/bios/start.asm").read_text(encoding="utf-8")
    match = re.search(r"^stack_bottom:\s+resb (\d+)", text, re.MULTILINE)
    if not match:
        raise Unknown("platform/bios/start.asm has no stack")
    return int(match[1])


def main() -> None:
    """Print the worst case."""
    root = Path(__file__).resolve().parent.parent
    with tempfile.TemporaryDirectory(prefix="stack-") as name:
        found = worst(compile_graph(root, Path(name)))
    print(*found.lines(), sep="\n")
    print(
        f"{found.total(NESTED)} of {stack_size(root)} bytes with {NESTED} handlers in one another"
    )


if __name__ == "__main__":
    main()

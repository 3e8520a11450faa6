# SPDX-License-Identifier: BSD-2-Clause
"""A machine that another program starts, as that program describes it: a script, libvirt.

The program finds ours in place of QEMU. It starts QEMU with every argument that it is given, adds the ports by which a
payload reports, and leads COM1 to us. QEMU's exit status is its own, and goes to the pipe STATUS for who waits there.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

from ci.lab.emulator import Emulator, Stream
from ci.lab.machine import DEBUG_PORT, EXIT_PORT, Machine
from ci.lab.network import Plug
from ci.net.namespace import die_with_parent

CONSOLE, DEBUG, STATUS = "console", "debug", "status"  # pipes in the machine's folder
BINARY = "qemu-system-x86_64"
TERMINAL = "pty,id=charserial0"  # libvirt's COM1
# When a program only asks what this QEMU is able to, there is no machine that has ports.
WRAPPER = """#!/bin/sh
case "$*" in *"-M none"*|*"-machine none"*|*-help*|*-version*) exec {qemu} "$@" ;; esac
serial="-serial file:{folder}/{console}"
for word; do
    shift
    case $word in {terminal}) word=$word,logfile={folder}/{console} serial= ;; esac
    set -- "$@" "$word"
done
trap "" TERM # of libvirt, before the status is told
{prefix} {qemu} "$@" $serial -no-reboot -chardev file,id=debug,path={folder}/{debug} \\
    -device isa-debugcon,iobase={debug_port:#x},chardev=debug -device isa-debug-exit,iobase={exit_port:#x},iosize=2
status=$?
echo "$status" 1<>{folder}/{status}
exit "$status"
"""


class Given(Emulator):
    """The machine of `machine.program`."""

    def __init__(self, machine: Machine, plug: Plug, folder: Path) -> None:
        super().__init__(machine, folder)
        self.plug = plug

    def launch(self) -> subprocess.Popen[bytes]:
        """The streams are COM1, port E9h, and what the program says."""
        assert self.machine.program
        self._write_wrapper()
        for name in (CONSOLE, DEBUG):
            os.mkfifo(self.folder / name)
            descriptor = os.open(self.folder / name, os.O_RDONLY | os.O_NONBLOCK)
            self.streams[name] = Stream(descriptor)
        os.mkfifo(self.folder / STATUS)
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self.streams["errors"] = Stream(ours.detach())
        # The process that is started ends everything below it when it is killed.
        alone = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
        place = self.plug.namespace
        command = (*die_with_parent(), *(alone if place else ()))
        program = self.machine.program(self.folder, self.plug)
        self.arguments = (*(place.inside(*command) if place else command), *program)
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        with theirs:
            return subprocess.Popen(
                self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=theirs.fileno(),
                cwd=self.folder,
                env={**os.environ, "PATH": path},
            )

    def _write_wrapper(self) -> None:
        wrapper = self.folder / "bin" / BINARY
        wrapper.parent.mkdir()
        text = WRAPPER.format(
            qemu=shutil.which(BINARY),
            prefix=" ".join(die_with_parent()),
            folder=self.folder,
            console=CONSOLE,
            debug=DEBUG,
            status=STATUS,
            terminal=TERMINAL,
            debug_port=DEBUG_PORT,
            exit_port=EXIT_PORT,
        )
        wrapper.write_text(text)
        wrapper.chmod(0o755)

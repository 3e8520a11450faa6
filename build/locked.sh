#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run a command while no other make works in the same folder.
#
#   sh build/locked.sh FOLDER COMMAND [ARGUMENT]...
#
# The lock is that of the open folder, which all that the command starts inherits: after a make that was killed, what it left
# running holds the lock until it has ended. The folder is made when it is not there, with the mark that it is make's own, which git ignores.
set -eu

folder=$1
shift
said=
locked() {
    mkdir -p "$folder"
    exec 9<"$folder"
    if ! flock -n 9; then
        [ -n "$said" ] || echo 'make: another make is at work in this folder; waiting for it' >&2
        said=yes
        flock 9
    fi
    # shellcheck disable=SC3013 # dash and busybox have -ef, too
    [ "$folder" -ef /dev/fd/9 ] # else the one that we waited for has removed it
}
if command -v flock >/dev/null; then
    until locked; do :; done
fi
mkdir -p "$folder"
: >"$folder/.etherforge"
echo '*' >"$folder/.gitignore"
exec "$@"

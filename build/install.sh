#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Install what make built. `make install` calls this.
#
#   DESTDIR= PREFIX= PYTHON= SPEC= sh build/install.sh OUT PART...
#
# OUT is the folder of the build, SPEC the matrix; each PART is a Python file or package of the command line. All of PREFIX/share/etherforge is a
# download set, and its catalogue is written last: a folder that has one is whole.
set -eu
umask 022 # what is installed is for everybody

out=$1
shift
prefix=${PREFIX:-/usr/local}
root=${DESTDIR-}$prefix
share=$root/share/etherforge
roms=$root/share/qemu/etherforge
documents=$root/share/doc/etherforge

# Names that QEMU gives to its own ROMs, and the family's ROM for each. QEMU writes the ID of the card into such a ROM, so it has
# to be the one that drives every ID. Its cards igb and tulip have no ROM by default.
qemu_names="e1000:e1000 e1000e:e1000e eepro100:eepro100 ne2k_pci:ne2k_pci pcnet:pcnet32 rtl8139:rtl8139
    virtio:virtio_net vmxnet3:vmxnet3"

case $prefix in
/*) ;;
*)
    echo "PREFIX=$prefix: not an absolute path; hint: make install PREFIX=/usr, with DESTDIR= for another root" >&2
    exit 2
    ;;
esac

# put MODE FOLDER FILE...: holes of a .dsk stay holes.
put() {
    mode=$1 folder=$2
    shift 2
    install -d "$folder"
    install -m "$mode" -t "$folder" "$@"
}

# put_tree FOLDER PART: a file or folder, at the same path below FOLDER, without caches and the C sources of romtool.
put_tree() {
    find "$2" \( -name romtool -o -name __pycache__ \) -prune -o -type f -print | while read -r file; do
        install -m 644 -D "$file" "$1/$file"
    done
}

put_program() {
    install -d "$root/bin"
    cat >"$root/bin/.etherforge" <<END
#!$PYTHON
# SPDX-License-Identifier: BSD-2-Clause
"""Etherforge's command line."""
import os, sys
sys.path[0] = os.path.realpath(os.path.dirname(os.path.realpath(__file__)) + "/../share/etherforge/python")
from factory.cli import main
main()
END
    chmod 755 "$root/bin/.etherforge"
    mv -f "$root/bin/.etherforge" "$root/bin/etherforge"
}

# Option ROMs are files below share/qemu, where the rules of libvirt let QEMU read them; the download set has links to them.
put_images() {
    install -d "$roms"
    find "$out"/images/* -name '*.rom' -exec install -m 644 -t "$roms" {} +
    for name in $qemu_names; do
        [ -e "$roms/${name#*:}.rom" ] || continue # not in this matrix
        for kind in pxe efi; do
            ln -sfn "${name#*:}.rom" "$roms/$kind-${name%:*}.rom"
        done
    done
    for folder in "$out"/images/*; do
        place=$share/images/${folder##*/}
        install -d "$place"
        find "$folder" -type f ! -name '*.rom' -exec install -m 644 -t "$place" {} +
        links=$(find "$folder" -type f -name '*.rom' -printf '../../../qemu/etherforge/%f ')
        # shellcheck disable=SC2086 # one per word
        [ -z "$links" ] || ln -sf -t "$place" $links
    done
}

rm -f "$share/catalogue.json"
put 755 "$root/bin" "$out/bin/romtool"
put_program
for part; do
    put_tree "$share/python" "$part"
done
install -m 644 -D "$SPEC" "$share/targets.yaml"
put 644 "$share/mknbi" "$out/obj/mknbi/stub.bin"
put_tree "$share" templates
put_images
put 644 "$documents" README.md CHANGELOG.md LICENSE
put_tree "$documents" docs
"$out/bin/etherforge" samples --out "$documents/examples" >/dev/null
"$out/bin/etherforge" man --out "$root/share/man/man1" --spec "$SPEC" >/dev/null
# Without the names of console files on this machine, which is what published() is for.
"$PYTHON" -c 'import pathlib, sys
from factory.downloads import EVIDENCE, load_downloads, published
found, file = load_downloads(pathlib.Path(sys.argv[1])).evidence, pathlib.Path(sys.argv[2], EVIDENCE)
if found:
    file.write_bytes(published(found))
    file.chmod(0o644)' "$out" "$share"
put 644 "$share" "$out/SHA256SUMS"
put 644 "$share" "$out/catalogue.json"

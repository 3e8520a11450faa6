#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Make sure that what a purpose needs is on this machine: install it with apt where that is allowed, else say in one line what to install.
#
#   sh ci/bootstrap.sh build|check|smoke|bench|pxe|chips|faults OUTPUT.mk
#
# OUTPUT.mk is written once everything is there: which Python and compiler to use, and where the tools were found, so that make
# needs to come here again only when one of them has gone. Nothing is installed with SETUP=no, under fakeroot, in a package
# build, or for `make image` (IMAGE=yes) of a card (T) that the matrix does not have.
set -eu

if [ $# != 2 ]; then
    echo "usage: sh ci/bootstrap.sh build|check|smoke|bench|pxe|chips|faults OUTPUT.mk" >&2
    exit 2
fi
purpose=$1
output=$2
matrix=${SPEC:-targets.yaml}
PATH=$PATH:/usr/sbin:/sbin # servers are there, and not on every user's path

# What each purpose needs, as kind:thing:package. A `want` may be absent: what uses it says that it skips, and why.
needs() {
    echo "command:make:make command:nasm:nasm compiler::gcc header:stdio.h:libc6-dev"
    echo "file:/usr/share/misc/pci.ids|/usr/share/hwdata/pci.ids:pci.ids"
    echo "module:yaml:python3-yaml module:jinja2:python3-jinja2 module:jsonschema:python3-jsonschema module:click:python3-click"
    case $purpose in
    check) echo "module:pytest:python3-pytest module:pexpect:python3-pexpect" ;;
    smoke | bench | pxe | chips | faults) echo "command:qemu-system-i386:qemu-system-x86" ;;
    esac
}

# ci/unit/test_bootstrap.py compares this with what the tests ask for. Runs unpack tftpd-hpa, which excludes
# atftpd, and nginx, which would start, by themselves.
wants() {
    case $purpose in
    check)
        echo "command:git:git command:clang-format:clang-format command:cppcheck:cppcheck command:shellcheck:shellcheck"
        echo "command:mypy:mypy file:/usr/lib/python3/dist-packages/mypy/typeshed/stdlib/builtins.pyi:python3-typeshed"
        echo "command:flake8:flake8 command:black:black command:qemu-system-i386:qemu-system-x86"
        echo "command:clang:clang fuzzer:clang:libclang-rt-dev"
        echo "command:qemu-i386:qemu-user importable:xdist:python3-pytest-xdist"
        echo "command:i686-linux-gnu-gcc:gcc-i686-linux-gnu file:/usr/i686-linux-gnu/lib/libc.a:libc6-dev-i386-cross"
        echo "command:aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu file:/usr/aarch64-linux-gnu/lib/libc.a:libc6-dev-arm64-cross"
        echo "command:s390x-linux-gnu-gcc:gcc-s390x-linux-gnu file:/usr/s390x-linux-gnu/lib/libc.a:libc6-dev-s390x-cross"
        echo "command:dpkg-buildpackage:dpkg-dev command:dh:debhelper command:dh_python3:dh-python command:lintian:lintian"
        echo "file:/usr/share/build-essential:build-essential command:rpmbuild:rpm command:rpmlint:rpmlint command:fakeroot:fakeroot"
        echo "command:groff:groff-base command:mandoc:mandoc command:curl:curl"
        echo "command:minisign:minisign command:gpg:gnupg command:reuse:reuse command:xz:xz-utils"
        echo "command:chromium:chromium command:node:nodejs command:npm:npm"
        echo "command:qemu-system-x86_64:qemu-system-x86 file:/usr/share/OVMF/OVMF_CODE_4M.fd:ovmf"
        echo "command:flashrom:flashrom command:cpio:cpio command:openssl:openssl"
        echo "command:dask-scheduler:python3-distributed command:dask-worker:python3-distributed"
        ;;
    esac
    case $purpose in
    check | smoke | bench | pxe)
        echo "file:/usr/lib/ipxe/qemu/pxe-rtl8139.rom|/usr/share/qemu/pxe-rtl8139.rom:ipxe-qemu command:ip:iproute2"
        echo "command:dnsmasq:dnsmasq-base command:atftpd:atftpd"
        ;;
    esac
    case $purpose in
    check | smoke)
        echo "command:apache2:apache2-bin command:dhcpd:isc-dhcp-server command:kea-dhcp4:kea-dhcp4-server command:/lib/systemd/systemd-networkd:systemd"
        echo "command:ganesha.nfsd:nfs-ganesha-vfs command:virt-xml-validate:libvirt-clients command:xmllint:libxml2-utils"
        echo "command:virt-qemu-run:libvirt-daemon-driver-qemu"
        # bochs alone would bring a desktop's libraries for its own idea of a display
        echo "command:bochs:bochs-term command:bochs:bochs file:/usr/share/bochs/BIOS-bochs-latest:bochsbios"
        ;;
    bench) echo "command:tcpdump:tcpdump" ;;
    esac
    case $purpose in
    check | smoke | pxe | chips | faults) echo "command:busybox:busybox-static" ;;
    esac
    case $purpose in
    check | bench | pxe)
        echo "file:/usr/lib/PXELINUX/pxelinux.0:pxelinux file:/usr/lib/syslinux/memdisk:syslinux-common"
        ;;
    esac
    case $purpose in
    check | pxe) echo "command:tshark:tshark" ;;
    esac
}

has_modules='
import importlib.util, sys
if not all(map(importlib.util.find_spec, sys.argv[1:])):
    sys.exit(1)
print(sys.executable)
'
# Path of the first Python that has the modules which the purpose needs; nothing when there is none. Importing them would take ten times
# as long.
find_python() {
    modules=$(needs | tr ' ' '\n' | sed -n 's/^module:\([^:]*\):.*/\1/p')
    for candidate in ${PYTHON:+"$PYTHON"} /usr/bin/python3 python3; do
        # shellcheck disable=SC2086 # one module per word
        if "$candidate" -c "$has_modules" $modules 2>/dev/null; then
            return
        fi
    done
}

find_cross() {
    if [ -n "${CROSS_COMPILE-}" ]; then
        echo "$CROSS_COMPILE"
    elif command -v i686-linux-gnu-gcc >/dev/null; then
        echo i686-linux-gnu-
    fi
}

compiler_package() {
    case $(uname -m) in
    x86_64 | i?86) echo gcc ;;
    *) echo gcc-i686-linux-gnu gcc ;;
    esac
}

cross_works() {
    echo 'int x;' | "$cross"gcc -m32 -ffreestanding -x c -S -o - - >/dev/null 2>&1 &&
        "$cross"as --32 --version >/dev/null 2>&1 &&
        "$cross"ld -V 2>/dev/null | grep -q elf_i386
}

# True when one of the paths (split at |) exists.
exists() {
    paths=$1
    while [ -n "$paths" ]; do
        [ ! -e "${paths%%|*}" ] || return 0
        case $paths in
        *\|*) paths=${paths#*|} ;;
        *) paths= ;;
        esac
    done
    return 1
}

# Packages for the entries (arguments) that are not there.
missing() {
    for entry in "$@"; do
        thing=${entry#*:}
        package=${thing##*:}
        thing=${thing%:*}
        case $entry in
        command:*) command -v "$thing" >/dev/null || echo "$package" ;;
        file:*) exists "$thing" || echo "$package" ;;
        header:*) echo "#include <$thing>" | gcc -E - >/dev/null 2>&1 || echo "$package" ;;
        compiler:*) { command -v gcc >/dev/null && cross_works; } || compiler_package ;;
        module:*) [ -n "$python" ] || echo "$package" ;;
        fuzzer:*) ls "$("$thing" -print-resource-dir 2>/dev/null)"/lib/*/libclang_rt.fuzzer*.a >/dev/null 2>&1 || echo "$package" ;;
        importable:*) [ -n "$python" ] && "$python" -c "$has_modules" "$thing" >/dev/null 2>&1 || echo "$package" ;;
        esac
    done
}

# Of the packages (arguments), those that this release has ($1 = offered) or has not (gone). Without package lists, as before
# `apt-get update`, apt cannot tell: then it has all of them. dpkg is in the lists of any release.
sort_out() {
    kind=$1
    shift
    lists=$(apt-cache madison dpkg 2>/dev/null || true)
    for package; do
        if [ -z "$lists" ] || apt-cache show "$package" >/dev/null 2>&1; then
            [ "$kind" = gone ] || echo "$package"
        else
            [ "$kind" = offered ] || echo "$package"
        fi
    done | paste -sd' ' -
}

look() {
    python=$(find_python)
    cross=$(find_cross)
    # shellcheck disable=SC2046 # one entry per word
    needed=$(missing $(needs) | sort -u | paste -sd' ' -)
    # shellcheck disable=SC2046
    wanted=$(missing $(wants) | sort -u | paste -sd' ' -)
}

# Run by root: services that come with a package must not start on a build machine. The file that keeps them from it goes
# away on every signal. After KILL it stays until the next run: marked as ours, and not locked by a shell that is alive.
# shellcheck disable=SC2016 # expanded by that shell
install_script='
policy=$1
mark="made by Etherforge ci/bootstrap.sh while it installs"
shift
remove_policy() {
    [ ! -L "$policy" ] && grep -qsF "$mark" "$policy" && flock -n "$policy" rm -f "$policy"
}
end() {
    trap "" HUP INT QUIT TERM
    [ -z "$apt" ] || { kill -TERM "$apt"; wait "$apt"; } 2>/dev/null
    exit "$1"
}
run() { # in the background, where a signal reaches this shell at once
    "$@" 9<&- &
    apt=$!
    status=0
    wait "$apt" || status=$?
    apt=
    return "$status"
}
apt=
remove_policy
[ $# != 0 ] || exit 0
for signal in HUP:1 INT:2 QUIT:3 USR1:10 USR2:12 PIPE:13 ALRM:14 TERM:15 XCPU:24; do
    trap "end $((128 + ${signal#*:}))" "${signal%:*}"
done
if (set -C && printf "#!/bin/sh\n# %s\nexit 101\n" "$mark" >"$policy") 2>/dev/null; then
    trap "exec 9>&-; remove_policy" EXIT
    exec 9<"$policy"
    flock -n 9
    chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
run apt-get -qq -o DPkg::Lock::Timeout=600 update
for package; do # one that this release does not have must not keep the others away
    shift
    ! apt-cache show "$package" >/dev/null 2>&1 || set -- "$@" "$package"
done
run apt-get -qq -y -o DPkg::Lock::Timeout=600 install --no-install-recommends "$@"
'

# Without packages: only removes what a run that was killed left behind.
install_packages() {
    [ $# = 0 ] || echo "installing: $*" >&2
    if [ "$(id -u)" = 0 ]; then
        sh -c "$install_script" sh "$policy" "$@" >&2
    else
        sudo -n sh -c "$install_script" sh "$policy" "$@" >&2
    fi
}

# Why nothing may be installed here; nothing when it may.
forbidden() {
    case ${SETUP-}:${LD_PRELOAD-} in
    no:*) echo "SETUP=no" ;;
    *fakeroot*) echo "under fakeroot" ;;
    *)
        if [ -n "${FAKEROOTKEY-}${FAKED_MODE-}" ]; then
            echo "under fakeroot"
        elif set | grep -q '^\(DEB_\(BUILD\|HOST\|TARGET\|RULES\)_\|DPKG_\|DH_INTERNAL\|RPM_\)'; then
            echo "in a package build"
        fi
        ;;
    esac
}

may_install() {
    [ -z "$why_not" ] && command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

# True when the matrix has the card or family $1. Without the tools, nothing can read it as YAML.
in_matrix() {
    case $1 in
    "" | *[!0-9A-Za-z_:]*) return 1 ;;
    version | media | profiles | families | specials | driver | drivers | ids | id | models | device | uses | name) return 1 ;;
    profile | options | budget | settings | family_rom | prefix | option_rom | untested | default) return 1 ;;
    ????:????) pattern="(^|[^0-9a-f])$1([^0-9a-f]|\$)" ;;
    *) pattern="(^|[[:space:]{,])$1[[:space:]]*:" ;;
    esac
    if [ ${#1} = 8 ] && [ -z "$(printf %s "$1" | tr -d 0-9A-Fa-f)" ]; then
        pattern="(^|[^0-9a-f])${1%????}:${1#????}([^0-9a-f]|\$)"
    fi
    sed 's/#.*//' "$matrix" | grep -Eiq "$pattern"
}

policy=${POLICY_RC_D:-/usr/sbin/policy-rc.d}
why_not=$(forbidden)
if [ -e "$policy" ] && may_install; then
    install_packages
fi
if [ -n "${CROSS_COMPILE-}" ]; then
    cross=$CROSS_COMPILE
    if ! cross_works; then
        echo "CROSS_COMPILE=$cross: ${cross}gcc, as and ld make no 32-bit x86 code here; hint: install them, or leave CROSS_COMPILE out" >&2
        exit 1
    fi
fi
look
if [ -n "$needed" ] && [ -n "${IMAGE-}" ] && ! in_matrix "${T-}"; then
    printf 'T=%s: not in %s; hint: make image T=10ec:8139, or T=rtl8139 for a family\n' "${T-}" "$matrix" >&2
    exit 2
fi
if [ -n "$needed$wanted" ] && may_install; then
    # shellcheck disable=SC2086 # one package per word
    install_packages $needed $wanted || echo "apt could not install all of: $needed $wanted" >&2
    look
fi
if [ -n "$needed" ]; then
    echo "make $purpose: tools are missing${why_not:+, and nothing is installed ($why_not)}; hint: sudo apt-get install $needed $wanted" >&2
    exit 1
fi
if [ -n "$wanted" ]; then
    # shellcheck disable=SC2086 # one package per word
    offered=$(sort_out offered $wanted) gone=$(sort_out gone $wanted)
    echo "make $purpose: some checks will be skipped${offered:+; hint: sudo apt-get install $offered}${gone:+; this release has no $gone}" >&2
fi

mkdir -p "$(dirname "$output")"
tools=$(needs | tr ' ' '\n' | sed -n 's/^command:\([^:]*\):.*/\1/p')
{
    echo "PYTHON := $python"
    echo "CROSS_COMPILE ?= $cross"
    for tool in "$python" gcc "${cross}gcc" "${cross}ld" $tools; do
        echo "SETUP_TOOLS += $(command -v "$tool")"
    done
    # What was not allowed now may be allowed the next time: a tool that is never there.
    [ -z "$wanted" ] || [ -z "$why_not" ] || echo "SETUP_TOOLS += $(dirname "$output")/missing"
} >"$output.$$"
mv -f "$output.$$" "$output"

# All purposes compile with the same compiler. Those that were set up before this one brought the cross compiler are set up again.
for other in build check smoke bench pxe chips faults; do
    other=$(dirname "$output")/$other.mk
    [ -n "${CROSS_COMPILE-}" ] || grep -qsx "CROSS_COMPILE ?= $cross" "$other" || rm -f "$other"
done

#!/bin/sh
# Make sure that what a purpose needs is on this machine: install it with apt where that is allowed, else say in one line what to install.
#
#   sh ci/bootstrap.sh build|check|smoke|bench|pxe OUTPUT.mk
#
# OUTPUT.mk is written once everything is there: which Python and compiler to use, and where the tools were found, so that make
# needs to come here again only when one of them has gone.
set -eu

if [ $# != 2 ]; then
    echo "usage: sh ci/bootstrap.sh build|check|smoke|bench|pxe OUTPUT.mk" >&2
    exit 2
fi
purpose=$1
output=$2
PATH=$PATH:/usr/sbin:/sbin # servers are there, and not on every user's path

# What each purpose needs, as kind:thing:package. A `want` may be absent: what uses it says that it skips, and why.
needs() {
    echo "command:make:make command:nasm:nasm compiler::gcc header:stdio.h:libc6-dev file:/usr/share/misc/pci.ids:pci.ids"
    echo "module:yaml:python3-yaml module:jinja2:python3-jinja2 module:jsonschema:python3-jsonschema module:click:python3-click"
    case $purpose in
    check) echo "module:pytest:python3-pytest" ;;
    smoke | bench | pxe) echo "command:qemu-system-i386:qemu-system-x86" ;;
    esac
}

# ci/unit/test_bootstrap.py compares this with what the tests ask for. tftpd-hpa excludes atftpd, so runs unpack it by themselves.
wants() {
    case $purpose in
    check)
        echo "command:git:git command:clang-format:clang-format command:cppcheck:cppcheck command:shellcheck:shellcheck"
        echo "command:mypy:mypy file:/usr/lib/python3/dist-packages/mypy/typeshed/stdlib/builtins.pyi:python3-typeshed"
        echo "command:flake8:flake8 command:black:black command:qemu-system-i386:qemu-system-x86"
        echo "command:cpio:cpio command:openssl:openssl command:dask-scheduler:python3-distributed command:dask-worker:python3-distributed"
        ;;
    esac
    case $purpose in
    check | smoke | bench | pxe)
        echo "file:/usr/lib/ipxe/qemu/pxe-rtl8139.rom:ipxe-qemu command:ip:iproute2"
        echo "command:dnsmasq:dnsmasq-base command:atftpd:atftpd"
        ;;
    esac
    case $purpose in
    check | smoke)
        echo "command:dhcpd:isc-dhcp-server command:kea-dhcp4:kea-dhcp4-server"
        # bochs alone would bring a desktop's libraries for its own idea of a display
        echo "command:bochs:bochs-term command:bochs:bochs file:/usr/share/bochs/BIOS-bochs-latest:bochsbios"
        ;;
    bench) echo "command:tcpdump:tcpdump" ;;
    esac
    case $purpose in
    smoke | pxe) echo "command:busybox:busybox-static" ;;
    esac
    case $purpose in
    check | pxe)
        echo "file:/usr/lib/PXELINUX/pxelinux.0:pxelinux file:/usr/lib/syslinux/memdisk:syslinux-common"
        echo "command:tshark:tshark"
        ;;
    esac
}

# Path of the first Python that can import what the purpose needs; nothing when there is none.
find_python() {
    modules=$(needs | tr ' ' '\n' | sed -n 's/^module:\([^:]*\):.*/\1/p' | paste -sd, -)
    for candidate in ${PYTHON:+"$PYTHON"} /usr/bin/python3 python3; do
        if "$candidate" -c "import $modules, sys; print(sys.executable)" 2>/dev/null; then
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

# Packages for the entries (arguments) that are not there.
missing() {
    for entry in "$@"; do
        thing=${entry#*:}
        package=${thing##*:}
        thing=${thing%:*}
        case $entry in
        command:*) command -v "$thing" >/dev/null || echo "$package" ;;
        file:*) [ -e "$thing" ] || echo "$package" ;;
        header:*) echo "#include <$thing>" | gcc -E - >/dev/null 2>&1 || echo "$package" ;;
        compiler:*) { command -v gcc >/dev/null && cross_works; } || compiler_package ;;
        module:*) [ -n "$python" ] || echo "$package" ;;
        esac
    done
}

look() {
    python=$(find_python)
    cross=$(find_cross)
    # shellcheck disable=SC2046 # one entry per word
    needed=$(missing $(needs) | sort -u | paste -sd' ' -)
    # shellcheck disable=SC2046
    wanted=$(missing $(wants) | sort -u | paste -sd' ' -)
}

# Run by root: services that come with a package must not start on a build machine.
# shellcheck disable=SC2016 # expanded by that shell
install_script='
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap "rm -f $policy" EXIT
    printf "#!/bin/sh\nexit 101\n" >$policy
    chmod 755 $policy
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
for package; do # one that this release does not have must not keep the others away
    shift
    ! apt-cache show "$package" >/dev/null 2>&1 || set -- "$@" "$package"
done
apt-get -qq -y install --no-install-recommends "$@"
'

install_packages() {
    echo "installing: $*" >&2
    if [ "$(id -u)" = 0 ]; then
        sh -c "$install_script" sh "$@" >&2
    else
        sudo -n sh -c "$install_script" sh "$@" >&2
    fi
}

may_install() {
    command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

if [ -n "${CROSS_COMPILE-}" ]; then
    cross=$CROSS_COMPILE
    if ! cross_works; then
        echo "CROSS_COMPILE=$cross: ${cross}gcc, as and ld make no 32-bit x86 code here; hint: install them, or leave CROSS_COMPILE out" >&2
        exit 1
    fi
fi
look
if [ -n "$needed$wanted" ] && may_install; then
    # shellcheck disable=SC2086 # one package per word
    install_packages $needed $wanted || echo "apt could not install all of: $needed $wanted" >&2
    look
fi
if [ -n "$needed" ]; then
    echo "make $purpose: tools are missing; hint: sudo apt-get install $needed $wanted" >&2
    exit 1
fi
if [ -n "$wanted" ]; then
    echo "make $purpose: some checks will be skipped; hint: sudo apt-get install $wanted" >&2
fi

mkdir -p "$(dirname "$output")"
tools=$(needs | tr ' ' '\n' | sed -n 's/^command:\([^:]*\):.*/\1/p')
{
    echo "PYTHON := $python"
    echo "CROSS_COMPILE ?= $cross"
    for tool in "$python" gcc "${cross}gcc" "${cross}ld" $tools; do
        echo "SETUP_TOOLS += $(command -v "$tool")"
    done
} >"$output.tmp"
mv -f "$output.tmp" "$output"

# SPDX-License-Identifier: BSD-2-Clause
"""What make promises: the same bytes anywhere, nothing done twice, nothing half-done trusted."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ci.media import MEDIA
from ci.tree import Built, copy_tree, images, make, make_or_fail, sources_named
from factory.spec import load_spec

PROMISED, ON_UNDI, WITH_EVERY_DRIVER = 32 * 1024, 30 * 1024, 64 * 1024  # bytes


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the sources in another folder, built once."""
    root = copy_tree(tmp_path_factory.mktemp("another folder") / "John's")
    make_or_fail("all", cwd=root)
    yield root


@pytest.fixture(scope="module")
def good(copy: Path) -> Mapping[str, Built]:
    """The images of the copy as first built."""
    return images(copy)


def _assert_same(found: Mapping[str, Built], expected: Mapping[str, Built]) -> None:
    differing = [name for name in expected if found.get(name) != expected[name]]
    assert not differing and len(found) == len(
        expected
    ), f"{len(differing)} differ: {differing[:5]}"


def test_images_are_those_of_the_matrix(copy: Path, good: Mapping[str, Built]) -> None:
    """As many as targets.yaml says, no more."""
    spec = load_spec(copy / "targets.yaml")
    assert sorted(good) == sorted(image.path for image in spec.images())


def test_sizes_are_as_promised(good: Mapping[str, Built]) -> None:
    """What the README says of files that are not padded."""
    sizes = {name: it.size for name, it in good.items() if not MEDIA[name.split(".")[1]].padded}
    assert sizes.pop("all/all.zpxe") <= WITH_EVERY_DRIVER
    assert sizes.pop("undi/undi.zpxe") <= ON_UNDI
    assert not {name: size for name, size in sizes.items() if size > PROMISED}


def test_same_bytes_in_two_folders(built: Path, good: Mapping[str, Built]) -> None:
    """The tree's own build, perhaps grown over many changes, equals one from clean elsewhere."""
    _assert_same(images(built), good)
    own, other = (built / "out/SHA256SUMS").read_text(), len(good)
    assert own.count("\n") == other


def test_nothing_to_do_starts_nothing(copy: Path, good: Mapping[str, Built]) -> None:
    """Not even a Python: with none to start, make has nothing to complain about."""
    printed = make_or_fail("all", "PYTHON=false", cwd=copy)
    assert "Nothing to be done" in printed


def test_one_driver_touches_one_family(copy: Path, good: Mapping[str, Built]) -> None:
    """A changed driver is compiled, and only its family linked and packed."""
    first, *others = load_spec(copy / "targets.yaml").families
    os.utime(copy / "src" / "drivers" / f"{first.driver}.c")
    printed = make_or_fail("all", cwd=copy)
    assert f"PACK images/{first.name}:" in printed
    assert not [f.name for f in others if f"PACK images/{f.name}:" in printed]
    _assert_same(images(copy), good)


def test_every_included_file_is_a_dependency(copy: Path) -> None:
    """A changed header or assembly include rebuilds what reads it."""
    known = "".join(path.read_text() for path in (copy / "out" / "obj").rglob("*.d"))
    included = [path for path in sources_named(".inc", ".h") if path.parts[0] in ("src", "factory")]
    forgotten = [str(path) for path in included if str(path) not in known]
    assert included and not forgotten


def test_changed_flags_rebuild(copy: Path, good: Mapping[str, Built]) -> None:
    """Objects made with other flags are not reused."""
    assert "loader/main.o" in make_or_fail("-n", "all", "CFLAGS=-m32 -O0", cwd=copy)
    make_or_fail("all", cwd=copy)
    _assert_same(images(copy), good)


def test_compiler_with_other_defaults(copy: Path, good: Mapping[str, Built]) -> None:
    """What distributions switch on in their gcc neither stops the build nor changes the bytes."""
    hardened = "-fcf-protection -fstack-clash-protection -fstack-protector-strong -fPIE"
    make_or_fail("image", "T=undi", f"CC=$(CROSS_COMPILE)gcc {hardened}", cwd=copy)
    assert images(copy)["undi/undi.zpxe"] == good["undi/undi.zpxe"]
    make_or_fail("all", cwd=copy)
    _assert_same(images(copy), good)


def test_truncated_image_is_packed_again(copy: Path, good: Mapping[str, Built]) -> None:
    """An image that something else changed is not trusted."""
    name = sorted(good)[0]
    os.truncate(copy / "out" / "images" / name, 100)
    make_or_fail("all", cwd=copy)
    _assert_same(images(copy), good)


def test_lost_files_come_back(copy: Path, good: Mapping[str, Built]) -> None:
    """Rendered files, images and the catalogue are made again when they have gone."""
    lost = [
        "out/SHA256SUMS",
        f"out/images/{sorted(good)[0]}",
        "out/stamp/compile",
    ]
    lost += [str(path.relative_to(copy)) for path in sorted((copy / "out/gen").rglob("*.lds"))[:1]]
    for name in lost:
        (copy / name).unlink()
    make_or_fail("all", cwd=copy)
    assert not [name for name in lost if not (copy / name).exists()]
    _assert_same(images(copy), good)


def test_image_that_left_the_matrix_is_removed(copy: Path, good: Mapping[str, Built]) -> None:
    """What a distribution would ship is what targets.yaml lists."""
    matrix = copy / "targets.yaml"
    text = matrix.read_text()
    family = max(load_spec(matrix).families, key=lambda family: len(family.ids))
    models = [model.id for model in family.models]
    removed = next(entry.id for entry in family.ids if entry.id not in models)
    matrix.write_text("".join(line for line in text.splitlines(True) if str(removed) not in line))
    make_or_fail("all", cwd=copy)
    left = [name for name in images(copy) if removed.hex in name]
    matrix.write_text(text)
    make_or_fail("all", cwd=copy)
    _assert_same(images(copy), good)
    assert not left


def test_moved_source_is_compiled(copy: Path, good: Mapping[str, Built]) -> None:
    """Though an earlier build noted that an object was made from a file which is no longer there."""
    note = copy / "out/obj/firmware/loader/main.d"
    note.write_text(note.read_text().replace("loader/main.c", "core/main.c"))
    assert "loader/main.o" in make_or_fail("all", cwd=copy)
    _assert_same(images(copy), good)


def test_malformed_matrix_is_explained(copy: Path, good: Mapping[str, Built]) -> None:
    """make passes the factory's message on and stops, without a traceback."""
    matrix = copy / "targets.yaml"
    text = matrix.read_text()
    matrix.write_text(text.replace("10ec:8139", "10ec:81g9"))
    done = make("all", cwd=copy)
    matrix.write_text(text)
    assert done.returncode != 0
    assert ': families.rtl8139.models[0].id: "10ec:81g9" is not a PCI ID' in done.stdout
    assert "Traceback" not in done.stdout
    make_or_fail("all", cwd=copy)
    _assert_same(images(copy), good)


def test_budget_exceeded_is_explained(copy: Path, good: Mapping[str, Built]) -> None:
    """An image over its budget fails the build by name, and is not left behind."""
    matrix = copy / "targets.yaml"
    text = matrix.read_text()
    family = load_spec(matrix).families[0]
    name = f"{family.name}/{family.ids[0].id.hex}.zpxe"
    matrix.write_text(text.replace("prefix: pxe, budget: 32768", "prefix: pxe, budget: 4096"))
    done = make("-k", "-Otarget", "all", cwd=copy)  # or the messages of two families mingle
    left = name in images(copy)
    matrix.write_text(text)
    assert done.returncode != 0 and not left
    assert (
        f"out/images/{name}: image of {good[name].size} bytes is over its budget of 4096"
        in done.stdout
    )
    make_or_fail("all", cwd=copy)
    _assert_same(images(copy), good)


def test_unknown_image_is_explained(copy: Path) -> None:
    """make image says what it accepts."""
    done = make("image", "T=ffff:0001", cwd=copy)
    assert done.returncode != 0
    assert "T=ffff:0001: not in targets.yaml; hint: make image T=10ec:8139" in done.stdout


def test_pattern_driver_compiles(built: Path) -> None:
    """The driver to copy keeps up with the driver interface, and no image contains it."""
    make_or_fail("out/obj/firmware/drivers/skeleton.o")
    spec = load_spec(built / "targets.yaml")
    assert not [target for target in spec.targets() if "skeleton" in target.drivers + target.uses]

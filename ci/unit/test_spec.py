# SPDX-License-Identifier: BSD-2-Clause
"""The matrix: what a good one means and how a bad one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.tree import ROOT
from factory.errors import FactoryError
from factory.spec import DeviceEntry, Model, PciId, Spec, load_spec

GOOD = """\
version: "1.2"
media: { rom: { prefix: rom, budget: 24576, option_rom: true }, dsk: { prefix: disk, budget: 1024 } }
profiles:
  default:
    without: [net/tftp]
    settings:
      wait: 3
families:
  alpha:
    driver: alpha
    models: [{ id: 10ec:8139, device: rtl8139 }]
    ids:
      - 10ec:8139
      - { id: 1113:1211, untested: no emulator, name: A Card }
  beta:
    driver: beta
    uses: [shared]
    family_rom: true
    ids: [8086:100E, 8086:100f, 1af4:1000]
specials:
  undi: { media: [dsk], drivers: none }
  all: { media: [dsk], drivers: every, budget: { dsk: 2048 } }
"""

# A change to the good document, and what is said of it.
REFUSED = [
    (
        "- 10ec:8139",
        "- 10ec:81g9",
        'targets.yaml:13: families.alpha.ids[0]: "10ec:81g9" is not a PCI ID; '
        "hint: write four hex digits, a colon, four hex digits, e.g. 10ec:8139",
    ),
    (
        "- { id: 1113:1211, untested",
        "- { id: 1113:1211, untestd",
        'targets.yaml:14: families.alpha.ids[1]: "untestd" is no key here; hint: did you mean untested?',
    ),
    (
        "[8086:100E,",
        "[8086:10,",
        'targets.yaml:19: families.beta.ids[0]: "8086:10" is not a PCI ID; '
        "hint: write four hex digits, a colon, four hex digits, e.g. 10ec:8139",
    ),
    (
        "[8086:100E,",
        "[10EC:8139,",
        'targets.yaml:19: families.beta.ids[0]: "10ec:8139" is listed twice, '
        "first on line 13; hint: one card belongs to one family; remove one",
    ),
    (
        "[8086:100E,",
        "[8086:100F,",
        'targets.yaml:19: families.beta.ids[1]: "8086:100f" is listed twice, '
        "first on line 19; hint: one card belongs to one family; remove one",
    ),
    (
        "[8086:100E,",
        "[ffff:1000,",
        'targets.yaml:19: families.beta.ids[0]: "ffff:1000" cannot be a card: '
        "0000 and ffff are reserved; hint: take the ID that lspci -nn prints",
    ),
    (
        "driver: beta",
        "driver: betta",
        'targets.yaml:16: families.beta.driver: "betta" is no driver: '
        "there is no src/drivers/betta.c; hint: did you mean beta?",
    ),
    (
        "driver: beta",
        "driver: skeleton",
        'targets.yaml:16: families.beta.driver: "skeleton" is no driver: '
        "it is the pattern for new drivers; hint: known: alpha, beta, shared",
    ),
    (
        "[shared]",
        "[sharedd]",
        'targets.yaml:17: families.beta.uses[0]: "sharedd" is no driver: '
        "there is no src/drivers/sharedd.c; hint: did you mean shared?",
    ),
    (
        "driver: beta",
        "driver: beta\n    profile: defualt",
        'targets.yaml:17: families.beta.profile: "defualt" is no profile; '
        "hint: did you mean default?",
    ),
    (
        "uses: [shared]",
        "use: [shared]",
        'targets.yaml:17: families.beta: "use" is no key here; hint: did you mean uses?',
    ),
    (
        "family_rom: true",
        "family_rom: maybe",
        'targets.yaml:18: families.beta.family_rom: "maybe" is not a choice; '
        "hint: write true or false",
    ),
    (
        "budget: 24576",
        "budget: 24000",
        "targets.yaml:2: media.rom.budget: 24000 is not a budget; hint: write bytes, "
        "a multiple of 512 from 512 to 130560 (255 units, all a PCI ROM header can say)",
    ),
    (
        "budget: 24576",
        "budget: -5",
        "targets.yaml:2: media.rom.budget: -5 is not a budget; hint: write bytes, "
        "a multiple of 512 from 512 to 130560 (255 units, all a PCI ROM header can say)",
    ),
    (
        "prefix: disk, budget: 1024",
        "prefix: disk",
        'targets.yaml:2: media.dsk: {"prefix": "disk"} has no "budget"; '
        "hint: Largest image in bytes, without the zeros that fill up the file of some media",
    ),
    (
        "media: [dsk]",
        "media: [zpxe]",
        'targets.yaml:21: specials.undi.media[0]: "zpxe" is no medium; hint: known: dsk, rom',
    ),
    (
        "prefix: disk,",
        "prefix: disc,",
        'targets.yaml:2: media.dsk.prefix: "disc" is no prefix: '
        "there is no src/firmware/platform/bios/boot/disc.asm; hint: did you mean disk?",
    ),
    (
        "prefix: disk,",
        "prefix: cd,",
        'targets.yaml:2: media.dsk.prefix: "cd" is no prefix: '
        "there is no src/firmware/platform/bios/boot/cd.asm; hint: known: disk, rom",
    ),
    (
        "media: [dsk], drivers: every",
        "media: [dsk, rom], drivers: every",
        'targets.yaml:22: specials.all.media[1]: "rom" is an option ROM, '
        "which names cards of one vendor; hint: leave it out",
    ),
    (
        "option_rom: true",
        "option_rom: 1",
        "targets.yaml:2: media.rom.option_rom: 1 is not a choice; hint: write true or false",
    ),
    (
        "budget: { dsk: 2048 }",
        "budget: { dks: 2048 }",
        'targets.yaml:22: specials.all.budget: "dks" is no medium; hint: did you mean dsk?',
    ),
    (
        "drivers: none",
        "drivers: some",
        'targets.yaml:21: specials.undi.drivers: "some" is not a choice of drivers; '
        "hint: write none or every",
    ),
    (
        "  undi:",
        "  beta:",
        'targets.yaml:21: specials.beta: "beta" is the name of a family, too; hint: rename one of them',
    ),
    (
        "  alpha:",
        "  romtool:",
        'targets.yaml:9: families.romtool: "romtool" is the name of something else in a build; hint: rename it',
    ),
    (
        "models: [{ id: 10ec:8139",
        "models: [{ id: 10ec:8138",
        'targets.yaml:11: families.alpha.models[0]: "10ec:8138" is not an ID of this family; '
        "hint: add it to families.alpha.ids or correct it",
    ),
    (
        "device: rtl8139 }",
        "device: rtl8139, chip: rtl8168 }",
        "targets.yaml:11: families.alpha.models[0]: "
        '{"id": "10ec:8139", "device": "rtl8139", "chip": "rtl8168"} has to name either a device or a chip; '
        "hint: a card of QEMU's is a device, a model in ci/chips a chip",
    ),
    (
        "untested: no emulator",
        "hardware: yes",
        'targets.yaml:14: families.alpha.ids[1].hardware: "yes" is no kind of report; hint: write reported',
    ),
    (
        "untested: no emulator",
        "model: 10ec:8130",
        'targets.yaml:14: families.alpha.ids[1].model: "10ec:8130" is no model\'s ID; '
        "hint: name one of families.alpha.models",
    ),
    (
        "untested: no emulator",
        "untested: ''",
        'targets.yaml:14: families.alpha.ids[1].untested: "" is not a line of plain text; '
        "hint: write 1 to 200 characters, ASCII only",
    ),
    (
        'version: "1.2"',
        "version: 1",
        "targets.yaml:1: version: 1 is not a version; "
        'hint: write numbers and dots in quotes, e.g. "0.1.0"',
    ),
    (
        "  alpha:",
        "  Alpha:",
        'targets.yaml:9: families: "Alpha" is not a name; '
        "hint: use lower-case letters, digits and _, starting with a letter, 64 at most",
    ),
    (
        "without: [net/tftp]",
        "without: [net/tftp.c]",
        'targets.yaml:5: profiles.default.without[0]: "net/tftp.c" is not a file of the firmware; '
        "hint: write its path below src/firmware, without the suffix: net/http",
    ),
    (
        "without: [net/tftp]",
        "without: [net/tfpt]",
        'targets.yaml:5: profiles.default.without[0]: "net/tfpt" is no part of the firmware: '
        "there is no src/firmware/net/tfpt.c; hint: did you mean net/tftp?",
    ),
    (
        "wait: 3",
        "wiat: 3",
        'targets.yaml:7: profiles.default.settings.wiat: "wiat" is no setting; hint: did you mean wait?',
    ),
    (
        "wait: 3",
        "wait: [3]",
        "targets.yaml:7: profiles.default.settings.wait: [3] is not a setting value; "
        "hint: write text or a number",
    ),
    (
        "wait: 3",
        "wait: a b",
        'targets.yaml:7: profiles.default.settings.wait: "a b" is no value of wait; '
        "hint: write a whole number of seconds, 1 to 300, for example 5",
    ),
    (
        "    ids: [8086:100E, 8086:100f, 1af4:1000]",
        "    ids:",
        "targets.yaml:19: families.beta.ids: null is not a list; hint: nothing follows the colon",
    ),
    (
        "    ids: [8086:100E, 8086:100f, 1af4:1000]",
        "",
        'targets.yaml:15: families.beta: {"driver": "beta", "uses": ["shared"], "family_rom": true} has no "ids"; '
        "hint: PCI IDs of the cards, one a line",
    ),
]


def _spec(folder: Path, text: str | bytes) -> Spec:
    path = folder / "targets.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    for name in (
        *("drivers/alpha.c", "drivers/beta.c", "drivers/shared.c", "drivers/skeleton.c"),
        *("firmware/platform/bios/boot/rom.asm", "firmware/platform/bios/boot/disk.asm"),
        "firmware/net/tftp.c",
    ):
        (folder / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "src" / name).touch()
    return load_spec(path, folder / "src")


def refusal(folder: Path, text: str | bytes) -> list[str]:
    """What is said of a bad matrix."""
    with pytest.raises(FactoryError) as caught:
        _spec(folder, text)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def test_good(tmp_path: Path) -> None:
    spec = _spec(tmp_path, GOOD)
    alpha, beta = spec.families
    assert (spec.version, [s.name for s in spec.specials]) == ("1.2", ["undi", "all"])
    assert alpha.models == (Model(PciId(0x10EC, 0x8139), "rtl8139"),)
    assert alpha.ids[1] == DeviceEntry(PciId(0x1113, 0x1211), "no emulator", "A Card")
    assert (str(beta.ids[0].id), beta.ids[0].id.hex, beta.profile) == (
        "8086:100e",
        "8086100e",
        "default",
    )
    assert spec.profiles["default"].settings == ("wait=3",)
    assert spec.family("beta") is beta and spec.family("gamma") is None


def test_images(tmp_path: Path) -> None:
    paths = [image.path for image in _spec(tmp_path, GOOD).images()]
    assert paths[:4] == [
        "alpha/10ec8139.rom",
        "alpha/10ec8139.dsk",
        "alpha/11131211.rom",
        "alpha/11131211.dsk",
    ]
    assert paths[-3:] == ["beta/beta.rom", "undi/undi.dsk", "all/all.dsk"]
    assert len(paths) == len(set(paths)) == 5 * 2 + 1 + 2


def test_family_rom_lists_the_vendor_with_most_cards(tmp_path: Path) -> None:
    rom = next(i for i in _spec(tmp_path, GOOD).images() if i.path == "beta/beta.rom")
    assert (rom.vendor, [str(i) for i in rom.ids]) == (0x8086, ["8086:100e", "8086:100f"])


def test_family_rom_starts_with_the_emulated_card(tmp_path: Path) -> None:
    text = GOOD.replace("ids:\n      - 10ec:8139", "family_rom: true\n    ids:\n      - 10ec:0001")
    text = text.replace("      - { id: 1113", "      - 10ec:8139\n      - { id: 1113")
    rom = next(i for i in _spec(tmp_path, text).images() if i.path == "alpha/alpha.rom")
    assert [str(pci_id) for pci_id in rom.ids] == ["10ec:8139", "10ec:0001"]


def test_special_targets(tmp_path: Path) -> None:
    *_, undi, every = _spec(tmp_path, GOOD).targets()
    assert (undi.drivers, undi.id_table, undi.images[0].vendor) == ((), (), 0)
    assert (every.drivers, every.uses) == (("alpha", "beta"), ("shared",))
    assert every.images[0].vendor == 0xFFFF
    assert dict(every.budget) == {"rom": 24576, "dsk": 2048}
    table = [(str(entry.id), entry.driver_index) for entry in every.id_table]
    assert table == sorted(table) and ("8086:100f", 1) in table and len(table) == 5


@pytest.mark.parametrize(
    ("old", "new", "message"), REFUSED, ids=[m.split(": ")[1] for *_, m in REFUSED]
)
def test_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    assert refusal(tmp_path, GOOD.replace(old, new, 1)) == [message]


def test_every_problem_is_reported(tmp_path: Path) -> None:
    text = GOOD.replace("10ec:8139, d", "10ec:1, d").replace("1af4:1000]", "1af4]")
    assert [line.split(": ")[1] for line in refusal(tmp_path, text)] == [
        "families.alpha.models[0].id",
        "families.beta.ids[2]",
    ]


def test_family_rom_without_its_medium(tmp_path: Path) -> None:
    assert refusal(tmp_path, GOOD.replace(", option_rom: true", "")) == [
        "targets.yaml:18: families.beta.family_rom: true needs a medium that is an option ROM; "
        "hint: give one option_rom: true, or leave family_rom out"
    ]


@pytest.mark.parametrize("text", ["", "[]", "hello", "3"])
def test_not_a_matrix_at_all(tmp_path: Path, text: str) -> None:
    with pytest.raises(FactoryError, match="is not key: value pairs"):
        _spec(tmp_path, text)


def test_ours() -> None:
    """The project's own matrix is good, and names every card once."""
    spec = load_spec(ROOT / "targets.yaml", ROOT / "src")
    paths = [image.path for image in spec.images()]
    assert len(paths) == len(set(paths)) >= 177


def test_chip_models(tmp_path: Path) -> None:
    """A model of a chip shows any ID; two lines may name the same one."""
    one, two = "{ id: 10ec:8139, chip: rtl }", "{ id: 1113:1211, chip: rtl }"
    alpha, *_ = _spec(
        tmp_path, GOOD.replace("{ id: 10ec:8139, device: rtl8139 }", f"{one}, {two}")
    ).families
    assert [model.card for model in alpha.models] == ["chip:rtl@10ec:8139", "chip:rtl@1113:1211"]
    assert all(model.is_chip for model in alpha.models)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("{ id: 10ec:8139 }", "has to name either a device or a chip"),
        ("{ id: 10ec:8139, device: rtl8139, chip: rtl }", "has to name either a device or a chip"),
        ("{ id: 10ec:8139, chip: RTL }", '"RTL" is not the name of a chip model'),
        ("{ id: 10ec:8139, chip: rtl }, { id: 10ec:8139, chip: rtl }", '"rtl" is listed twice'),
    ],
)
def test_wrong_chip_models(tmp_path: Path, model: str, message: str) -> None:
    (found,) = refusal(tmp_path, GOOD.replace("{ id: 10ec:8139, device: rtl8139 }", model))
    assert message in found and "families.alpha.models[" in found

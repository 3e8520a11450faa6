# SPDX-License-Identifier: BSD-2-Clause
"""Which boots there are of the images that were built: from the matrix, and the emulator's cards.

A Plan is a cheap description; make() turns it into a Case with a fresh nonce and the bytes to boot.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from ci import stock
from ci.chips.gate import MAC
from ci.chips.process import program_sha256
from ci.disks import DISKS, disk_of
from ci.images import STRANGER, RomtoolError, Shop, damaged, image_length, stamped
from ci.lab.boot import record
from ci.lab.card import Card, cards
from ci.lab.case import Case, Label
from ci.lab.journal import TIERS, Record
from ci.lab.judge import FAIL, PASS, Expected, Verdict
from ci.lab.machine import WARP, Drive, Machine
from ci.lab.network import Network, User, Wired
from ci.media import MEDIA
from ci.net.scenario import Scenario
from ci.packages import Unavailable
from ci.payloads.payload import make_payload, payload_sum
from factory import CHIP
from factory.spec import Family, Image, PciId, Spec

KINDS = ("nbi", "nbi32", "bzimage")  # boot files that every image must be able to load
PAYLOAD_SIZE = 24 * 1024  # some seventeen TFTP blocks
OWN, STOCK = "own .rom", "stock ROM"
SLOWER = "seeded"
# What shows that a second stage ran at all, by first stage.
BANNERS = {"": (), STOCK: (r"Etherforge \S+ ",), OWN: (r"(?s)Etherforge \S+ .*Etherforge \S+ ",)}
FALLS_BACK = r"Etherforge \S+ undi "  # a copy for another card boots without its driver
# QEMU's e1000 delivers nothing for a second after its receiver is switched on.
HOLDS_BACK = ("e1000", "e1000-82544gc", "e1000-82545em")

Change = Callable[[Case], Case]


@dataclass(frozen=True)
class Selection:
    """What the user asked for; empty means everything."""

    family: str = ""
    id: str = ""  # vvvv:dddd
    quick: bool = False  # one card per family, and the controls of one family
    medium: str = ""

    def has_medium(self, image: Image) -> bool:
        """True when the image's medium is wanted."""
        return self.medium in ("", image.medium)

    def takes(self, image: Image) -> bool:
        """True when the image is wanted."""
        if not self.has_medium(image) or self.family and image.family != self.family:
            return False
        return not self.id or any(str(pci_id) == self.id for pci_id in image.ids)


@dataclass(frozen=True)
class Plan:
    """One boot to be made, or (boot "") one image that only gets static checks."""

    key: str
    image: Image
    shop: Shop
    tier: str
    card: str = ""
    card_id: PciId | None = None  # what the emulated card shows
    home: str = ""  # the card's family, where it isn't the image's
    boot: str = ""
    kind: str = KINDS[0]
    restamp: PciId | None = None  # ID that the booted copy is given
    damage: str = ""  # of ci.images.DAMAGES
    first_stage: str = ""  # OWN: also where there is a stock ROM
    reason: str = ""  # why static
    budget: int = 0  # bytes; when static
    sha256: str = ""  # of the image; "": it is looked at
    seed: int = 0  # of a chip model's latencies; 0: the shortest
    changes: tuple[Change, ...] = ()  # last touches to the case

    def __post_init__(self) -> None:
        if not self.sha256:
            data = self.shop.image(self.image).read_bytes()
            object.__setattr__(self, "sha256", hashlib.sha256(data).hexdigest())

    @property
    def keeps(self) -> bool:
        """Where more than the image is tested, nothing is kept."""
        return self.tier in TIERS

    @property
    def label(self) -> Label:
        """Without what only the case shows."""
        image = self.image
        return Label(
            self.tier,
            image.family,
            self.card,
            image.path,
            self.sha256,
            image.medium,
            self.boot,
            self.kind if self.boot else "",
            model_sha256=program_sha256() if self.card.startswith(CHIP) else "",
        )

    def make(self) -> Case | Record:
        """Image bytes restamped or damaged as planned, a payload with a fresh nonce."""
        if not self.boot:
            return self._static_record()
        nonce = secrets.token_hex(16)
        payload = make_payload(self.kind, nonce, PAYLOAD_SIZE)
        data = self._image_bytes()
        stage, rom = self._first_stage()
        name = f"{nonce[:8]}.{self.kind}"
        suffix = {"": "", STOCK: ".zpxe", OWN: ".nbp"}[stage]
        network: Network = User(name + suffix)
        if stage == OWN:
            # Our own ROM would leave off `.zpxe` and load the payload itself, so the server names the files in turn.
            network = Wired(name + suffix, Scenario("chain", then_names=name))
        held_back = self.tier == "family" and self.card in HOLDS_BACK
        warp = WARP if stage == STOCK or held_back else None
        machine = Machine(self.card, warp=warp, seed=self.seed)
        digest = hashlib.sha256(data).hexdigest()
        address = (MAC,) if self.card.startswith(CHIP) else ()  # that the chip has in its EEPROM
        case = Case(
            self.key,
            replace(self.label, first_stage=stage, booted_sha256=digest),
            placed(machine, self.boot, data, rom),
            network,
            {name: payload, **({name + suffix: data} if suffix else {})},
            Expected(nonce, payload_sum(payload), texts=BANNERS[stage] + address),
        )
        if self.damage:
            code = MEDIA[self.image.medium].damages[self.damage]
            case = case.failing(*[rf"{code}\b"] * bool(code))
        for change in self.changes:
            case = change(case)
        return case

    def _first_stage(self) -> tuple[str, bytes]:
        """Name and bytes of the PXE ROM that loads a second stage.

        At exact tier that is one that nobody here wrote, where there is one for the card; at family tier
        our own, which wastes no time.
        """
        if self.boot != "nbp" or self.card_id is None:
            return "", b""
        theirs = stock.rom_for(self.card, self.card_id, self.shop)
        if theirs and self.tier != "family" and not self.first_stage:
            return STOCK, theirs
        folder = self.shop.out / "images" / (self.home or self.image.family)
        ours = folder / f"{self.card_id.hex}.rom"
        if ours.exists():
            return OWN, ours.read_bytes()
        if theirs:
            return STOCK, theirs
        raise Unavailable(f"no PXE ROM to load it: no {ours}, and none of ipxe-qemu")

    def _image_bytes(self) -> bytes:
        path = self.shop.image(self.image)
        if self.damage:
            return damaged(path, self.damage, self.shop)
        return stamped(path, self.restamp, self.shop) if self.restamp else path.read_bytes()

    def _static_record(self) -> Record:
        """Evidence of an image that no emulator can boot: it passes romtool's checks and keeps to its budget."""
        path, verdict = self.shop.image(self.image), Verdict(PASS, self.reason)
        try:
            self.shop.run("lint", str(path))
            if (size := image_length(path.read_bytes())) > self.budget:
                verdict = Verdict(FAIL, f"{size} bytes, the budget is {self.budget}")
        except RomtoolError as error:
            verdict = Verdict(FAIL, str(error))
        return record(self.key, self.label, verdict)


def placed(machine: Machine, boot: str, image: bytes, first_stage: bytes) -> Machine:
    """The machine with the image in it. One that boots over the network ("nbp") has its first stage's ROM instead."""
    if boot in DISKS:
        return replace(machine, drives=(Drive(DISKS[boot].drive, disk_of(boot, image)),))
    return replace(machine, rom=first_stage if boot == "nbp" else image)


def payload_name(case: Case) -> str:
    """The boot file's on the server."""
    return f"{case.expected.nonce[:8]}.{case.label.payload}"


def wired(scenario: Scenario) -> Change:
    """On a wire with a server that does as the scenario says."""
    return lambda case: replace(case, network=Wired(case.network.boot_file, scenario))


def plans(spec: Spec, shop: Shop, selection: Selection) -> Iterator[Plan]:
    """Every boot of every wanted image, then the negative controls."""
    chosen = _quick_plans if selection.quick else _all_plans
    yield from chosen(spec, shop, selection)
    yield from _controls(spec, shop, selection)


def _all_plans(spec: Spec, shop: Shop, selection: Selection) -> Iterator[Plan]:
    """Every image; the first exact boot of each kind in a family also with the other kinds of boot file."""
    first_of_kind: set[tuple[str, str]] = set()
    for image in filter(selection.takes, spec.images()):
        for plan in _image_plans(spec, image, shop):
            yield plan
            group = (image.family, plan.boot)
            usual = plan.tier == "exact" and plan.boot not in MEDIA[image.medium].further
            if usual and group not in first_of_kind:
                first_of_kind.add(group)
                yield from (_with_kind(plan, kind) for kind in KINDS[1:])


def _quick_plans(spec: Spec, shop: Shop, selection: Selection) -> Iterator[Plan]:
    """Each family's first card only; the kinds of boot file take turns, and so do the further ways to boot a disk.

    Chip models have a quick run of their own (ci.chips.run).
    """
    kinds = itertools.cycle(KINDS)
    further = {name: itertools.cycle(medium.further) for name, medium in MEDIA.items()}
    for card in (card for card in cards(spec, shop) if not card.model.is_chip):
        for image in filter(selection.takes, card.images(spec)):
            left_out = set(MEDIA[image.medium].further) - {next(further[image.medium], "")}
            for plan in _image_plans(spec, image, shop):
                if plan.card == card.device and plan.boot not in left_out:
                    yield _with_kind(plan, next(kinds))


def _with_kind(plan: Plan, kind: str) -> Plan:
    return plan if kind == plan.kind else replace(plan, key=f"{plan.key}+{kind}", kind=kind)


def _image_plans(spec: Spec, image: Image, shop: Shop) -> Iterator[Plan]:
    family = spec.family(image.family)
    if family is None:  # `all` and `undi` images boot on the first card of every family
        for card in cards(spec, shop):
            yield _plan(image, card, "exact", MEDIA[image.medium].ways[0], home=card.family)
        return
    untested = [entry.untested for entry in family.ids if (entry.id,) == image.ids]
    reason = f"untested: {untested[0]}" if untested and untested[0] else ""
    reason = reason if family.models else "no emulator model for the family"
    if reason:
        target = next(target for target in spec.targets() if target.name == image.family)
        budget = target.budget[image.medium]
        yield Plan(f"{image.path}+static", image, shop, "static", reason=reason, budget=budget)
    else:
        yield from _family_plans(family, image, shop)


def _family_plans(family: Family, image: Image, shop: Shop) -> Iterator[Plan]:
    """On each card with exactly its ID; else a copy on the card that stands in, or itself
    on a chip model that shows its ID.

    A disk image takes turns there; on a card with its ID it is booted in every way, on the first card in all.
    """
    exact = [model for model in family.models if model.id == image.ids[0]]
    ways = MEDIA[image.medium].ways
    for model in exact or [family.stand_in(image.ids[0])]:
        first = exact and model is family.models[0]
        turn = ways[image.ids[0].device % len(ways)]
        further = MEDIA[image.medium].further if first else ()
        for boot in (*ways, *further) if exact else (turn,):
            card = Card(family.name, model, shop)
            if model.is_chip:
                yield from _chip_plans(_plan(image, card, "model", boot), bool(exact))
            else:
                restamp = None if exact else model.id
                yield _plan(image, card, "exact" if exact else "family", boot, restamp=restamp)


def _chip_plans(plan: Plan, both: bool) -> Iterator[Plan]:
    """With the chip's shortest latencies, and with random ones; or just with those whose turn it is."""
    turn = sum(plan.key.encode()) % 2
    if both or turn:
        yield plan
    if both or not turn:
        key = f"{plan.key}+{SLOWER}"
        yield replace(plan, key=key, seed=zlib.crc32(key.encode()) | 1)


def _plan(
    image: Image,
    card: Card,
    tier: str,
    boot: str,
    key: str = "",
    home: str = "",
    restamp: PciId | None = None,
) -> Plan:
    model = card.model
    key = key or f"{image.path}+{model.device}+{boot}"
    tier = "model" if model.is_chip and tier == "exact" else tier
    return Plan(key, image, card.shop, tier, card.device, model.id, home, boot, restamp=restamp)


def _controls(spec: Spec, shop: Shop, selection: Selection) -> Iterator[Plan]:
    """Per medium: images that must not boot. In a quick or narrow run, of the first family it touches only."""
    wanted = cards(spec, shop, selection.family)
    if selection.id:
        touched = [f.name for f in spec.families if any(str(e.id) == selection.id for e in f.ids)]
        wanted = [card for card in wanted if card.family in touched]
    for card in wanted[:1] if selection.quick else wanted:
        for image in filter(selection.has_medium, card.images(spec)):
            medium = MEDIA[image.medium]
            plan = _plan(image, card, "control", medium.ways[0])
            for damage in medium.damages:
                yield replace(plan, key=f"control+{image.path}+{damage}", damage=damage)
            if medium.second_stage:
                key, shows = f"control+{image.path}+other-card", partial(_shows, FALLS_BACK)
                yield replace(plan, key=key, restamp=STRANGER, changes=(shows,))


def _shows(text: str, case: Case) -> Case:
    return replace(case, expected=replace(case.expected, texts=(text,)))


def samples(spec: Spec, shop: Shop, selection: Selection, tier: str) -> Iterator[Plan]:
    """A plan, to be given changes, for every medium of each family's first card; the key is tier+image.

    In a quick run, of the first family only.
    """
    wanted = cards(spec, shop, selection.family)
    for card in wanted[:1] if selection.quick else wanted:
        for image in filter(selection.takes, card.images(spec)):
            yield _plan(image, card, tier, MEDIA[image.medium].sample, f"{tier}+{image.path}")


def named(plan: Plan, name: str, *changes: Change, **fields: object) -> Plan:
    """The plan of a sample with a name of its own, and changes to its case."""
    return replace(plan, key=f"{plan.key}+{name}", changes=changes, **fields)

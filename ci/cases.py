"""Which boots there are: from the matrix, the images that were built, and the emulator's cards.

A Plan is a cheap description; prepare() turns it into a Case with a fresh nonce and the bytes to boot.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from ci import stock
from ci.disks import disk_of
from ci.images import STRANGER, Shop, damaged, stamped
from ci.judge import Expected
from ci.media import MEDIA
from ci.net.wire import Scenario
from ci.payloads.payload import make_payload, payload_sum
from ci.runner import Case
from factory.spec import Family, Image, Model, PciId, Spec

KINDS = ("nbi", "nbi32", "bzimage")  # boot files that every image must be able to load
PAYLOAD_SIZE = 24 * 1024  # some seventeen TFTP blocks
FLOPPY_SIZE = 1_474_560
# The boot sector that answers when the BIOS goes on to the next device: mov dx, 501h; mov al, 2; out dx, al; hlt
NEXT_DEVICE = bytes.fromhex("ba0105b002eef4").ljust(510, b"\0") + b"\x55\xaa"
NEXT_DEVICE = NEXT_DEVICE.ljust(FLOPPY_SIZE, b"\0")
OWN, STOCK = "own .rom", "stock ROM"
# What shows that a second stage ran at all, by first stage.
BANNERS = {"": (), STOCK: (r"Etherforge \S+ ",), OWN: (r"(?s)Etherforge \S+ .*Etherforge \S+ ",)}
# QEMU's e1000 delivers nothing for a second after its receiver is switched on.
HOLDS_BACK = ("e1000", "e1000-82544gc", "e1000-82545em")
WARP = 8  # for waiting through a stock first stage's banner; see ci.machine


@dataclass(frozen=True)
class Plan:
    """One boot to be made, or (boot "") one image that only gets static checks."""

    key: str
    image: Image
    sha256: str
    tier: str
    card: str = ""
    card_id: PciId | None = None  # what the emulated card shows
    home: str = ""  # the card's family, where it isn't the image's
    boot: str = ""
    kind: str = KINDS[0]
    restamp: PciId | None = None  # ID that the booted copy is given
    damage: str = ""  # of ci.images.DAMAGES
    reason: str = ""  # why static
    adjust: Callable[[Case], Case] | None = None  # last touch to the case


@dataclass(frozen=True)
class Selection:
    """What the user asked for; empty means everything."""

    family: str = ""
    id: str = ""  # vvvv:dddd
    quick: bool = False  # one card per family, and the controls of one family

    def takes(self, image: Image) -> bool:
        """True when the image is wanted."""
        if self.family and image.family != self.family:
            return False
        return not self.id or any(str(pci_id) == self.id for pci_id in image.ids)


def plans(spec: Spec, shop: Shop, selection: Selection) -> Iterator[Plan]:
    """Every boot of every wanted image, then the negative controls."""
    chosen = _quick_plans if selection.quick else _all_plans
    yield from chosen(spec, shop, selection)
    yield from _controls(spec, shop, selection)


def _all_plans(spec: Spec, shop: Shop, selection: Selection) -> Iterator[Plan]:
    """Every image; the first exact boot of each kind in a family also with the other kinds of boot file."""
    first_of_kind: set[tuple[str, str]] = set()
    for image in spec.images():
        if not selection.takes(image):
            continue
        for plan in _image_plans(spec, image, _sha256(shop, image)):
            yield plan
            group = (image.family, plan.boot)
            if (
                plan.tier == "exact"
                and plan.boot not in MEDIA[image.medium].further
                and group not in first_of_kind
            ):
                first_of_kind.add(group)
                yield from (_with_kind(plan, kind) for kind in KINDS[1:])


def _quick_plans(spec: Spec, shop: Shop, selection: Selection) -> Iterator[Plan]:
    """Each family's first card only; the kinds of boot file take turns, and so do the further ways to boot a disk."""
    kinds = itertools.cycle(KINDS)
    further = {name: itertools.cycle(medium.further) for name, medium in MEDIA.items()}
    for image in spec.images():
        family = spec.family(image.family)
        if not family or not selection.takes(image) or not _is_sample(spec, image):
            continue
        left_out = set(MEDIA[image.medium].further) - {next(further[image.medium], "")}
        for plan in _image_plans(spec, image, _sha256(shop, image)):
            if plan.card == family.models[0].device and plan.boot not in left_out:
                yield _with_kind(plan, next(kinds))


def _sha256(shop: Shop, image: Image) -> str:
    return hashlib.sha256(shop.image(image).read_bytes()).hexdigest()


def _with_kind(plan: Plan, kind: str) -> Plan:
    return plan if kind == plan.kind else replace(plan, key=f"{plan.key}+{kind}", kind=kind)


def _is_sample(spec: Spec, image: Image) -> bool:
    """The images of each family's first card, which stand for the family in a quick run."""
    family = spec.family(image.family)
    return bool(family and family.models and image.ids == (family.models[0].id,))


def _image_plans(spec: Spec, image: Image, sha256: str) -> Iterator[Plan]:
    family = spec.family(image.family)
    if family is None:
        yield from _special_plans(spec, image, sha256)
        return
    untested = [entry.untested for entry in family.ids if (entry.id,) == image.ids]
    if not family.models:
        yield _static(image, sha256, "no emulator model for the family")
    elif untested and untested[0]:
        yield _static(image, sha256, f"untested: {untested[0]}")
    else:
        yield from _family_plans(family, image, sha256)


def _family_plans(family: Family, image: Image, sha256: str) -> Iterator[Plan]:
    exact = [model for model in family.models if model.id == image.ids[0]]
    tier = "exact" if exact else "family"
    for model in exact or family.models[:1]:
        restamp = None if exact else model.id
        for boot in _boots(image, tier):
            key = f"{image.path}+{model.device}+{boot}"
            yield Plan(key, image, sha256, tier, model.device, model.id, boot=boot, restamp=restamp)
        if exact and model is family.models[0]:
            for boot in MEDIA[image.medium].further:
                key = f"{image.path}+{model.device}+{boot}"
                yield Plan(key, image, sha256, tier, model.device, model.id, boot=boot)


def _special_plans(spec: Spec, image: Image, sha256: str) -> Iterator[Plan]:
    """`all` and `undi` images boot on the first card of every family."""
    for family in spec.families:
        for model in family.models[:1]:
            boot = _boots(image, "exact")[0]
            key = f"{image.path}+{model.device}+{boot}"
            plan = Plan(key, image, sha256, "exact", model.device, model.id, boot=boot)
            yield replace(plan, home=family.name)


def _boots(image: Image, tier: str) -> tuple[str, ...]:
    """In every way of its medium at exact tier; at family tier cards take turns."""
    ways = MEDIA[image.medium].ways
    return ways if tier == "exact" else (ways[image.ids[0].device % len(ways)],)


def _static(image: Image, sha256: str, reason: str) -> Plan:
    return Plan(f"{image.path}+static", image, sha256, "static", reason=reason)


def _controls(spec: Spec, shop: Shop, selection: Selection) -> Iterator[Plan]:
    """Per medium: images that must not boot. In a quick or narrow run, of the first family it touches only."""
    families = [family for family in spec.families if family.models]
    wanted = [f for f in families if not selection.family or f.name == selection.family]
    if selection.id:
        wanted = [f for f in wanted if any(str(entry.id) == selection.id for entry in f.ids)]
    for family in wanted[:1] if selection.quick else wanted:
        model = family.models[0]
        for image in spec.images():
            if image.family == family.name and image.ids == (model.id,):
                yield from _image_controls(image, model, shop)


def _image_controls(image: Image, model: Model, shop: Shop) -> Iterator[Plan]:
    sha256, boot = _sha256(shop, image), _boots(image, "exact")[0]
    for damage in MEDIA[image.medium].damages:
        key = f"control+{image.path}+{damage}"
        yield Plan(key, image, sha256, "control", model.device, model.id, boot=boot, damage=damage)
    if MEDIA[image.medium].second_stage:
        key = f"control+{image.path}+other-card"
        yield Plan(
            key,
            image,
            sha256,
            "control",
            model.device,
            model.id,
            boot=boot,
            restamp=STRANGER,
            adjust=partial(_must_show, r"Etherforge \S+ undi "),
        )


def sample_plans(
    spec: Spec, shop: Shop, selection: Selection, tier: str, names: Iterable[str]
) -> Iterator[Plan]:
    """For each name one boot of every medium of each family's first card; the key is tier+image+name.

    In a quick run, of the first family only.
    """
    quick_family = next(family.name for family in spec.families if family.models)
    for image in spec.images():
        family = spec.family(image.family)
        if not family or not selection.takes(image) or not _is_sample(spec, image):
            continue
        if selection.quick and not selection.family and family.name != quick_family:
            continue
        model = family.models[0]
        boot = MEDIA[image.medium].sample
        for name in names:
            key = f"{tier}+{image.path}+{name}"
            sha256 = _sha256(shop, image)
            yield Plan(key, image, sha256, tier, model.device, model.id, boot=boot)


def prepare(plan: Plan, shop: Shop) -> Case:
    """The case of a plan: image bytes restamped or damaged as planned, a payload with a fresh nonce."""
    nonce = secrets.token_hex(16)
    payload = make_payload(plan.kind, nonce, PAYLOAD_SIZE)
    data = _image_bytes(plan, shop)
    medium = MEDIA[plan.image.medium]
    name = f"{nonce[:8]}.{plan.kind}"
    first_stage_name, first_stage = _first_stage(plan, shop)
    case = Case(
        key=plan.key,
        image=plan.image.path,
        sha256=plan.sha256,
        medium=medium.name,
        family=plan.image.family,
        tier=plan.tier,
        card=plan.card,
        boot=plan.boot,
        data=data,
        disk=disk_of(plan.boot, data) if plan.boot in medium.further else b"",
        payload_kind=plan.kind,
        payload_name=name,
        payload=payload,
        expected=Expected(nonce, payload_sum(payload), texts=BANNERS[first_stage_name]),
        first_stage_name=first_stage_name,
        first_stage=first_stage,
        warp=_warp(plan, first_stage_name),
    )
    if first_stage_name == OWN:
        # Our own ROM would leave off `.zpxe` and load the payload itself, so the server names the files in turn.
        case = replace(case, nbp_suffix=".nbp", network=Scenario("chain", then_names=name))
    if plan.damage:
        code = medium.damages[plan.damage]
        case = must_not_boot(case, rf"{code}\b" if code else "")
    return plan.adjust(case) if plan.adjust else case


def must_not_boot(case: Case, *texts: str) -> Case:
    """The case as a negative one.

    It must show the texts (patterns), run no payload, and let the next boot device answer.
    """
    expected = replace(
        case.expected, boots=False, next_device=True, texts=tuple(text for text in texts if text)
    )
    return replace(case, expected=expected, next_device=NEXT_DEVICE)


def _must_show(text: str, case: Case) -> Case:
    return replace(case, expected=replace(case.expected, texts=(text,)))


def _first_stage(plan: Plan, shop: Shop) -> tuple[str, bytes]:
    """Name and bytes of the PXE ROM that loads a second stage.

    At exact tier that is one that nobody here wrote, where there is one for the card; at family tier
    our own, which wastes no time.
    """
    if plan.boot != "nbp" or plan.card_id is None:
        return "", b""
    theirs = stock.rom_for(plan.card, plan.card_id, shop)
    if theirs and plan.tier != "family":
        return STOCK, theirs
    home = plan.home or plan.image.family
    return OWN, (shop.out / "images" / home / f"{plan.card_id.hex}.rom").read_bytes()


def _warp(plan: Plan, first_stage: str) -> int | None:
    """Speeds up the guest's clock where it only waits.

    That is for a stock ROM's banner; and at family tier for an emulated card that holds back frames.
    """
    held_back = plan.tier == "family" and plan.card in HOLDS_BACK
    return WARP if first_stage == STOCK or held_back else None


def _image_bytes(plan: Plan, shop: Shop) -> bytes:
    path = shop.image(plan.image)
    if plan.damage:
        return damaged(path, plan.damage, shop)
    if plan.restamp is None:
        return path.read_bytes()
    return stamped(path, plan.restamp, shop)

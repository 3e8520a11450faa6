/* SPDX-License-Identifier: BSD-2-Clause */
/* What the page says of media and of evidence. */

const MEDIA = {
    rom: ["Option ROM", "For the card’s own flash chip, for coreboot or SeaBIOS, or for an emulated card. The BIOS runs it and lists it as a boot device."],
    zpxe: ["PXE boot file", "For a card that has a PXE ROM already. The DHCP server names it as boot file; it takes over from there."],
    dsk: ["Disk image", "For a USB stick, a floppy or a hard disk: write it as it is, and boot from it. Nothing on the card changes."],
};

/* Images that are for no card in particular, by family. */
const SHARED = {
    undi: "Has no driver of its own: it boots through the PXE ROM of the card, whatever the card is.",
    all: "Has every driver, and takes the first card that it knows.",
};
const FAMILY_ROM = "One ROM with the IDs of all cards of the family, for a BIOS that reads the list in it.";

/* The order of badges: what was seen of an image, from best to worst. */
const LEVELS = {
    exact: ["good", "Booted"],
    model: ["good", "Booted on a model"],
    family: ["good", "Booted as a copy"],
    none: ["open", "Not booted"],
    bad: ["bad", "Failed its boot"],
};

/* A record is a list, as factory/site_data.py writes it. `boots` passed, and `ways` is how the image was started in them. */
function readRecord(record) {
    const [tier, verdict, reason, card, qemu, bios, seconds, nonce, when, consoleText, accelerator, boots, ways] = record;
    return { tier, verdict, reason, card, qemu, bios, seconds, nonce, when, consoleText, accelerator, boots, ways };
}

/* Key of LEVELS for a record, or for undefined where there is none. */
function levelOf(record) {
    if (!record || record[1] === "skip") {
        return "none";
    }
    if (record[1] !== "pass") {
        return "bad";
    }
    return record[0] === "static" ? "none" : record[0];
}

function badge(level) {
    const [kind, text] = LEVELS[level];
    return el("span", { class: "badge " + kind }, text);
}

/* On what: "QEMU 7.2.22’s rtl8139, SeaBIOS 1.16.2". */
function machineText(proof) {
    const emulator = (proof.qemu ? "QEMU " + proof.qemu : "the emulator") + (proof.accelerator === "kvm" ? " with KVM" : "");
    return emulator + (proof.card ? "’s " + proof.card : "") + (proof.bios ? ", with " + proof.bios : "");
}

/* How often, and started by what: " 3 boots passed: floppy, disk, usb." */
function boots(proof) {
    const ways = proof.ways.filter((way) => way !== "rom" && way !== "nbp");
    if (proof.boots < 2 && !ways.length) {
        return "";
    }
    return " " + (proof.boots === 1 ? "1 boot" : proof.boots + " boots") + " passed" + (ways.length ? ", started by: " + ways.join(", ") : "") + ".";
}

/* Some sentences of what the record shows. */
function proofText(record) {
    if (!record) {
        return "No boot of exactly these bytes is on record.";
    }
    const proof = readRecord(record);
    const when = proof.when ? " on " + dateText(proof.when) : "";
    const more = (proof.seconds ? " Its boot file ran " + proof.seconds.toFixed(2) + " s after the machine was started." : "") + boots(proof);
    switch (levelOf(record)) {
    case "exact":
        return "As it is, on " + machineText(proof) + "," + when + "." + more;
    case "family":
        return "A copy that differs only in its ID, on " + machineText(proof) + "," + when + "." + more;
    case "model":
        return "As it is, on a model of the chip that Linux’s own driver passed, in " + machineText(proof) + "," + when + "." + more;
    case "bad":
        return "On " + machineText(proof) + "," + when + ": " + proof.verdict + (proof.reason ? ", " + proof.reason : "") + ".";
    default:
        return "Format and size were checked" + when + "." + (proof.verdict === "skip" && proof.reason ? " Its boot was left out: " + proof.reason + "." : "");
    }
}

/* What is not known of a card’s images, as sentences; the most important first. */
function unknowns(card, records) {
    const found = [];
    const levels = new Set(records.map(levelOf));
    if (card.untested) {
        found.push("Nothing here can boot them: " + card.untested + ". They may work or not; only format and size were checked.");
    } else if (levels.has("bad")) {
        found.push("A boot of one of them failed; see below.");
    } else if (levels.has("none")) {
        found.push("There is no boot on record of " + (levels.size > 1 ? "some of these files." : "these files."));
    }
    if (levels.has("family")) {
        const [model] = catalogue.families[card.family] || [];
        found.push("No emulator has a card with this ID. A copy of each file, with the ID of " + (model ? model.id : "another card") +
            ", was booted on that card. How this chip differs from it is not known.");
    }
    if (levels.has("model")) {
        found.push("The card was a model of its chip, which Linux’s own driver takes for the real one. How the PHY, the timing and the faults of real chips differ from it is not known.");
    }
    if (levels.has("exact")) {
        found.push("The card was an emulated one. No boot on real hardware is on record.");
    }
    if (!card.flash) {
        found.push("Which flash chip the card has, and whether flashrom can write it, is not known.");
    } else if (card.flash[1]) {
        found.push("Nobody here has written the chip of a real card.");
    }
    return found;
}

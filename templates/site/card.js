/* SPDX-License-Identifier: BSD-2-Clause */
/* What the page shows of one card: what is not known, images, evidence, flash chip, configurations. */

function imagePath(family, image) {
    return "images/" + family + "/" + image[0];
}

function recordOf(family, image) {
    return site.evidence[family + "/" + image[0]];
}

/* One image: what it is for, download, checksum, evidence. An image is [file, medium, size, sha256, rom_bar]. */
function imageBox(family, image, level) {
    const [file, medium, size, sha256, romBar] = image;
    const [title, what] = MEDIA[medium] || [medium, ""];
    const record = recordOf(family, image);
    const room = romBar ? bytesText(size) + ", for a ROM BAR of " + kibText(romBar) : bytesText(size);
    return el("li", { class: "image" },
        el(level, null, title + " ", el("code", null, "." + medium)),
        el("p", null, (SHARED[family] ? SHARED[family] + " " : "") + what),
        el("p", { class: "get" },
            el("a", { class: "button", href: imagePath(family, image), download: file }, "Download ", el("span", { class: "file" }, file)),
            el("span", { class: "size" }, room)),
        el("p", { class: "sum" }, el("span", null, "SHA-256"), el("code", null, sha256), copyButton(() => sha256, "the SHA-256 of " + file)),
        el("p", { class: "proof" }, badge(levelOf(record)), " ", proofText(record)),
        record && record[9] ? consoleText(file, record) : null);
}

function consoleText(file, record) {
    const { nonce, consoleText: text } = readRecord(record);
    return el("details", null,
        el("summary", null, "What its console showed"),
        nonce ? el("p", { class: "hint" }, "The nonce " + nonce + " was made for this one boot; only a boot file that ran can show it.") : null,
        el("pre", { tabindex: "0", role: "region", "aria-label": "Console of " + file }, text));
}

function section(title, ...children) {
    return el("section", null, el("h3", null, title), children);
}

/* The whole card. */
function cardArticle(card) {
    const records = card.images.map((image) => recordOf(card.family, image));
    const missing = unknowns(card, records);
    return el("article", { "aria-labelledby": "card-title" },
        el("h2", { id: "card-title", tabindex: "-1" }, nameOf(card)),
        el("p", { class: "facts" },
            el("code", null, card.id), el("span", null, vendorOf(card) || "vendor " + card.id.slice(0, 4)),
            el("span", null, "driver family ", el("a", { href: "#" + card.family }, card.family))),
        el("section", { class: card.untested ? "unknown untested" : "unknown" },
            el("h3", null, card.untested ? "Not tested" : "What is not known"),
            el("ul", null, missing.map((text) => el("li", null, text)))),
        section("Images", el("ul", { class: "images" }, card.images.map((image) => imageBox(card.family, image, "h4")))),
        section("Put it into the machine", installText(card)),
        section("Tell the DHCP server", dhcpForm(card)),
        section("Change its settings", customiseForm(card)),
        section("Files for more than this card", sharedList(card)));
}

/* Flash chip, coreboot, emulators. */
function installText(card) {
    const rom = card.images.find((image) => image[1] === "rom");
    if (!rom) {
        return el("p", null, "There is no option ROM for this card.");
    }
    const name = "pci" + card.id.replace(":", ",") + ".rom";
    const [emulated] = emulatorsOf(card);
    return el("dl", null,
        el("dt", null, "Flash chip of the card"),
        el("dd", null, flashText(card, rom[0])),
        el("dt", null, "coreboot, SeaBIOS"),
        el("dd", null, "They look for it as ", el("code", null, name), ":",
            codeBlock("cbfstool coreboot.rom add -t raw -n " + name + " -f " + rom[0], "Command for coreboot")),
        emulated ? [el("dt", null, "QEMU"),
            el("dd", null, codeBlock("qemu-system-x86_64 -device " + emulated + ",netdev=n,romfile=" + rom[0] + " \\\n    -netdev user,id=n,tftp=/srv/tftp,bootfile=vmlinuz", "Command for QEMU"))] : null);
}

/* Which chip, and whether flashrom can write it. */
function flashText(card, file) {
    const [chip, flashrom, place] = card.flash || [null, null, null];
    const note = card.flash ? catalogue.notes[place] : "Not known.";
    const size = chip && chip % 1024 === 0 ? chip / 1024 + "K" : "BYTES";
    return [
        chip ? "The smallest usual chip that holds the ROM has " + kibText(chip) + ". " : "",
        note ? note + " " : "",
        flashrom ? ["flashrom can write it on this card. Its file has the size of the chip:",
            codeBlock("romtool pad " + file + " --size " + size + " -o chip.rom\nflashrom -p " + flashrom + " -w chip.rom", "Commands for flashrom")]
            : chip ? "flashrom does not write its boot ROM." : "",
    ];
}

const DHCP_NAME = /^[A-Za-z0-9_\/][A-Za-z0-9_.\/:@+-]{0,126}$/;
const DHCP_ADDRESS = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;

/* Lines for the configuration of the chosen server, filled in. */
function dhcpForm(card) {
    const server = el("select", { id: "dhcp-server" }, catalogue.servers.map(({ title }, place) => el("option", { value: String(place) }, title)));
    const address = el("input", { id: "dhcp-address", value: "192.0.2.1", inputmode: "decimal", autocomplete: "off" });
    const file = el("input", { id: "dhcp-file", value: "vmlinuz", spellcheck: "false", autocapitalize: "off", autocomplete: "off" });
    const stage = el("select", { id: "dhcp-stage" },
        el("option", { value: "" }, "our .rom or .dsk"), el("option", { value: ".zpxe" }, "the PXE ROM that it has"));
    const output = el("div", { class: "output" });
    const update = () => {
        const name = file.value.trim() + stage.value, ip = address.value.trim();
        setProblem(address, DHCP_ADDRESS.test(ip) ? "" : "An IPv4 address, such as 192.0.2.1");
        setProblem(file, DHCP_NAME.test(name) ? "" : "Letters, digits and _ . / : @ + - can be in it; at most 127");
        const good = DHCP_ADDRESS.test(ip) && DHCP_NAME.test(name);
        const form = catalogue.servers[Number(server.value)];
        const filled = form.text.split("{server}").join(ip).split("{file}").join(name);
        output.replaceChildren(...(good ? [codeBlock(filled, "Lines for " + form.title), stageText(card, name, stage.value)] : []));
    };
    const form = el("form", { class: "fields dhcp", submit: (event) => event.preventDefault(), input: update },
        field("Server", server, ""), field("TFTP server", address, ""), field("What is to boot", file, "A kernel, an .nbi file, pxelinux.0 …"),
        field("The card starts with", stage, ""));
    update();
    return [form, output];
}

function stageText(card, name, suffix) {
    const zpxe = card.images.find((image) => image[1] === "zpxe");
    if (!suffix || !zpxe) {
        return el("p", { class: "hint" }, "Put " + name + " into the folder that the TFTP server serves.");
    }
    const own = name.slice(0, -suffix.length);
    return el("p", { class: "hint" },
        "Put " + zpxe[0] + " into the folder that the TFTP server serves, under the name " + name + ", and " + own +
        " beside it. The PXE ROM loads the first; without the suffix, its own name is what it boots next.");
}

/* The family’s ROM, all drivers in one image, and the one without any. No card: only the last two. */
function sharedFor(card) {
    return catalogue.shared.filter(({ family }) => (card && family === card.family) || SHARED[family]);
}

function sharedList(card) {
    return el("ul", { class: "shared" }, sharedFor(card).flatMap(({ family, images }) => images.map((image) =>
        el("li", null,
            el("a", { href: imagePath(family, image), download: image[0] }, image[0]), " ",
            el("span", { class: "hint" }, SHARED[family] || FAMILY_ROM)))));
}

/* A card that the catalogue does not have. */
function unknownArticle(id) {
    const [vendor] = id.split(":");
    const maker = catalogue.vendors[vendor];
    return el("article", { "aria-labelledby": "card-title" },
        el("h2", { id: "card-title", tabindex: "-1" }, "No driver for " + id),
        el("section", { class: "unknown untested" },
            el("h3", null, "Not in this catalogue"),
            el("ul", null,
                el("li", null, "No driver here knows " + id + (maker ? ", a device of " + maker + "." : "."),
                    " So there is no ROM that could be put on this card."),
                el("li", null, "A ROM of another card does not help: a BIOS runs a ROM only when it names the card’s own ID."))),
        sharedBoxes("h4", el("h3", null, "What may work"),
            el("p", null, "Many network cards, and most on mainboards, have a PXE ROM already: “Network boot” or “PXE” in the BIOS setup. Then ", el("code", null, "undi.zpxe"),
                " boots through the driver in that ROM (UNDI), whatever the card is. When the PC has another card that is in this catalogue, ", el("code", null, "all.dsk"), " or ", el("code", null, "all.zpxe"), " uses that one.")),
        sharedFor(null).length ? section("Change their settings", customiseForm(null)) : "");
}

/* The images that are for no card in particular, below an introduction; nothing where the set has none. */
function sharedBoxes(level, ...introduction) {
    const boxes = catalogue.shared.filter(({ family }) => SHARED[family])
        .flatMap(({ family, images }) => images.map((image) => imageBox(family, image, level)));
    return boxes.length ? el("section", null, introduction, el("ul", { class: "images" }, boxes)) : "";
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Images and their settings: docs/formats.md in JavaScript, as far as other settings in an image need it.
 *
 * An image is prefix, identity block, payload, and padding to 512 bytes; zeros fill up a .dsk. Settings are the last thing in
 * the block. `romtool set` makes the same bytes, and a test compares them. ImageErrors have a text for people. */

const PREFIX = { BLOCK: 4, LENGTH: 8, CRC: 12, SIZE: 16 }; // offsets in the EFPX structure
const PREFIX_LIMIT = 0x10000; // where that structure is looked for
const BLOCK = {
    VERSION: 4, PARAGRAPHS: 5, MEDIUM: 7, VENDOR: 8, DEVICES: 0x0a, PRODUCT: 0x0c, SETTINGS: 0x0e, PAYLOAD: 0x10,
    PACKED: 0x14, FIRMWARE: 0x24, FIXED: 0x28, LIMIT: 0xff0,
};
const IDENTITY_VERSION = 4;
const ROM = { LENGTH: 2, CHECKSUM: 6, PCIR: 0x18, PNP: 0x1a, LIMIT: 255 * 512 }; // offsets in a ROM's header
const PCIR = { VENDOR: 4, DEVICE: 6, LIST: 8, LENGTH: 0x10, RUNTIME: 0x16 };
const PNP = { CHECKSUM: 9, PRODUCT: 0x10, SIZE: 0x20 };
const DISK = { SIZE: 1474560, CRC_START: 512, LIMIT: 192 * 512 };
const MEDIUM_NAMES = ["rom", "zpxe", "dsk"]; // by their numbers in identity blocks

class ImageError extends Error {}

function viewOf(bytes) {
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function alignUp(value, step) {
    return Math.ceil(value / step) * step;
}

function byteSum(bytes) {
    return bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) {
        value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    }
    return value;
});

/* The register of a CRC-32 (IEEE 802.3) that started as `register`. */
function crcRegister(register, bytes) {
    let value = register;
    for (const byte of bytes) {
        value = CRC_TABLE[(value ^ byte) & 0xff] ^ (value >>> 8);
    }
    return value >>> 0;
}

function isAt(bytes, offset, text) {
    return [...text].every((letter, place) => bytes[offset + place] === letter.charCodeAt(0));
}

/* Offset of the EFPX structure, which is in the first 64 KiB. */
function findPrefixWords(bytes) {
    for (let offset = 0; offset < PREFIX_LIMIT && offset + PREFIX.SIZE <= bytes.length; offset += 4) {
        if (isAt(bytes, offset, "EFPX")) {
            return offset;
        }
    }
    throw new ImageError("not an Etherforge image");
}

function mediumOf(block) {
    return MEDIUM_NAMES[block[BLOCK.MEDIUM]];
}

/* Refuses a block that is not of this version, or does not end with its settings. */
function checkBlock(block) {
    const view = viewOf(block);
    if (!isAt(block, 0, "EFID") || block[BLOCK.VERSION] !== IDENTITY_VERSION || !mediumOf(block)) {
        throw new ImageError("its identity block is damaged, or of another version");
    }
    const settings = view.getUint16(BLOCK.SETTINGS, true);
    const others = [BLOCK.DEVICES, BLOCK.PRODUCT, BLOCK.FIRMWARE].map((field) => view.getUint16(field, true));
    if (settings < Math.max(BLOCK.FIXED, ...others) || block.indexOf(0, settings) < 0) {
        throw new ImageError("its settings are not at the end of the identity block");
    }
}

/* The settings of a block: lines of key=value. */
function settingsOf(block) {
    const start = viewOf(block).getUint16(BLOCK.SETTINGS, true);
    return String.fromCharCode(...block.subarray(start, block.indexOf(0, start)));
}

function imageCrc(image, medium, words) {
    const start = medium === "dsk" ? DISK.CRC_START : words + PREFIX.SIZE;
    return crcRegister(image.length, image.subarray(start));
}

/* An image as {prefix, block, packed}. Refuses what is damaged or not ours. */
function readImage(bytes) {
    const view = viewOf(bytes), words = findPrefixWords(bytes);
    const length = view.getUint32(words + PREFIX.LENGTH, true), at = view.getUint32(words + PREFIX.BLOCK, true);
    if (length > bytes.length || at + BLOCK.FIXED > length) {
        throw new ImageError("cut, or damaged");
    }
    const block = bytes.slice(at, at + 16 * bytes[at + BLOCK.PARAGRAPHS]);
    if (block.length < BLOCK.FIXED) {
        throw new ImageError("its identity block is damaged");
    }
    checkBlock(block);
    const medium = mediumOf(block);
    if (view.getUint32(words + PREFIX.CRC, true) !== imageCrc(bytes.subarray(0, length), medium, words)) {
        throw new ImageError("damaged: its checksum does not match");
    }
    if (bytes.length !== (medium === "dsk" ? DISK.SIZE : length)) {
        throw new ImageError("not one whole image; romtool split takes a ROM file apart");
    }
    const payload = viewOf(block).getUint32(BLOCK.PAYLOAD, true);
    const packed = bytes.slice(payload, payload + viewOf(block).getUint32(BLOCK.PACKED, true));
    const parts = { prefix: bytes.slice(0, at), block, packed };
    if (!isMadeOf(bytes, parts)) {
        throw new ImageError("damaged, or changed by another program; romtool set may take it");
    }
    return parts;
}

/* True when an image is its parts and nothing else. Headers that point outside of it make it false, too. */
function isMadeOf(bytes, parts) {
    try {
        const made = makeImage(parts);
        return made.length === bytes.length && made.every((byte, place) => byte === bytes[place]);
    } catch (error) {
        if (error instanceof RangeError) {
            return false;
        }
        throw error;
    }
}

/* The same for an image of the catalogue: from the parts of its family (factory/site_data.py), by its file name. */
function readParts(parts, file) {
    const block = fromBase64(parts.blocks[file]);
    checkBlock(block);
    return { prefix: fromBase64(parts.prefixes[mediumOf(block)]), block, packed: fromBase64(parts.payload) };
}

/* {prefix, block, packed} with other settings, as text. */
function withSettings({ prefix, block, packed }, text) {
    const start = viewOf(block).getUint16(BLOCK.SETTINGS, true);
    const length = alignUp(start + text.length + 1, 16);
    if (length > BLOCK.LIMIT) {
        throw new ImageError("the settings are too long: with them the identity block has " + length + " bytes, over " + BLOCK.LIMIT);
    }
    const other = new Uint8Array(length);
    other.set(block.subarray(0, start));
    other.set(Uint8Array.from(text, (letter) => letter.charCodeAt(0)), start);
    other[BLOCK.PARAGRAPHS] = length / 16;
    viewOf(other).setUint32(BLOCK.PAYLOAD, prefix.length + length, true);
    return { prefix, block: other, packed };
}

/* Lengths, IDs and pointers in the headers of a .rom whose block is at `at`. Its CRC-32 follows, then the byte sum. */
function completeRom(image, at) {
    const view = viewOf(image), block = viewOf(image.subarray(at)), units = image.length / 512;
    const pcir = view.getUint16(ROM.PCIR, true), pnp = view.getUint16(ROM.PNP, true);
    const devices = block.getUint16(BLOCK.DEVICES, true);
    const several = block.getUint16(devices + 2, true) !== 0;
    image[ROM.LENGTH] = units;
    view.setUint16(pcir + PCIR.VENDOR, block.getUint16(BLOCK.VENDOR, true), true);
    view.setUint16(pcir + PCIR.DEVICE, block.getUint16(devices, true), true);
    view.setUint16(pcir + PCIR.LIST, several ? at + devices - pcir : 0, true);
    view.setUint16(pcir + PCIR.LENGTH, units, true);
    view.setUint16(pcir + PCIR.RUNTIME, units, true);
    view.setUint16(pnp + PNP.PRODUCT, at + block.getUint16(BLOCK.PRODUCT, true), true);
    image[pnp + PNP.CHECKSUM] = 0;
    image[pnp + PNP.CHECKSUM] = -byteSum(image.subarray(pnp, pnp + PNP.SIZE));
}

/* The file for {prefix, block, packed}: what readImage() would take apart so. */
function makeImage({ prefix, block, packed }) {
    const medium = mediumOf(block), at = prefix.length;
    const length = alignUp(at + block.length + packed.length, 512);
    const limit = { rom: ROM.LIMIT, dsk: DISK.LIMIT }[medium] || Infinity;
    if (length > limit) {
        throw new ImageError("the settings are too long: with them the image has " + length + " bytes, over " + limit);
    }
    const file = new Uint8Array(medium === "dsk" ? DISK.SIZE : length), image = file.subarray(0, length);
    file.set(prefix, 0);
    file.set(block, at);
    file.set(packed, at + block.length);
    const words = findPrefixWords(image), view = viewOf(image);
    if (medium === "rom") {
        completeRom(image, at);
    }
    view.setUint32(words + PREFIX.BLOCK, at, true);
    view.setUint32(words + PREFIX.LENGTH, length, true);
    view.setUint32(words + PREFIX.CRC, imageCrc(image, medium, words), true);
    if (medium === "rom") {
        image[ROM.CHECKSUM] = 0;
        image[ROM.CHECKSUM] = -byteSum(image);
    }
    return file;
}

function fromBase64(text) {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/* What is wrong with the value of a setting, or "". Empty values leave a setting out. */
function settingProblem(setting, value) {
    return value === "" || takesValue(setting, value) ? ""
        : "This is no value of " + setting.key + ": " + setting.form + ", for example " + setting.example;
}

function decimal(text) {
    return /^[0-9]+$/.test(text) ? Number(text) : -1;
}

function takesValue(setting, value) {
    if (setting.type === "string") {
        return /^[ -~]+$/.test(value) && value.length <= setting.max;
    }
    if (setting.type === "ipv4") {
        const parts = value.split(".").map(decimal);
        return parts.length === 4 && parts.every((part) => part >= 0 && part <= 255) && parts.some((part) => part > 0);
    }
    if (setting.type === "seconds") {
        return decimal(value) >= 1 && decimal(value) <= setting.max;
    }
    const [port, speed, ...more] = value.split(","), bits = decimal(speed || "");
    return more.length === 0 && /^COM[1-4]$/.test(port) && bits >= 2 && bits <= setting.max;
}

/* The settings of a block as {key: value}. Refuses what the list does not have. */
function readSettings(list, text) {
    return Object.fromEntries(text.split("\n").filter(Boolean).map((line) => {
        const [key, ...value] = line.split("=");
        if (!value.length || !list.some((setting) => setting.key === key)) {
            throw new ImageError("it has a setting that is not known here: " + line.slice(0, 100));
        }
        return [key, value.join("=")];
    }));
}

/* Text for a block: `key=value` lines in the order of the list. */
function settingsText(list, values) {
    return list.filter(({ key }) => values[key]).map(({ key }) => key + "=" + values[key]).join("\n");
}

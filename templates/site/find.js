/* SPDX-License-Identifier: BSD-2-Clause */
/* Which cards a text means: PCI IDs in whatever was pasted, or words of a name. Nothing here touches the page.
 *
 * The patterns are those of factory/cards.py, handed over in the page's data, so that page and `etherforge find` agree.
 * Time grows with the length of the text, and with nothing else. */

const TEXT_LIMIT = 4 << 20; // characters that are read; lspci -vv of a large server has some 200,000
const NAME_LIMIT = 200; // a name is one short line
const NETWORK = 2; // base class of network controllers

function compilePatterns(patterns) {
    const compile = (source, flags) => new RegExp(source.replace(/\(\?P</g, "(?<"), flags);
    return {
        lines: patterns.lines.map((source) => compile(source, "gi")),
        digits: compile(patterns.digits, "i"),
        field: compile(patterns.field, "i"),
        fieldId: compile(patterns.field_id, "i"),
        fieldClass: compile(patterns.field_class, "i"),
        section: compile(patterns.section, "i"),
    };
}

/* What the lines of a card say one by one: lspci -vmm, uevent, hwinfo, lshw. An empty line ends it. */
class CardRecord {
    constructor(patterns) {
        this.patterns = patterns;
        this.clear(null);
    }

    clear(base) {
        this.base = base; // class; null when it is not known
        this.vendor = "";
    }

    /* The card that this line completes, or "". */
    read(line) {
        if (!line.trim()) {
            this.clear(null);
            return "";
        }
        const section = this.patterns.section.exec(line);
        if (section) {
            this.clear(section[1].toLowerCase() === "network" ? NETWORK : 0);
            return "";
        }
        const field = this.patterns.field.exec(line);
        return field ? this.readField(field[1].toLowerCase(), field[2].trim()) : "";
    }

    readField(key, value) {
        if (key === "class") {
            const digits = this.patterns.fieldClass.exec(value);
            // 0200, or 20000 with subclass and interface
            this.base = digits ? parseInt(digits[1], 16) >> (digits[1].length > 4 ? 16 : 8) : null;
            return "";
        }
        const found = this.patterns.fieldId.exec(value);
        const id = found ? found[1] || found[2] : "";
        if (key === "vendor") {
            this.vendor = id;
            return "";
        }
        if (!id || !this.vendor) {
            return "";
        }
        const card = this.vendor + ":" + id;
        this.vendor = "";
        return this.base === null || this.base === NETWORK ? card : "";
    }
}

/* Cards of a line that is no part of a record. The first pattern that is found in it settles it. */
function cardsOfLine(line, patterns, base) {
    for (const pattern of patterns.lines) {
        const found = [...line.matchAll(pattern)];
        if (found.length) {
            return found.flatMap(({ groups }) => {
                const parts = groups || {};
                const of = parts.base ? parseInt(parts.base, 16) : base;
                const network = of === null || of === NETWORK;
                return parts.vendor && network ? [parts.vendor + ":" + parts.device] : [];
            });
        }
    }
    return [];
}

/* Network cards in a text as "10ec:8139", each once, in the order of the text. */
function findCards(text, patterns) {
    const cards = new Set(), record = new CardRecord(patterns);
    const add = (card) => {
        const lower = card.toLowerCase();
        if (!lower.split(":").some((number) => number === "0000" || number === "ffff")) { // reserved
            cards.add(lower);
        }
    };
    for (const line of text.slice(0, TEXT_LIMIT).replace(/\u00a0/g, " ").split(/\r\n|\r|\n/)) {
        const card = record.read(line);
        if (card) {
            add(card);
        } else if (patterns.digits.test(line)) {
            cardsOfLine(line, patterns, record.base).forEach(add);
        }
    }
    return [...cards];
}

/* The words of a text that is short enough to be a name. */
function wordsOf(text) {
    const name = text.trim();
    return name.length <= NAME_LIMIT ? name.toLowerCase().match(/[a-z0-9]+/g) || [] : [];
}

/* Text in which words are looked for: as it is written, and without what separates letters and digits. */
function searchable(text) {
    const lower = text.toLowerCase();
    return lower + "\n" + lower.replace(/[^a-z0-9\n]+/g, "");
}

/* Places of the texts (from searchable()) that have all of the words. Where none has, words are taken apart into letters
 * and digits: "rtl8139c" is "rtl" and "8139" then. */
function placesWith(texts, words) {
    const search = (wanted) => texts.flatMap((text, place) => (wanted.every((word) => text.includes(word)) ? [place] : []));
    const found = words.length ? search(words) : [];
    if (found.length || !words.length) {
        return found;
    }
    const parts = words.flatMap((word) => word.match(/[a-z]+|[0-9]+/g)).filter((part) => part.length > 1);
    return parts.length ? search(parts) : [];
}

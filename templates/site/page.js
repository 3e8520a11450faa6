/* SPDX-License-Identifier: BSD-2-Clause */
/* The page: what is in the box, what the address names, and the results for it.
 *
 * The part of the address after # is what is looked for: a card (#10ec:8139), several (#10ec:8139,8086:100e), or a name
 * (#rtl8139). So every result can be linked to, and the browser's way back works. */

const ADDRESS_CARDS = 40; // more are not put into the address
const BOX_LIMIT = 20000; // characters that the box shows; a text area with megabytes in it is slow

const catalogue = JSON.parse(document.getElementById("catalogue").textContent);
const patterns = compilePatterns(catalogue.patterns);
const cardsById = new Map(catalogue.cards.map((card) => [card.id, card]));
const texts = catalogue.cards.map((card) => searchable([vendorOf(card), nameOf(card), card.family, card.id, ...emulatorsOf(card)].join(" ")));
const site = { evidence: {}, shown: null };
const query = document.getElementById("query");
const results = document.getElementById("results");

function vendorOf(card) {
    return catalogue.vendors[card.id.slice(0, 4)] || "";
}

function nameOf(card) {
    return card.name || "Unnamed card " + card.id;
}

/* QEMU's names of cards with exactly this ID. */
function emulatorsOf(card) {
    return (catalogue.families[card.family] || []).filter(({ id }) => id === card.id).map(({ device }) => device);
}

/* Evidence is packed, since console texts look alike. */
async function unpackEvidence() {
    if (!globalThis.DecompressionStream) {
        throw new Error("this browser cannot unpack it");
    }
    const packed = fromBase64(document.getElementById("evidence").textContent);
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
}

/* The best badge for a card: what its least proved image has. */
function cardLevel(card) {
    const order = Object.keys(LEVELS);
    const levels = card.images.map((image) => order.indexOf(levelOf(recordOf(card.family, image))));
    return order[Math.max(...levels)];
}

function cardRow(id) {
    const card = cardsById.get(id);
    if (!card) {
        return el("li", null, el("a", { href: "#" + id }, "Unknown device"), " ",
            el("span", { class: "facts" }, el("code", null, id), badgeOf("open", "No driver")));
    }
    return el("li", null, el("a", { href: "#" + id }, nameOf(card)), " ",
        el("span", { class: "facts" }, el("code", null, id), el("span", null, vendorOf(card)), badge(cardLevel(card)),
            el("span", { class: "files" }, card.images.map((image) =>
                [el("a", { href: imagePath(card.family, image), download: image[0], "aria-label": image[0] }, "." + image[1]), " "]))));
}

function badgeOf(kind, text) {
    return el("span", { class: "badge " + kind }, text);
}

function cardList(ids) {
    return el("section", { "aria-labelledby": "card-title" },
        el("h2", { id: "card-title", tabindex: "-1" }, ids.length + " cards"),
        el("ul", { class: "cards" }, ids.map(cardRow)));
}

/* The different texts, those that occur most often first. */
function byNumber(list) {
    const counts = new Map();
    list.forEach((text) => counts.set(text, (counts.get(text) || 0) + 1));
    return [...counts.keys()].sort((one, other) => counts.get(other) - counts.get(one));
}

/* Before anything is looked for: all families, and the images that are for no card in particular. */
function overview() {
    const families = new Map();
    catalogue.cards.forEach((card) => families.set(card.family, [...(families.get(card.family) || []), card]));
    return [
        el("section", null, el("h2", null, "Cards by driver family"),
            el("ul", { class: "families" }, [...families].map(([family, members]) => {
                const makers = byNumber(members.map(vendorOf).filter(Boolean));
                return el("li", null, el("a", { href: "#" + family }, family),
                    el("span", { class: "hint" }, members.length === 1 ? "1 card" : members.length + " cards",
                        makers.length ? ": " + makers.slice(0, 2).join(", ") + (makers.length > 2 ? " and others" : "") : ""));
            }))),
        sharedBoxes("h3", el("h2", null, "For no card in particular")),
    ];
}

/* What a text means: {ids, title}. A text without IDs is a name. */
function look(text) {
    const ids = findCards(text, patterns);
    if (ids.length) {
        const known = ids.filter((id) => cardsById.has(id));
        return { ids: [...known, ...ids.filter((id) => !cardsById.has(id))], named: false };
    }
    const places = placesWith(texts, wordsOf(text));
    const tested = places.filter((place) => !catalogue.cards[place].untested);
    const ordered = [...tested, ...places.filter((place) => catalogue.cards[place].untested)];
    return { ids: ordered.map((place) => catalogue.cards[place].id), named: true };
}

function nothingFound(text) {
    const long = text.trim().length > NAME_LIMIT;
    return el("section", null,
        el("h2", { id: "card-title", tabindex: "-1" }, long ? "No network card in this text" : "No card with this name"),
        el("p", null, long ? "It names none, or not by its numbers: lspci needs the option -nn."
            : "Names are those of pci.ids. The card’s ID finds it for certain: lspci -nn shows it, and so does Windows’ Device Manager."),
        sharedBoxes("h3", el("p", null, "Whatever the card is, when it has a PXE ROM, undi.zpxe boots through it.")));
}

/* Shows the results for a text; returns what was found. */
function show(text) {
    const found = look(text);
    const single = found.ids.length === 1 ? found.ids[0] : null;
    if (!text.trim()) {
        results.replaceChildren(...overview());
        announce("");
    } else if (!found.ids.length) {
        results.replaceChildren(nothingFound(text));
        announce("No card found");
    } else if (single) {
        const card = cardsById.get(single);
        results.replaceChildren(card ? cardArticle(card) : unknownArticle(single));
        announce(card ? nameOf(card) : single + " is not in this catalogue");
    } else {
        results.replaceChildren(cardList(found.ids));
        announce(found.ids.length + " cards found");
    }
    document.title = (single ? single + " – " : "") + "Etherforge: the boot ROM for your network card";
    site.shown = text;
    return found;
}

/* The part of the address that stands for a text: its cards, or the name. */
function addressOf(text, found) {
    if (!text.trim()) {
        return "#";
    }
    const ids = found.named ? [] : found.ids.slice(0, ADDRESS_CARDS);
    return "#" + (ids.length ? ids.join(",") : encodeURIComponent(text.trim().slice(0, NAME_LIMIT)));
}

function textOfAddress() {
    const part = location.hash.slice(1);
    try {
        return decodeURIComponent(part).replace(/,/g, "\n");
    } catch (error) { // a % that nothing follows
        return part;
    }
}

/* The address follows what was typed, without an entry in the history for each letter. */
function replaceAddress(address) {
    try {
        history.replaceState(null, "", address);
    } catch (error) {
        // browsers limit how often; the next letter that is typed brings it up to date
    }
}

function textChanged() {
    const found = show(query.value);
    replaceAddress(addressOf(query.value, found));
}

/* Whoever pastes outside of all fields means the box. A long text is read whole; the box gets its cards. */
function pasted(event) {
    const inBox = event.target === query;
    const text = event.clipboardData ? event.clipboardData.getData("text/plain") : "";
    if (!inBox && event.target.closest("input, textarea, select")) {
        return;
    }
    if (text.length > BOX_LIMIT) {
        event.preventDefault();
        longTextPasted(text);
    } else if (!inBox) {
        event.preventDefault();
        query.value = text;
        query.focus();
        textChanged();
    }
}

function longTextPasted(text) {
    const { ids } = look(text);
    query.value = ids.slice(0, BOX_LIMIT / 10 | 0).join("\n") || text.slice(0, BOX_LIMIT);
    textChanged();
    announce(ids.length + " cards found in " + bytesText(text.length) + (text.length > TEXT_LIMIT ? ", of which the first 4 MB were read" : ""), true);
}

/* Links and the way back change the address. */
function addressChanged() {
    const text = textOfAddress();
    query.value = text;
    show(text);
    const title = document.getElementById("card-title");
    if (title && text.trim()) {
        title.focus({ preventScroll: true });
        results.scrollIntoView();
    } else {
        window.scrollTo(0, 0);
    }
}

function start() {
    const text = textOfAddress();
    query.value = text;
    show(text);
    unpackEvidence().then((evidence) => {
        site.evidence = evidence;
        show(site.shown);
    }, (error) => announce("The evidence is not shown: " + error.message + ". evidence.json has it.", true));
    query.addEventListener("input", textChanged);
    document.addEventListener("paste", pasted);
    window.addEventListener("hashchange", addressChanged);
    document.getElementById("search").addEventListener("submit", (event) => event.preventDefault());
    document.getElementById("skip").addEventListener("click", (event) => {
        event.preventDefault();
        results.focus();
        results.scrollIntoView();
    });
}

start();

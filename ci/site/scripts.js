/* SPDX-License-Identifier: BSD-2-Clause */
/* The page's scripts without a browser: pasted texts, names, settings, and images byte for byte.
 *
 *     node ci/site/scripts.js CASES.json      as ci/unit/test_site_page.py writes it */
"use strict";

const assert = require("assert");
const fs = require("fs");
const path = require("path");
const vm = require("vm");
const { test, figures, runAll } = require("./suite.js");

const SCRIPTS = path.join(__dirname, "../../templates/site");
const MEBIBYTE = 1 << 20;
const MEGABYTE_SECONDS = 5; // one tenth is usual; what hangs takes minutes
const given = JSON.parse(fs.readFileSync(process.argv[2]));
const page = vm.createContext({ atob, families: {} });

/* Runs a line in the page's scripts; `values` are its variables. */
function run(line, values) {
    return vm.runInContext(line, Object.assign(page, values));
}

for (const name of ["find.js", "image.js"]) {
    vm.runInContext(fs.readFileSync(path.join(SCRIPTS, name), "utf8"), page, { filename: name });
}
run("function receiveParts(family, parts) { families[family] = parts; }");
for (const file of fs.readdirSync(path.join(given.site, "parts"))) {
    run(fs.readFileSync(path.join(given.site, "parts", file), "utf8"));
}
run("patterns = compilePatterns(given.patterns)", { given });

for (const { what, text, cards } of given.pasted) {
    test("pasted: " + what + ": " + JSON.stringify(text.slice(0, 20)), () => {
        assert.deepStrictEqual([...run("findCards(text, patterns)", { text })], cards);
    });
}

test(given.mutated.length + " texts that nobody wrote: the same cards as elsewhere", () => {
    for (const { text, cards } of given.mutated) {
        assert.deepStrictEqual([...run("findCards(text, patterns)", { text })], cards, JSON.stringify(text));
    }
    assert(given.mutated.some(({ cards }) => cards.length) && given.mutated.some(({ cards }) => !cards.length));
});

const PIECES = [
    "a", "0", " ", "[", "&", "10ec:", "0x10ec ", "class=0x020000 ", "ven_10ec&dev_8139&a_0", "\n", "g\n", "00:03.0 [0200",
    "vendor 10ec ", "pci10ec,", "0x1234, 0x5678, ", "\"[", "Class: [0200", given.pasted[1].text + "\n", given.pasted[1].text,
];
test("a megabyte of anything takes no longer than its length says", () => {
    for (const piece of PIECES) {
        for (const start of ["", "00:03.0 "]) {
            const text = start + piece.repeat(MEBIBYTE / piece.length), before = performance.now();
            run("findCards(text, patterns)", { text });
            assert(performance.now() - before < 1000 * MEGABYTE_SECONDS, piece);
        }
    }
});

for (const { words, contain, without } of given.names) {
    test("name: " + words, () => {
        const texts = given.texts.map((text) => run("searchable(text)", { text }));
        const found = run("placesWith(texts, wordsOf(words))", { texts, words }).map((place) => given.texts[place]);
        contain.forEach((id) => assert(found.some((text) => text.endsWith(id)), id + " is not found"));
        without.forEach((id) => assert(!found.some((text) => text.endsWith(id)), id + " is found"));
    });
}

test("values of settings: the same are taken as elsewhere", () => {
    for (const { setting, value, takes } of given.values) {
        assert.strictEqual(run("takesValue(setting, value)", { setting, value }), takes, setting.key + "=" + JSON.stringify(value));
    }
});

function partsOf(image) {
    const [family, file] = image.split("/");
    return run("readParts(families[family], file)", { family, file });
}

test("every image is what the page puts together from its parts", () => {
    const before = performance.now();
    for (const image of given.images) {
        const made = Buffer.from(run("makeImage(parts)", { parts: partsOf(image) }));
        assert(made.equals(fs.readFileSync(path.join(given.folder, image))), image);
    }
    figures.push(given.images.length + " images put together in " + Math.round(performance.now() - before) + " ms");
});

for (const { image, values, file } of given.sets) {
    test("set: " + image + " " + JSON.stringify(values).slice(0, 60), () => {
        const own = Uint8Array.from(fs.readFileSync(path.join(given.folder, image)));
        const line = "makeImage(withSettings(parts, settingsText(given.settings, values)))";
        for (const parts of [partsOf(image), run("readImage(own)", { own })]) {
            const made = Buffer.from(run(line, { parts, values }));
            assert(made.equals(fs.readFileSync(file)), "other bytes than romtool's");
            assert.deepStrictEqual({ ...run("readSettings(given.settings, settingsOf(readImage(made).block))", { made: Uint8Array.from(made) }) }, values);
        }
    });
}

test("settings that are too long for the block are refused", () => {
    const parts = partsOf(given.images[0]);
    assert.throws(() => run("withSettings(parts, text)", { parts, text: "x".repeat(5000) }), /the settings are too long/);
});

for (const { what, file, message } of given.damaged) {
    test("refused: " + what, () => {
        const bytes = Uint8Array.from(fs.readFileSync(file));
        assert.throws(() => run("readImage(bytes)", { bytes }), (error) => error.message.includes(message));
    });
}

runAll();

/* SPDX-License-Identifier: BSD-2-Clause */
/* Other settings in an image, made in the page: the same bytes as `romtool set` makes. */

const FILE_LIMIT = 4 << 20; // of a file that is dropped here; a .dsk has 1.4 MB
const waiting = new Map(); // families whose parts are being loaded: {promise, resolve}

/* Called by the scripts parts/<family>.js. A script can be loaded from file://, where fetch() is refused. */
function receiveParts(family, parts) {
    waiting.get(family)?.resolve(parts);
}

/* What the images of a family are made of. Loaded when it is wanted, and once. */
function loadParts(family) {
    if (!waiting.has(family)) {
        const entry = {};
        entry.promise = new Promise((resolve, reject) => {
            entry.resolve = resolve;
            const path = "parts/" + family + ".js";
            const script = el("script", { src: path });
            script.addEventListener("error", () => {
                waiting.delete(family);
                reject(new ImageError(path + " cannot be loaded; choose an image file instead"));
            });
            document.head.append(script);
        });
        waiting.set(family, entry);
    }
    return waiting.get(family).promise;
}

function settingInput(setting) {
    const kind = { ipv4: "decimal", seconds: "numeric" }[setting.type] || "text";
    return el("input", {
        id: "set-" + setting.key, name: setting.key, inputmode: kind, placeholder: setting.example,
        autocomplete: "off", autocapitalize: "off", spellcheck: "false",
    });
}

/* The form, and what it makes. */
class Customiser {
    /* `images` to choose from, as [family, file]. */
    constructor(images) {
        this.images = images;
        this.before = {}; // settings of the chosen image
        this.ready = null; // settled when they are known
        this.own = null; // {name, parts} of a file that was chosen
        this.inputs = catalogue.settings.map(settingInput);
        this.image = el("select", { id: "set-image" }, images.map(([, file], place) => el("option", { value: String(place) }, file)));
        this.file = el("input", { id: "set-file", type: "file", accept: ".rom,.zpxe,.dsk" });
        this.made = el("div", { class: "output" });
        this.commands = el("div", { class: "output" });
    }

    node() {
        const form = el("form", { class: "fields" },
            field("Image", this.image, ""), field("or a file of yours", this.file, "Any image of ours; it stays in this page."),
            this.inputs.map((input, place) => field(input.name, input, catalogue.settings[place].help)),
            el("p", { class: "submit" }, el("button", { type: "submit", class: "button" }, "Make the image")));
        form.addEventListener("submit", (event) => { event.preventDefault(); this.make(); });
        form.addEventListener("input", (event) => this.changed(event.target));
        form.addEventListener("focusin", () => this.prepare(), { once: true }); // nothing is loaded before
        form.addEventListener("dragover", (event) => event.preventDefault());
        form.addEventListener("drop", (event) => {
            event.preventDefault();
            this.take(event.dataTransfer.files[0]);
        });
        return el("div", { class: "customise" },
            el("p", null, "Settings stand in the image and come before what DHCP says. A field that is left empty leaves its setting out."),
            form, this.made, this.commands);
    }

    /* Fields get the chosen image’s own settings, but for those that somebody has filled in. */
    prepare() {
        this.ready = this.parts().then(({ block }) => this.show(settingsOf(block)), (error) => this.fail(error));
    }

    show(text) {
        const before = this.before;
        this.before = readSettings(catalogue.settings, text);
        for (const input of this.inputs) {
            if (input.value === (before[input.name] || "")) {
                input.value = this.before[input.name] || "";
            }
        }
        this.explain();
    }

    /* What the chosen image is made of. */
    async parts() {
        if (this.own) {
            return this.own.parts;
        }
        const [family, file] = this.chosen();
        return readParts(await loadParts(family), file);
    }

    chosen() {
        return this.images[Number(this.image.value)];
    }

    name() {
        return this.own ? this.own.name : this.chosen()[1];
    }

    changed(control) {
        this.made.replaceChildren();
        if (control === this.file) {
            this.take(this.file.files[0]);
            return;
        }
        if (control === this.image) {
            this.own = null;
            this.file.value = "";
            this.prepare();
        }
        this.explain();
    }

    async take(file) {
        this.own = null;
        this.made.replaceChildren();
        setProblem(this.file, "");
        if (!file) {
            return;
        }
        try {
            if (file.size > FILE_LIMIT) {
                throw new ImageError("not an Etherforge image: it has " + bytesText(file.size));
            }
            const parts = readImage(new Uint8Array(await file.arrayBuffer()));
            this.show(settingsOf(parts.block));
            this.own = { name: file.name, parts };
            this.explain();
        } catch (error) {
            setProblem(this.file, error instanceof ImageError ? file.name + ": " + error.message : "cannot read it");
        }
    }

    values() {
        return Object.fromEntries(this.inputs.map((input) => [input.name, input.value]));
    }

    /* Says what is wrong with each value; true when nothing is. */
    check() {
        const problems = this.inputs.map((input, place) => settingProblem(catalogue.settings[place], input.value));
        this.inputs.forEach((input, place) => setProblem(input, problems[place]));
        return problems.every((problem) => !problem);
    }

    /* The commands that do the same. */
    explain() {
        const good = this.check(), values = this.values();
        const changes = catalogue.settings.filter(({ key }) => values[key] !== (this.before[key] || ""))
            .map(({ key }) => shellWord(key + "=" + values[key]));
        const line = "set " + [shellWord(this.name()), ...changes, "-o", shellWord(this.output())].join(" ");
        this.commands.replaceChildren(...(good && changes.length
            ? [el("p", null, "The same on the command line:"), codeBlock("romtool " + line + "\n# or\netherforge " + line, "Commands that make the same image")] : []));
    }

    output() {
        return this.name().replace(/(\.[^.]*)?$/, (suffix) => "-custom" + suffix);
    }

    async make() {
        await this.ready;
        this.explain();
        const wrong = this.inputs.find((input) => input.getAttribute("aria-invalid") === "true");
        if (wrong) {
            wrong.focus();
            announce("Not made: " + wrong.parentNode.querySelector(".problem").textContent);
            return;
        }
        try {
            const bytes = makeImage(withSettings(await this.parts(), settingsText(catalogue.settings, this.values())));
            this.made.replaceChildren(await this.result(bytes));
            announce("The image is ready to download");
        } catch (error) {
            this.fail(error);
        }
    }

    fail(error) {
        if (!(error instanceof ImageError)) {
            throw error;
        }
        this.made.replaceChildren(el("p", { class: "problem" }, "Not made: " + error.message + "."));
        announce("Not made: " + error.message);
    }

    async result(bytes) {
        const url = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
        const file = this.output();
        const sum = globalThis.crypto?.subtle ? hexText(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))) : null;
        return el("div", { class: "made" },
            el("p", { class: "proof" }, el("span", { class: "badge open" }, "Not proved"), " No boot was made of these bytes. The evidence above is for the image without these settings."),
            el("p", { class: "get" }, el("a", { class: "button", id: "made", href: url, download: file }, "Download ", el("span", { class: "file" }, file)),
                el("span", { class: "size" }, bytesText(bytes.length))),
            sum ? el("p", { class: "sum" }, el("span", null, "SHA-256"), el("code", null, sum), copyButton(() => sum, "the SHA-256 of " + file)) : null);
    }
}

function hexText(bytes) {
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/* For the images of a card, and those that are for more than that one. */
function customiseForm(card) {
    const own = card ? card.images.map(([file]) => [card.family, file]) : [];
    const others = sharedFor(card).flatMap(({ family, images }) => images.map(([file]) => [family, file]));
    return new Customiser([...own, ...others]).node();
}

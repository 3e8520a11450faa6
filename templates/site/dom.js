/* SPDX-License-Identifier: BSD-2-Clause */
/* Building blocks of the page. Text is always set as text, so a name with markup in it is shown as it is written. */

/* An element: attributes (functions are event listeners), then children, which are nodes or text. */
function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
        if (typeof value === "function") {
            node.addEventListener(name, value);
        } else if (value !== null && value !== false) {
            node.setAttribute(name, value === true ? "" : value);
        }
    }
    node.append(...children.flat(Infinity).filter((child) => child !== null && child !== ""));
    return node;
}

/* "21,504 bytes", "1.44 MB" for the size of a floppy. */
function bytesText(size) {
    return size === 1474560 ? "1.44 MB" : size.toLocaleString("en") + " bytes";
}

/* Of a power of two: "32 KiB". */
function kibText(size) {
    return size % 1048576 === 0 ? size / 1048576 + " MiB" : size / 1024 + " KiB";
}

/* "26 November 2026" from an ISO 8601 time; what cannot be read stays as it is. */
function dateText(when) {
    const date = new Date(when);
    const form = { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
    return Number.isNaN(date.getTime()) ? String(when) : date.toLocaleDateString("en-GB", form);
}

/* The clipboard of a browser that has none for pages from plain HTTP: a selection, and the old command. */
function copyOldWay(text) {
    const box = el("textarea", { class: "offscreen", "aria-hidden": "true" });
    box.value = text;
    document.body.append(box);
    box.select();
    const copied = document.execCommand("copy");
    box.remove();
    return copied;
}

/* A button that copies a text. `what` is for who cannot see what stands beside it. */
function copyButton(text, what) {
    const button = el("button", { type: "button", class: "copy", "aria-label": "Copy " + what }, "Copy");
    button.addEventListener("click", async () => {
        let copied;
        try {
            await navigator.clipboard.writeText(text());
            copied = true;
        } catch (error) { // not allowed, or not there
            copied = copyOldWay(text());
            button.focus();
        }
        button.textContent = copied ? "Copied" : "Not copied";
        announce(copied ? "Copied " + what : "The browser did not let the page copy");
        setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    return button;
}

/* Lines of a configuration or command, with a button that copies them. */
function codeBlock(text, what) {
    const code = el("code", null, text);
    return el("div", { class: "code" },
        el("pre", { tabindex: "0", role: "region", "aria-label": what }, code),
        copyButton(() => code.textContent, what));
}

/* A labelled control with its hint and, later, what is wrong with its value. */
function field(label, control, hint) {
    const id = control.id;
    const note = el("span", { class: "hint", id: id + "-hint" }, hint);
    const problem = el("span", { class: "problem", id: id + "-problem" });
    control.setAttribute("aria-describedby", note.id + " " + problem.id);
    return el("div", { class: "field" }, el("label", { for: id }, label), control, note, problem);
}

function setProblem(control, text) {
    control.parentNode.querySelector(".problem").textContent = text;
    control.setAttribute("aria-invalid", text ? "true" : "false");
}

/* Says something to screen readers; to everybody, under the box, when it is nowhere else in the page. */
function announce(text, forAll) {
    const status = document.getElementById("status");
    status.textContent = text;
    status.classList.toggle("offscreen", !forAll);
}

/* A word in a form that shells take as one (POSIX). */
function shellWord(word) {
    return /^[A-Za-z0-9_\/.,:=@%+-]+$/.test(word) ? word : "'" + word.replace(/'/g, "'\\''") + "'";
}

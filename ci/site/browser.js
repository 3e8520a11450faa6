/* SPDX-License-Identifier: BSD-2-Clause */
/* Chromium, and pages in it that fail when they load anything from elsewhere, break their policy, or throw. */
"use strict";

const fs = require("fs");
const http = require("http");
const path = require("path");
const { createRequire } = require("module");
const { pathToFileURL } = require("url");

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".json": "application/json" };
const SUBFOLDER = "/some/sub-folder/"; // where the web server has the page

/* What npm installed, wherever that is. */
function load(modules) {
    const fromThere = createRequire(path.join(modules, "package.json"));
    return { chromium: fromThere("playwright-core").chromium, axe: fs.readFileSync(fromThere.resolve("axe-core"), "utf8") };
}

/* Chromium that is installed. Root has no sandbox; nothing but our own files is opened. */
function launch(chromium, executablePath) {
    return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/* A web server for a folder, on loopback: {url, requests, close}. Requests are [path, bytes]. */
function serve(folder) {
    const requests = [];
    const server = http.createServer((request, response) => {
        const name = decodeURIComponent(new URL(request.url, "http://x").pathname);
        const file = path.join(folder, name.slice(SUBFOLDER.length) || "index.html");
        if (!name.startsWith(SUBFOLDER) || !fs.existsSync(file)) {
            requests.push([name, 0]);
            response.writeHead(404).end();
            return;
        }
        const body = fs.readFileSync(file);
        requests.push([name, body.length]);
        response.writeHead(200, { "Content-Type": TYPES[path.extname(file)] || "application/octet-stream" }).end(body);
    });
    return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve({
        url: "http://127.0.0.1:" + server.address().port + SUBFOLDER, requests, close: () => server.close(),
    })));
}

function fileUrl(folder) {
    return pathToFileURL(folder + path.sep).href;
}

/* Opens a page in a context of its own, lets `use` work with it, and looks for what must not have happened. */
async function withPage(browser, url, options, use) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage(), wrong = [];
    const base = url.split("#")[0].replace(/[^/]*$/, "");
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && wrong.push(message.text()));
    page.on("pageerror", (error) => wrong.push(error.stack));
    page.on("request", (request) => /^(data|blob):/.test(request.url()) || request.url().startsWith(base) || wrong.push("asks for " + request.url()));
    try {
        await page.goto(url);
        await use(page);
    } finally {
        await context.close();
    }
    if (wrong.length) {
        throw new Error(wrong.join("\n"));
    }
}

/* Bytes of what a link's download would be. */
async function downloaded(page, selector) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(selector)]);
    return { name: download.suggestedFilename(), bytes: fs.readFileSync(await download.path()) };
}

module.exports = { load, launch, serve, fileUrl, withPage, downloaded };

/* SPDX-License-Identifier: BSD-2-Clause */
/* A picture of the page with a card in it that was booted.
 *
 *     node ci/site/picture.js MODULES CHROMIUM SITE PICTURE.png */
"use strict";

const { load, launch, fileUrl, withPage } = require("./browser.js");

const [modules, executable, site, picture] = process.argv.slice(2);
const CARD = "10ec:8139";
const LOOK = { viewport: { width: 1200, height: 1120 }, deviceScaleFactor: 0.75, colorScheme: "light", reducedMotion: "reduce", locale: "en-GB", timezoneId: "UTC" };

async function take() {
    const browser = await launch(load(modules).chromium, executable);
    try {
        await withPage(browser, fileUrl(site) + "index.html", LOOK, async (page) => {
            await page.fill("#query", "00:03.0 Ethernet controller [0200]: Realtek RTL-8100/8101L/8139 [" + CARD + "] (rev 20)");
            await page.waitForFunction(() => document.querySelectorAll("#results .badge.good").length === 3, null, { timeout: 5000 });
            await page.evaluate(() => document.activeElement.blur());
            await page.screenshot({ path: picture });
        });
    } finally {
        await browser.close();
    }
}

take().catch((error) => {
    console.error(error.name === "TimeoutError" ? "no boot of " + CARD + " is on record; hint: make smoke T=" + CARD + " && make site" : error.stack);
    process.exitCode = 1;
});

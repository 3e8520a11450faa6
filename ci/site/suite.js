/* SPDX-License-Identifier: BSD-2-Clause */
/* Cases that node runs one after the other: a line for each, and the counts in the last line, as ci/tree.py reads them. */
"use strict";

const cases = [];

/* ONLY=word in the environment runs those with the word. */
function test(name, run) {
    if (name.includes(process.env.ONLY || "") || name === "Chromium starts") {
        cases.push({ name, run });
    }
}

/* Lines that `make check` shows below the test. */
const figures = [];

async function runAll() {
    let passed = 0, failed = 0;
    for (const { name, run } of cases) {
        try {
            await run();
            passed++;
            console.log("PASS " + name);
        } catch (error) {
            failed++;
            console.log("FAIL " + name + ": " + (error.stack || error));
        }
    }
    figures.forEach((line) => console.log("FIGURE " + line));
    console.log(passed + " passed, " + failed + " failed, 0 skipped");
    process.exitCode = failed || !passed ? 1 : 0;
}

module.exports = { test, figures, runAll };

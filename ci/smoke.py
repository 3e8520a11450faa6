"""`make smoke`: boot the images and keep the evidence.

Only images whose bytes changed since they last passed are booted again, unless --all is given;
negative controls run every time. An interrupted run keeps what it found, and the next one goes on
from there. The last line counts what happened.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from ci import linux, qemu, report
from ci.bad_input import bad_input_plans
from ci.bochs_plans import bochs_plans
from ci.card_plans import card_plans
from ci.cases import Plan, Selection, plans, prepare
from ci.evidence import Journal, Record, compact, merge, still_valid, write_console
from ci.images import RomtoolError, Shop, image_length
from ci.judge import FAIL, PASS, SKIP
from ci.newer_qemu import BINARY, qemu_for

from ci.pool import Pool, Stopped, default_jobs
from ci.runner import Case
from ci.server_plans import server_plans
from factory.errors import EXIT_FAILURE, EXIT_INPUT, FactoryError, failure
from factory.spec import Spec, load_spec

# Of runs that are asked for by themselves. What boots there depends on more than the image, so nothing of it is kept.
SPECIAL_TIERS = ("linux", "server", "input", "cards", "bochs")


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python3 -m ci.smoke", description=__doc__)
    parser.add_argument(
        "--id", "--target", default="", metavar="VVVV:DDDD", help="images of one card"
    )
    parser.add_argument("--family", default="", help="images of one family")
    parser.add_argument(
        "--quick", action="store_true", help="one card per family, one family's controls"
    )
    parser.add_argument("--all", action="store_true", help="boot what has passed before, too")
    parser.add_argument("--jobs", type=int, default=default_jobs(), help="boots at a time")
    parser.add_argument(
        "--workers", default="", metavar="tcp://HOST:PORT", help="Dask scheduler to boot on"
    )
    parser.add_argument(
        "--linux", action="store_true", help="boot a real Linux instead, to userland"
    )
    parser.add_argument("--servers", action="store_true", help="boot from real servers instead")
    parser.add_argument("--bad-input", action="store_true", help="boot into failures instead")
    parser.add_argument(
        "--cards", action="store_true", help="boot where the image has to find its card instead"
    )
    parser.add_argument("--bochs", action="store_true", help="boot in Bochs instead")
    parser.add_argument("--out", type=Path, default=Path("out"))
    return parser.parse_args(arguments)


def static_record(plan: Plan, spec: Spec, shop: Shop) -> Record:
    """Evidence of an image that no emulator can boot: it passes romtool's checks and keeps to its budget."""
    path = shop.image(plan.image)
    verdict, reason = PASS, plan.reason
    try:
        shop.run("lint", str(path))
        target = next(t for t in spec.targets() if t.name == plan.image.family)
        budget = target.budget[plan.image.medium]
        size = image_length(path.read_bytes())
        if size > budget:
            verdict, reason = FAIL, f"{size} bytes, the budget is {budget}"
    except RomtoolError as error:
        verdict, reason = FAIL, str(error)
    return _record_without_boot(plan, verdict, reason)


def _record_without_boot(plan: Plan, verdict: str, reason: str) -> Record:
    return Record(
        case=plan.key,
        image=plan.image.path,
        sha256=plan.sha256,
        medium=plan.image.medium,
        family=plan.image.family,
        tier=plan.tier,
        card=plan.card,
        boot=plan.boot,
        payload="",
        nonce="",
        verdict=verdict,
        reason=reason,
        when=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    )


def why_not(plan: Plan, shop: Shop) -> str:
    """Reason why this machine cannot boot a plan; "" when it can."""
    if not qemu.installed(BINARY):
        return f"{BINARY} is not installed"
    binary = qemu_for(plan.card, shop.cache)
    if not qemu.has_card(binary, plan.card):
        return f"QEMU {qemu.version(binary)} has no card {plan.card}, and no newer one could be had"
    return ""


class Run:
    """One run: what to boot, what was found."""

    def __init__(self, spec: Spec, shop: Shop, chosen: list[Plan], boot_again: bool) -> None:
        self.spec = spec
        self.shop = shop
        self.folder = shop.out / "smoke"
        self.journal = Journal(self.folder / "journal.jsonl")
        known = self.journal.latest()
        self.kept = [
            known[plan.key]
            for plan in chosen
            if plan.tier not in ("control", *SPECIAL_TIERS)
            and not boot_again
            and still_valid(known.get(plan.key), plan.sha256)
        ]
        settled = {record.case for record in self.kept}
        self.to_do = [plan for plan in chosen if plan.key not in settled]
        self.found: list[Record] = []
        self.booted = 0
        self.seconds = 0.0

    def go(self, workers: str, jobs: int) -> None:
        """Do it. Raises Stopped; what was found until then is in the journal."""
        progress = report.Progress(len(self.to_do))
        started = time.monotonic()
        self.journal.path.parent.mkdir(parents=True, exist_ok=True)
        with self.journal:
            try:
                for record in self._records(workers, jobs):
                    self._keep(record)
                    progress.add(record)
            finally:
                progress.clear()
                self.seconds = time.monotonic() - started

    def _records(self, workers: str, jobs: int) -> Iterable[Record]:
        bootable: list[Callable[[], Case]] = []
        for plan in self.to_do:
            if not plan.boot:
                yield static_record(plan, self.spec, self.shop)
                continue
            reason = "" if workers else why_not(plan, self.shop)
            if reason:
                yield _record_without_boot(plan, SKIP, reason)
            else:
                bootable.append(partial(prepare, plan, self.shop))
        if bootable:
            for record in Pool(jobs, workers).run(bootable):
                self.booted += 1
                yield record

    def _keep(self, record: Record) -> None:
        self.journal.append(record)
        if record.console:
            write_console(self.folder / "console", record)
        self.found.append(record)

    def finish(self, every_key: set[str]) -> None:
        """Merge everything known into evidence.json, and drop what no image has any more."""
        if every_key:
            known = self.journal.latest().values()
            others = {record.case for record in known if record.tier in SPECIAL_TIERS}
            compact(self.journal.path, every_key | others)
        merge(self.journal.latest().values(), self.folder / "evidence.json")

    def show(self) -> None:
        """The table, the reasons, and the last line."""
        everything = self.kept + self.found
        if everything:
            print(report.table(everything))
        for line in report.skip_reasons(everything):
            print(line)
        rate = f", {self.booted / self.seconds:.1f} boots per second" if self.booted else ""
        print(
            f"{self.booted} booted in {self.seconds:.1f} s{rate}; {len(self.kept)} unchanged since they passed"
        )
        print(report.last_line(everything))

    @property
    def good(self) -> bool:
        """Something passed, nothing failed."""
        count = report.totals(self.kept + self.found)
        return count[PASS] > 0 and count[FAIL] + count["timeout"] == 0


def is_special(options: argparse.Namespace) -> bool:
    """True for a run of other boots than the catalogue's."""
    special = (options.linux, options.servers, options.bad_input, options.cards, options.bochs)
    return any(special)


def choose(options: argparse.Namespace, spec: Spec, shop: Shop) -> list[Plan]:
    """The plans that the command line asks for."""
    selection = Selection(options.family, options.id.lower(), options.quick)
    if options.linux:
        if reason := linux.unavailable(shop):
            raise failure("--linux", reason)
        return list(linux.linux_plans(spec, shop, selection))
    if options.servers:
        return list(server_plans(spec, shop, selection))
    if options.bad_input:
        return list(bad_input_plans(spec, shop, selection))
    if options.cards:
        return list(card_plans(spec, shop, selection))
    if options.bochs:
        return list(bochs_plans(spec, shop, selection))
    return list(plans(spec, shop, selection))


def main(arguments: list[str]) -> int:
    """Run; the exit code."""
    options = parse(arguments)
    try:
        return smoke(options)
    except FactoryError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except FileNotFoundError as error:
        print(f"{error.filename}: not there; hint: run make first", file=sys.stderr)
        return EXIT_INPUT
    except RomtoolError as error:
        print(f"smoke: {error}; `make clean all` builds every image anew", file=sys.stderr)
        return EXIT_FAILURE
    except OSError as error:
        print(f"smoke: {error}", file=sys.stderr)
        return EXIT_FAILURE


def smoke(options: argparse.Namespace) -> int:
    """Choose, boot, report."""
    shop = Shop(options.out)
    spec = load_spec(Path("targets.yaml"))
    chosen = choose(options, spec, shop)
    if not chosen:
        print("no image matches; hint: targets.yaml lists families and IDs", file=sys.stderr)
        return EXIT_INPUT
    run = Run(spec, shop, chosen, options.all)
    interrupted = False
    try:
        run.go(options.workers, options.jobs)
    except Stopped as reason:
        interrupted = True
        print(f"{reason}; run it again to go on from here", file=sys.stderr)
    whole = not (options.family or options.id or options.quick or is_special(options))
    run.finish({plan.key for plan in chosen} if whole and not interrupted else set())
    run.show()
    return EXIT_FAILURE if interrupted or not run.good else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

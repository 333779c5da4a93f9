"""Ask whether the addresses on other hosts that the built site leads to still answer.

    python -m book.links

prints those that do not, with the pages that lead there. It needs a network, and a host may have a
bad day, so it is no test: it runs once a week.
"""

from __future__ import annotations

import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from book.pages import ROOT, SITE, pages

LINK = re.compile(r'<a [^>]*href="(https?://[^"#]+)')
TIMEOUT = 30.0  # seconds
TRIES = 3
# A host that does not talk to programs does not say that a page is gone.
UNSAID = {HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
AGENT = {"User-Agent": "Mozilla/5.0 (a weekly check of a book's links)"}


def addresses(site: Path, names: list[str]) -> dict[str, list[str]]:
    """Return the addresses on other hosts, each with the pages that lead there."""
    found: dict[str, list[str]] = {}
    for name in names:
        html = (site / f"{name}.html").read_text(encoding="utf-8")
        for address in sorted(set(LINK.findall(html))):
            found.setdefault(address.replace("&amp;", "&"), []).append(name)
    return found


def fault(address: str, wait: float = 5.0) -> str:
    """Return what is wrong with an address, or nothing; what may be a bad moment is tried again.

    Parameters
    ----------
    address : str
        Of http or https.
    wait : float
        Seconds before the next try.
    """
    said = ""
    for last in range(TRIES):
        if last:
            time.sleep(wait)
        try:
            with urlopen(Request(address, headers=AGENT), timeout=TIMEOUT):  # noqa: S310  # LINK says which
                return ""
        except HTTPError as error:
            if error.code in UNSAID:
                return ""
            said = f"{error.code} {error.reason}"
            if error.code in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
                return said
        except (URLError, OSError) as error:
            said = str(error)
    return said


def main() -> int:
    """Print the addresses that do not answer; 1 if there are any."""
    found = addresses(SITE, pages(ROOT / "_toc.yml"))
    with ThreadPoolExecutor(8) as pool:
        faults = dict(zip(found, pool.map(fault, found), strict=True))
    broken = {address: said for address, said in faults.items() if said}
    for address, said in broken.items():
        print(f"{address}: {said} (from {', '.join(found[address])})")
    print(f"{len(found) - len(broken)} of {len(found)} addresses answer.")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())

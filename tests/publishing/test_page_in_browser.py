"""The results page in a browser without a window: it sorts, filters, changes its colours and fits a phone.

The browser is called as a program: a small script in a copy of the page uses it as a reader does, and writes
what it finds into the document, which the browser prints.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

from engram.core.paths import Layout

pytestmark = [pytest.mark.long, pytest.mark.slow]

BROWSER = next(filter(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome")), None)
#: In the page: sort by a column of a table, and read the column that is left.
_READER = """
<script>
const found = {errors: [], asked: performance.getEntriesByType("resource").map((entry) => entry.name)};
const table = document.querySelector("#table-memory_matrix table.sortable");
const place = [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent === "accuracy");
const column = () => [...table.tBodies[0].rows].map((row) => Number(row.cells[place].dataset.order));
table.tHead.rows[0].cells[place].querySelector("button").click();
found.up = column();
table.tHead.rows[0].cells[place].querySelector("button").click();
found.down = column();
found.sorted = table.tHead.rows[0].cells[place].getAttribute("aria-sort");

const input = document.querySelector("#table-general_transfer .tools input");
input.value = "gender cnn";
input.dispatchEvent(new Event("input"));
found.kept = [...document.querySelectorAll("#table-general_transfer table.sortable tbody tr")]
  .filter((row) => !row.hidden).map((row) => row.textContent);

const panel = document.getElementById("from");
found.closed = panel.hidden;
const number = table.tBodies[0].rows[0].cells[place];
number.click();
const hrefs = (links) => [...links].map((one) => one.getAttribute("href"));
found.asked_of = {
  shown: !panel.hidden,
  said: panel.querySelector("b").textContent,
  row: panel.querySelector("span").textContent,
  links: hrefs(panel.querySelectorAll("a")),
  own: hrefs(number.parentElement.querySelectorAll(".from a")),
};
panel.querySelector("button").click();
found.left = panel.hidden;
number.click();

const ground = () => getComputedStyle(document.body).backgroundColor;
found.first = ground();
document.getElementById("theme").click();
found.second = ground();

location.hash = "#table-memory_integrity";
addEventListener("hashchange", () => {
  found.opened = document.getElementById("table-memory_integrity").open;
  const phone = document.createElement("iframe");
  phone.style = "width: 390px; height: 844px";
  phone.srcdoc = document.documentElement.outerHTML.replaceAll(/<script[^]*?<\\/script>/g, "");
  phone.onload = () => {
    const page = phone.contentDocument;
    for (const details of page.querySelectorAll("details")) details.open = true;
    found.wide = page.documentElement.scrollWidth;
    document.body.textContent = "FOUND" + JSON.stringify(found) + "END";
  };
  document.body.append(phone);
});
</script>
"""


def _open(page: Path, *options: str) -> str:
    """Return the document that a browser, which reaches no network, makes of a page."""
    command = [
        BROWSER,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ]
    profile = f"--user-data-dir={page.parent / 'profile'}"
    more = ["--virtual-time-budget=20000", "--dump-dom", *options, page.as_uri()]
    done = subprocess.run(
        [*command, profile, *more], capture_output=True, text=True, check=False, timeout=180
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def read(both, in_finished, tmp_path):
    """Return a function that opens the page and returns what the reader in it found."""
    if BROWSER is None:
        pytest.skip("no browser is installed here (chromium or google-chrome)")

    def open_page(*options: str) -> dict:
        page = tmp_path / "index.html"
        text = Layout.from_settings(both).page.read_text(encoding="utf-8")
        page.write_text(text.replace("</body>", f"{_READER}</body>"), encoding="utf-8")
        document = _open(page, *options)
        found = re.search(r"FOUND(.*)END", document)
        assert found, document[:2000]
        return json.loads(unescape(found.group(1)))

    return open_page


def test_the_page_works_without_a_network(read, both, in_finished):
    """Sorted by all digits, filtered, opened by a link, no wider than a phone; it asks for nothing.

    A click on a number shows the links of its row.
    """
    found = read()
    values = pd.read_csv(Layout.from_settings(both).tables / "memory_matrix.csv")["accuracy"].tolist()
    assert found["up"] == sorted(values)
    assert found["down"] == sorted(values, reverse=True)
    assert found["sorted"] == "descending"
    asked = found["asked_of"]
    assert found["closed"] is True
    assert asked["shown"] is True
    assert asked["said"].startswith("accuracy ")
    assert "Drawn" in asked["row"]
    assert asked["links"] == asked["own"]
    assert any(link.endswith("predictions.parquet") for link in asked["links"])
    assert sum(link.endswith("record.json") for link in asked["links"]) == len(both.seeds_of("memory"))
    assert all((Layout.from_settings(both).root / link).is_file() for link in asked["links"])
    assert found["left"] is True
    assert found["kept"]
    assert all("CNN" in row for row in found["kept"])
    assert all("gender" in row.lower() for row in found["kept"])
    assert found["opened"] is True
    assert found["wide"] <= 390
    assert [name for name in found["asked"] if not name.startswith("data:")] == []


def test_light_and_dark_follow_the_system_and_the_switch(read):
    light, dark = read(), read("--blink-settings=preferredColorScheme=0")
    assert light["first"] != dark["first"]
    assert light["second"] == dark["first"]
    assert dark["second"] == light["first"]

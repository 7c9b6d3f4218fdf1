"""The report in a browser: its figures are those of the marts, whatever is chosen, and names are text.

All look at one page of the demo in one headless Chromium, and at a second one of many campaigns with odd names. Without
Chromium only what needs no browser is looked at.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import browser
import duckdb
import harness
import pytest

MARTS = "main_ads_marts"
needs_chromium = pytest.mark.skipif(browser.PROGRAM is None, reason=browser.WHY_NOT)

# In the page's tables of campaigns.
COSTS = ("spend", "conversion_value", "roas", "cpm", "cpc", "cpa", "impressions", "clicks", "conversions", "ctr", "cvr",
         "conversion_per_impression")
ODD_NAMES = (
    "</script><img src=x onerror=alert(1)>", '" onload="alert(2)" x="', "'; drop table x; --", "مبيعات الصيف",
    "\u202eevil\u202c", "🎿👩‍👩‍👧 Ski", "<!-- <script>", "{{ jinja }} {% raw %}", "\\u003c\\", "a\tb  c", "&lt;b&gt;",
)


# --------------------------------------------------------------------------------------------------------- fixtures

def write_page(project: harness.Project, name: str) -> Path:
    file = project.folder / name
    outcome = project.dbt("run-operation", "report", "--args", json.dumps({"to": str(file)}))
    assert outcome, outcome.text
    return file


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    return harness.demo(tmp_path_factory.mktemp("report"))[0]


@pytest.fixture(scope="module")
def page(demo: harness.Project) -> Path:
    return write_page(demo, "report.html")


@pytest.fixture(scope="module")
def database(demo: harness.Project, page: Path) -> Path:
    return demo.database


@pytest.fixture(scope="module")
def large(demo: harness.Project, page: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 520 campaigns in 24 months, some with odd names, and without some marts."""
    project = demo.twin(tmp_path_factory.mktemp("large") / "ad_funnel")
    months = "from range(520) as campaigns (n) cross join range(24) as months (m) cross join one"
    template = f"one as (select * from {MARTS}.mart_ads__{{}} where campaign_id = 'camp-a' limit 1)"
    keys = "'big' || n as campaign_id, 'p' || n % 3 as platform, 'Campaign ' || n as campaign_name"
    with duckdb.connect(str(project.database)) as connection:
        for mart, day in (("campaign_monthly", "month_start"), ("campaign_weekly", "week_start"),
                          ("campaign_daily", "date_day")):
            # Enough rows of days and weeks to be too many; only their number matters.
            times = 1 if day == "month_start" else 4
            connection.execute(
                f"insert into {MARTS}.mart_ads__{mart} by name with {template.format(mart)} "
                f"select one.* replace ({keys}, (date '2023-01-01' + interval (m) month)::date as {day}, 100 + n as impressions, "
                f"n * 1.000000001 as spend) {months} cross join range({times})"
            )
        connection.execute(
            f"insert into {MARTS}.mart_ads__campaign by name with {template.format('campaign')} select one.* replace "
            f"({keys}, 24 * (100 + n) as impressions, 24 * n * 1.000000001 as spend) "
            "from range(520) as campaigns (n), one"
        )
        for n, name in enumerate(ODD_NAMES):
            connection.execute(f"update {MARTS}.mart_ads__campaign set campaign_name = ? where campaign_id = ?",
                               [name, f"big{519 - n}"])
        for mart in ("attribution", "experiments", "reach", "frequency", "segment_daily", "landing_page", "ledger",
                     "performance_daily"):
            connection.execute(f"drop table {MARTS}.mart_ads__{mart}")
    return write_page(project, "large.html")


@pytest.fixture(scope="module")
def chromium() -> Iterator[browser.Browser]:
    chromium = browser.Browser()
    yield chromium
    chromium.close()


@pytest.fixture
def shown(chromium: browser.Browser, page: Path) -> browser.Browser:
    """The page of the demo, nothing chosen."""
    if not chromium.run("location.href").endswith(page.name):
        chromium.show_as(1280)
        chromium.open(page)
    chromium.run("document.querySelector('#reset').click()")
    return chromium


def data_of(page: Path) -> dict:
    return json.loads(re.search(r'id="data">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)[1])


def choose(shown: browser.Browser, **chosen: str) -> None:
    for name, value in chosen.items():
        shown.run(f"{{const field = document.querySelector('#filter-{name}'); field.value = {json.dumps(value)}; "
                  "field.dispatchEvent(new Event('change'))}")


def figures(shown: browser.Browser, selector: str) -> dict[str, dict[str, float | None]]:
    """Of each row of a table: its key -> the figures in it."""
    rows = shown.run(
        f"[...document.querySelectorAll({json.dumps(selector)})].map(row => [row.dataset.key, "
        "[...row.querySelectorAll('[data-metric]')].map(cell => [cell.dataset.metric, cell.dataset.value])])"
    )
    return {key: {metric: None if value == "" else float(value) for metric, value in cells} for key, cells in rows}


def totals(shown: browser.Browser) -> dict[str, float | None]:
    cells = shown.run("[...document.querySelectorAll('#totals .tile')].map(tile => [tile.dataset.metric, "
                      "tile.dataset.value])")
    return {metric: None if value == "" else float(value) for metric, value in cells}


def rows_of(database: Path, statement: str) -> list[dict]:
    with duckdb.connect(str(database)) as connection:
        cursor = connection.execute(statement)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row)) for row in cursor.fetchall()]


def same(page: dict[str, float | None], mart: dict, names: tuple[str, ...] = COSTS) -> list[str]:
    """What differs by more than the last digits of a DOUBLE, NULL included."""
    def equal(one: float | None, other: float | None) -> bool:
        return one is other is None or None not in (one, other) and math.isclose(one, float(other), rel_tol=1e-12)
    return [f"{name}: {page.get(name, 'not there')} on the page, {mart[name]} in the mart" for name in names
            if name not in page or not equal(page[name], mart[name])]


# ----------------------------------------------------------------------------------------------------- the file alone

def test_the_page_is_one_file_of_some_hundred_kilobytes(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>") and text.rstrip().endswith("</html>")
    assert len(text.encode()) < 300_000
    assert set(re.findall(r"https?://[^\s'\"]+", text)) == {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert set(re.findall(r"\b(?:src|href)=\"([^\"]*)\"", text)) == {"data:,", "#content"}


def test_no_macro_or_model_ends_the_script_of_dbt_docs() -> None:
    """dbt docs has their text inside a script, as it is."""
    files = [file for folder in ("macros", "models", "tests/generic") for file in (harness.REPO / folder).rglob("*.*")]
    assert len(files) > 150
    assert [file.name for file in files if "</script" in file.read_text(encoding="utf-8").lower()] == []


def test_without_marts_the_operation_says_what_to_do(demo: harness.Project, page: Path, tmp_path: Path) -> None:
    empty = demo.twin(tmp_path / "ad_funnel")
    empty.execute(f"drop table {MARTS}.mart_ads__campaign")
    outcome = empty.dbt("run-operation", "report")
    assert not outcome and "there is no mart_ads__campaign" in outcome.text and "Cure: dbt build" in outcome.text


def test_many_campaigns_are_summed_up_by_month_and_the_page_says_so(large: Path) -> None:
    data = data_of(large)
    assert data["period"] == "month"
    assert large.stat().st_size < 2_000_000
    others = [name for *_, name, _ in data["campaigns"] if name.endswith(" other campaigns")]
    alone = len(data["campaigns"]) - len(others)  # a platform with one small campaign has it by its name
    assert data["all_campaigns"] == alone + sum(int(name.split()[0]) for name in others) == 539
    assert 500 <= alone < 507 and others


# ------------------------------------------------------------------------------------------------------- the figures

@needs_chromium
def test_nothing_is_asked_for_and_nothing_complains(shown: browser.Browser, page: Path) -> None:
    shown.open(page)
    for dark in (False, True):
        shown.show_as(390, dark=dark)
        choose(shown, period="2025-01", platform="meta")
        shown.run("document.querySelector('#reset').click()")
    assert shown.pdf().startswith(b"%PDF")
    shown.show_as(1280)
    assert shown.errors == []
    assert shown.requests == [page.as_uri()]


@needs_chromium
def test_every_campaigns_figures_are_the_marts(shown: browser.Browser, page: Path, database: Path) -> None:
    campaigns = data_of(page)["campaigns"]
    on_page = figures(shown, "#costs tr[data-key]")
    marts = {(row["platform"], row["campaign_id"]): row
             for row in rows_of(database, f"select * from {MARTS}.mart_ads__campaign")}
    assert len(on_page) == len(marts) == 19
    for key, row in on_page.items():
        assert same(row, marts[tuple(campaigns[int(key)][:2])]) == [], campaigns[int(key)]


@needs_chromium
def test_a_month_is_that_of_the_monthly_mart(shown: browser.Browser, page: Path, database: Path) -> None:
    campaigns = data_of(page)["campaigns"]
    for month in ("2024-12", "2025-01"):
        choose(shown, period=month)
        on_page = figures(shown, "#costs tr[data-key]")
        marts = {(row["platform"], row["campaign_id"]): row for row in rows_of(
            database, f"select * from {MARTS}.mart_ads__campaign_monthly where month_start = '{month}-01'")}
        assert len(on_page) > 5
        for key, row in on_page.items():
            assert same(row, marts[tuple(campaigns[int(key)][:2])]) == [], (month, campaigns[int(key)])


@needs_chromium
def test_a_day_of_a_platform_is_that_of_the_daily_mart(shown: browser.Browser, database: Path) -> None:
    choose(shown, period="own")
    for row in rows_of(database, f"select * from {MARTS}.mart_ads__platform_daily where date_day between '2025-01-01' "
                                 "and '2025-01-08' and gross_impressions + gross_clicks > 0"):
        choose(shown, **{"from": str(row["date_day"]), "to": str(row["date_day"]), "platform": row["platform"]})
        assert same(totals(shown), row) == [], (row["date_day"], row["platform"])


@needs_chromium
def test_one_campaign_is_filtered_everywhere(shown: browser.Browser, page: Path, database: Path) -> None:
    [number] = [n for n, campaign in enumerate(data_of(page)["campaigns"]) if campaign[2] == "Winter Sale"]
    choose(shown, campaign=str(number))
    [row] = rows_of(database, f"select * from {MARTS}.mart_ads__campaign where campaign_name = 'Winter Sale'")
    assert same(totals(shown), row) == []
    assert shown.run("document.querySelector('#funnel svg').getAttribute('aria-label')") == (
        "Funnel: Impressions 120, Clicked 6, Converted 5")
    clicks = figures(shown, "#trends tr[data-key]")
    assert sum(day["clicks"] for day in clicks.values()) == 6
    assert shown.run("document.querySelector('#chosen').textContent").startswith("Showing Winter Sale, all days")


@needs_chromium
def test_the_trend_is_that_of_the_days(shown: browser.Browser, database: Path) -> None:
    on_page = {day: row["clicks"] for day, row in figures(shown, "#trends tr[data-key]").items()}
    assert on_page == {str(row["date_day"]): row["clicks"] for row in rows_of(
        database, f"select date_day, sum(clicks) as clicks from {MARTS}.mart_ads__campaign_daily group by 1")}
    young = shown.run("document.querySelectorAll('#trends rect.young').length")
    assert young == 5  # the last days, one of them without rows among them
    assert shown.run("document.querySelector('#trends svg').textContent").count("no rows") == 1


@needs_chromium
def test_places_are_those_of_the_ranking(shown: browser.Browser, page: Path, database: Path) -> None:
    campaigns = data_of(page)["campaigns"]
    on_page = figures(shown, "#looks tr[data-key]")
    marts = {(row["platform"], row["campaign_id"]): row
             for row in rows_of(database, f"select * from {MARTS}.mart_ads__campaign_ranking")}
    assert len(on_page) == len(marts)
    for key, row in on_page.items():
        assert same(row, marts[tuple(campaigns[int(key)][:2])], ("vanity_rank", "value_rank")) == [], key


@needs_chromium
def test_the_vanity_case_is_seen_without_reading(shown: browser.Browser) -> None:
    first, second = shown.run("[...document.querySelectorAll('#looks .card')].map(card => card.innerText)")
    assert first.startswith("Summer Reach") and "1st by what looks good, 11th by what sells" in first
    assert second.startswith("Winter Sale") and "4th by what looks good, 1st by what sells" in second
    assert "600" in first and "35.00" in second


@needs_chromium
def test_the_other_sections_are_their_marts(shown: browser.Browser, database: Path) -> None:
    models = [name for [name] in shown.run("D.attribution.models.map(model => [model])")]
    credited = figures(shown, "#attribution tr[data-key]")
    for row in rows_of(database, "select channel, " + ", ".join(
        f"sum({model}_conversions) as {model}" for model in models
    ) + f" from {MARTS}.mart_ads__attribution_models group by channel"):
        assert all(math.isclose(credited[row["channel"]][model], row[model] or 0, abs_tol=1e-8)
                   for model in models), row

    experiments = figures(shown, "#experiments tr[data-key]")
    for row in rows_of(database, f"select * from {MARTS}.mart_ads__experiments"):
        key = f"{row['experiment']} {row['variant']} {row['metric']}"
        assert same(experiments[key], row, ("value", "lift")) == [], key

    ledger = figures(shown, "#ledger tr[data-key]")
    assert {key: row["row_count"] for key, row in ledger.items()} == {
        f"{row['source_table']} {row['disposition']} {row['reason']}": row["row_count"] for row in rows_of(
            database, f"select source_table, disposition, reason, sum(row_count) as row_count "
                      f"from {MARTS}.mart_ads__ledger group by all")}

    reach = figures(shown, "#reach tr[data-key]")
    assert sorted(row["users"] for row in reach.values() if "users" in row) == [row["users"] for row in rows_of(
        database, f"select users from {MARTS}.mart_ads__reach where period = 'lifetime' order by 1")]

    segments = figures(shown, "#segments tr[data-key]")
    for row in rows_of(database, f"""
        select segment, sum(clicked_impressions) / sum(impressions) as rate from {MARTS}.mart_ads__segment
        where segment_type = 'device_type' group by 1 having sum(impressions) > 0"""):
        assert math.isclose(segments[row["segment"]]["rate"], row["rate"], rel_tol=1e-12), row

    pages = figures(shown, "#pages tr[data-key]")
    for row in rows_of(database, f"select landing_page, sum(clicks) as clicks, sum(conversions) as conversions "
                                 f"from {MARTS}.mart_ads__landing_page group by 1"):
        assert same(pages[row["landing_page"]], row, ("clicks", "conversions")) == [], row


@needs_chromium
def test_a_period_filters_attribution_segments_and_the_ledger(shown: browser.Browser, database: Path) -> None:
    choose(shown, period="2025-01")
    january = "date_day between '2025-01-01' and '2025-01-31'"
    credited = figures(shown, "#attribution tr[data-key]")
    for row in rows_of(database, f"select channel, sum(conversions) as conversions from {MARTS}.mart_ads__attribution "
                                 f"where model = 'last_click' and {january} group by 1 having sum(conversions) > 0"):
        assert math.isclose(credited[row["channel"]]["last_click"], row["conversions"]), row
    assert sum(row["row_count"] for row in figures(shown, "#ledger tr[data-key]").values()) == rows_of(
        database, f"select sum(row_count) as n from {MARTS}.mart_ads__ledger where {january}")[0]["n"]
    segments = figures(shown, "#segments tr[data-key]")
    for row in rows_of(database, f"""
        select segment, sum(clicked_impressions) / sum(impressions) as rate from {MARTS}.mart_ads__segment_daily
        where segment_type = 'device_type' and {january} group by 1 having sum(impressions) > 0"""):
        assert math.isclose(segments[row["segment"]]["rate"], row["rate"], rel_tol=1e-12), row


# ------------------------------------------------------------------------------------------------- for every reader

@needs_chromium
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_can_be_read(shown: browser.Browser, dark: bool) -> None:
    """Contrast of 4.5 or more (WCAG AA) of every text with what is behind it."""
    shown.show_as(1280, dark=dark)
    weak = shown.run("""
        [...document.querySelectorAll('main *, header *, .filters *, footer *')].filter(element =>
            [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())
            && element.getClientRects().length
        ).map(element => {
            const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
            const color = text => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
                return [...canvas.getImageData(0, 0, 1, 1).data]; };
            const light = rgb => rgb.slice(0, 3).map(v => v / 255)
                .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
            const style = getComputedStyle(element);
            const ink = color(element instanceof SVGElement ? style.fill : style.color);
            let behind = element, paper = [0, 0, 0, 0];
            while (behind && paper[3] < 255) {
                paper = color(getComputedStyle(behind).backgroundColor);
                behind = behind.parentElement;
            }
            const [a, b] = [light(ink), light(paper)].sort((x, y) => y - x);
            return [(a + 0.05) / (b + 0.05), element.textContent.trim().slice(0, 40)];
        }).filter(([contrast]) => contrast < 4.5)
    """)
    shown.show_as(1280)
    assert weak == []


@needs_chromium
def test_charts_and_controls_have_names_and_tables(shown: browser.Browser) -> None:
    assert shown.run("[...document.querySelectorAll('svg:not([aria-hidden])')].filter(chart => "
                     "chart.getAttribute('role') !== 'img' || !chart.getAttribute('aria-label')).length") == 0
    assert shown.run("[...document.querySelectorAll('main section')].filter(each => each.querySelector('svg') && "
                     "!each.querySelector('table caption')).map(each => each.id)") == []
    assert shown.run("[...document.querySelectorAll('select, input')].filter(field => !field.labels.length).length") == 0
    assert shown.run("[...document.querySelectorAll('.scroll')].filter(each => each.tabIndex !== 0 || "
                     "!each.getAttribute('aria-label')).length") == 0
    assert shown.run("[...document.querySelectorAll('h1, h2')].map(each => each.tagName)[0]") == "H1"
    assert shown.run("document.documentElement.lang") == "en"


@needs_chromium
def test_what_is_chosen_keeps_the_focus_and_open_tables_stay_open(shown: browser.Browser) -> None:
    shown.run("document.querySelector('#looks details').open = true")
    for field, value in (("filter-platform", "meta"), ("filter-period", "2025-01"), ("pick-show", "ctr")):
        shown.run(f"{{const field = document.getElementById('{field}'); field.focus(); field.value = '{value}'; "
                  "field.dispatchEvent(new Event('change'))}")
        assert shown.run("document.activeElement.id") == field
        assert shown.run(f"document.getElementById('{field}').value") == value
    assert shown.run("document.querySelector('#looks details').open") is True
    assert shown.run("document.querySelector('#trends svg').getAttribute('aria-label')").startswith("CTR by day")
    shown.open(Path(shown.run("decodeURIComponent(location.pathname)")))  # as it was, for the tests that follow


@needs_chromium
@pytest.mark.parametrize("width", [320, 390, 768])
def test_nothing_reaches_over_the_edge(shown: browser.Browser, width: int) -> None:
    shown.show_as(width)
    shown.run("redraw()")
    wide = shown.run("document.documentElement.scrollWidth")
    shown.show_as(1280)
    shown.run("redraw()")
    assert wide <= width


@needs_chromium
def test_of_many_campaigns_with_odd_names_names_are_text_and_marts_that_are_not_built_are_left_out(
    chromium: browser.Browser, large: Path
) -> None:
    chromium.show_as(1280)
    chromium.open(large)
    assert chromium.errors == [] and chromium.requests == [large.as_uri()]
    options = chromium.run("[...document.querySelectorAll('#filter-campaign option')].map(each => each.textContent)")
    for name in ODD_NAMES:
        assert any(name in option for option in options), name
    assert chromium.run("document.querySelectorAll('img, main script, main iframe, [onload], [onerror]').length") == 0
    assert chromium.run("[...document.querySelectorAll('main section')].map(each => each.id)") == [
        "totals", "funnel", "looks", "trends", "costs"]
    assert chromium.run("document.querySelector('footer').textContent").count("the others together by platform") == 1
    milliseconds = chromium.run("{const begun = performance.now(); document.querySelector('#reset').click(); "
                                "performance.now() - begun}")
    assert milliseconds < 5000
    assert chromium.run("rollUp(chosenRows()).impressions") == sum(24 * (100 + n) for n in range(520)) + sum(
        row["impressions"] for row in rows_of(large.with_name("warehouse.duckdb"), f"""
            select sum(impressions)::bigint as impressions from {MARTS}.mart_ads__campaign_monthly
            where campaign_id not like 'big%'"""))

"""Landing pages and UTM tags: URLs as they are in the wild, and what becomes of clicks, visits and spend by them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import harness
import pytest
from test_segments import shrunk

pytestmark = pytest.mark.slow  # five projects, built whole

Row = dict[str, Any]
FIELDS = harness.UTM_FIELDS
NONE = ("(none)",) * 5

# A URL, its page, and its UTM fields.
URLS = {
    "https://shop.example": ("shop.example", NONE),
    "https://shop.example/": ("shop.example", NONE),
    "HTTPS://WWW.Shop.Example/Sale/": ("shop.example/Sale", NONE),
    "http://shop.example/Sale?gclid=Cj0K&fbclid=1#top": ("shop.example/Sale", NONE),
    "//shop.example/sale": ("shop.example/sale", NONE),
    "shop.example/sale/a//b": ("shop.example/sale/a//b", NONE),
    "/sale": ("/sale", NONE),
    "/": ("unknown", NONE),
    "?": ("unknown", NONE),
    "myapp://product/12": ("myapp://product/12", NONE),
    "https://wwwide.example/www.html": ("wwwide.example/www.html", NONE),
    "https://shop.example/ütu?x=%C3%BC": ("shop.example/ütu", NONE),
    "https://shop.example/s?utm_source=Google&utm_medium=CPC&utm_campaign=Winter+Sale&utm_content=a1&utm_term=coats":
        ("shop.example/s", ("google", "cpc", "Winter Sale", "a1", "coats")),
    "https://shop.example/s?utm_campaign=Winter%20Sale%20%2850%25%29&id=5":
        ("shop.example/s", ("(none)", "(none)", "Winter Sale (50%)", "(none)", "(none)")),
    "https://shop.example/s?a=1&amp;utm_source=x&amp;utm_medium=y":
        ("shop.example/s", ("x", "y", "(none)", "(none)", "(none)")),
    "https://shop.example/s?a=1?utm_source=x": ("shop.example/s", ("x", "(none)", "(none)", "(none)", "(none)")),
    "https://shop.example/s#utm_source=x&utm_term=b%2fc":
        ("shop.example/s", ("x", "(none)", "(none)", "(none)", "b/c")),
    "https://shop.example/s?utm_source=&utm_medium=%20&utm_campaign=a%26b":
        ("shop.example/s", ("(none)", "(none)", "a&b", "(none)", "(none)")),
    "https://shop.example/s?utm_source=first&utm_source=second": ("shop.example/s", ("first", *NONE[1:])),
    "https://shop.example/s?xutm_source=x&utm_sources=y": ("shop.example/s", NONE),
    "https://shop.example/s?UTM_MEDIUM=Z&Utm_Campaign=İs%20It&utm_Term=b":
        ("shop.example/s", ("(none)", "z", "İs It", "(none)", "b")),
    "https://shop.example/s?utm_source%3Dbing%26utm_medium%3Dcpc%26utm_campaign%3DA%2520%2526+B&gclid=x":
        ("shop.example/s", ("bing", "cpc", "A & B", "(none)", "(none)")),
    "https://shop.example/s?to=%2fa%3futm_source%3dbing%26UTM_TERM%3d%23":
        ("shop.example/s", ("bing", "(none)", "(none)", "(none)", "(none)")),
    "https://shop.example/s?utm_source=x&utm_content=%26utm_source%3Dy%26utm_medium%3Dz":
        ("shop.example/s", ("x", "z", "(none)", "&utm_source=y&utm_medium=z", "(none)")),
    "https://shop.example/s?utm_content=it's \"quoted\"%27&utm_term=%e2%82%ac":
        ("shop.example/s", ("(none)", "(none)", "(none)", "it's \"quoted\"'", "%e2%82%ac")),
    "": ("ads.example/of-the-ad", NONE),  # the ad's own
}
AT = "2025-03-10 12:00:00"
AS_OF = "2025-04-30 12:00:00"


def click(number: int, url: str, **others: str) -> Row:
    return {"click_id": f"k{number}", "clicked_at": AT, "platform": "ads", "ad_id": "a", "campaign_id": "c1",
            "landing_url": url, "landed_at": "", "user_id": f"u{number}", **others}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> harness.Project:
    clicks = [click(n, url, campaign_id=f"url {n}") for n, url in enumerate(URLS)]
    # Of one campaign: /good 40 clicks, 20 of them sell; /bad 40 and none; /new two and both; /lost is never reached.
    for page, number, sells in (("good", 40, 20), ("bad", 40, 0), ("new", 2, 2), ("lost", 30, 0)):
        clicks += [click(len(clicks) + n, f"https://shop.example/{page}", campaign_id="pages",
                         landed_at="" if page == "lost" else "2025-03-10 12:00:02",
                         user_agent=f"{page} sells" if n < sells else "") for n in range(number)]
    clicks.append(click(9999, "", ad_id="unheard of", campaign_id="nowhere"))
    sold = [row["click_id"] for row in clicks if row.get("user_agent", "").endswith("sells")]
    conversions = [{"conversion_id": f"{id_} {n}", "converted_at": "2025-03-11", "conversion_type": "sale",
                    "platform": "ads", "click_id": id_, "value": "10"} for id_ in sold for n in (1, 2)]
    return harness.on_raw_tables(tmp_path_factory.mktemp("landing"), {
        "clicks": clicks, "conversions": conversions,
        "ads": [{"ad_id": "a", "platform": "ads", "landing_page": "https://www.ads.example/of-the-ad/?x=1"}],
    }, as_of=AS_OF, landing_pages=True)


@pytest.fixture(scope="module")
def pages(project: harness.Project) -> list[Row]:
    project.build(*harness.NO_UNIT_TESTS)
    return project.sql("select * from main_ads_marts.mart_ads__landing_page")


@pytest.mark.parametrize("number", range(len(URLS)), ids=list(URLS))
def test_a_url_is_read_as_its_page_and_tags(pages: list[Row], number: int) -> None:
    [row] = [row for row in pages if row["campaign_id"] == f"url {number}"]
    assert (row["landing_page"], tuple(row[field] for field in FIELDS)) == list(URLS.values())[number]
    assert (row["month_start"], row["clicks"], row["conversions"], row["cvr"]) == (date(2025, 3, 1), 1, 0, 0)


def test_a_click_of_no_page_is_counted(pages: list[Row]) -> None:
    [row] = [row for row in pages if row["campaign_id"] == "nowhere"]
    assert (row["landing_page"], row["clicks"], row["landing_rate"], row["landed_clicks"]) == ("unknown", 1, None, None)


def test_pages_lose_and_sell(pages: list[Row]) -> None:
    built = {row["landing_page"].split("/")[1]: row for row in pages if row["campaign_id"] == "pages"}
    counts = {page: (row["clicks"], row["landed_clicks"], row["converted_clicks"], row["conversions"],
                     row["conversion_value"]) for page, row in built.items()}
    assert counts == {
        "good": (40, 40, 20, 40, Decimal(400)), "bad": (40, 40, 0, 0, 0), "new": (2, 2, 2, 4, Decimal(40)),
        "lost": (30, 0, 0, 0, 0),
    }
    order = ("good", "bad", "new", "lost")
    expected = shrunk([(built[page]["converted_clicks"], built[page]["clicks"]) for page in order])
    assert [built[page]["cvr_shrunk"] for page in order] == pytest.approx(expected, rel=1e-12)
    reached = shrunk([(built[page]["landed_clicks"], built[page]["landing_measurable_clicks"]) for page in order])
    assert [built[page]["landing_rate_shrunk"] for page in order] == pytest.approx(reached, rel=1e-12)
    assert built["new"]["cvr"] == 1 and built["new"]["cvr_low"] < 0.4 and built["new"]["cvr_shrunk"] < 0.8
    assert (built["good"]["value_per_click"], built["good"]["average_conversion_value"]) == (10, 10)
    assert built["lost"]["landing_rate"] == 0 and built["lost"]["landing_rate_high"] < 0.12


def test_without_breakdowns_and_campaigns_there_are_no_segments(project: harness.Project, pages: list[Row]) -> None:
    assert project.sql("select * from information_schema.tables where table_name like '%segment%'") == []


def test_parameters_that_tell_pages_apart_stay(
    project: harness.Project, pages: list[Row], tmp_path_factory: pytest.TempPathFactory
) -> None:
    twin = project.twin(tmp_path_factory.mktemp("parameters") / "twin")
    twin.run("--select", "+mart_ads__landing_page", variables={"ad_funnel__page_parameters": ["id", "a", "x"]})
    built = {row["campaign_id"]: row["landing_page"]
             for row in twin.sql("select * from main_ads_marts.mart_ads__landing_page")}
    numbers = {url: f"url {number}" for number, url in enumerate(URLS)}
    asked = {url: built[number] for url, number in numbers.items() if "?" in built[number]}
    assert asked == {
        "https://shop.example/ütu?x=%C3%BC": "shop.example/ütu?x=%C3%BC",
        "https://shop.example/s?utm_campaign=Winter%20Sale%20%2850%25%29&id=5": "shop.example/s?id=5",
        "https://shop.example/s?a=1&amp;utm_source=x&amp;utm_medium=y": "shop.example/s?a=1",
        "https://shop.example/s?a=1?utm_source=x": "shop.example/s?a=1",
        "": "ads.example/of-the-ad?x=1",
    }


@pytest.mark.slow
def test_pages_of_few_users_stand_under_other(
    project: harness.Project, pages: list[Row], tmp_path_factory: pytest.TempPathFactory
) -> None:
    twin = project.twin(tmp_path_factory.mktemp("few") / "twin")
    twin.build(*harness.NO_UNIT_TESTS, variables={"ad_funnel__min_cell_users": 3})
    built = twin.sql("select * from main_ads_marts.mart_ads__landing_page")
    shown = {(row["campaign_id"], row["landing_page"], row["utm_source"]): row["clicks"] for row in built}
    assert shown == {
        ("pages", "shop.example/good", "(none)"): 40, ("pages", "shop.example/bad", "(none)"): 40,
        ("pages", "shop.example/lost", "(none)"): 30, ("pages", "other", "other"): 2,
        ("other", "other", "other"): len(URLS) + 1,
    }


# ------------------------------------------------------------------------------------------------------ UTM hygiene

def visit(number: int, user: str = "v", **fields: str) -> Row:
    return {"visit_id": f"w{number}", "visited_at": AT, "user_id": user, "landing_url": "",
            **dict.fromkeys(FIELDS, ""), **fields}


def spent(campaign: str, amount: str = "5", platform: str = "ads", day: str = "2025-03-10") -> Row:
    return {"date_day": day, "platform": platform, "campaign_id": campaign, "amount": amount}


CAMPAIGNS = [
    {"platform": "ads", "campaign_id": "c1", "campaign_name": "Spring", "valid_from": ""},
    {"platform": "ads", "campaign_id": "c1", "campaign_name": "Spring Sale", "valid_from": "2025-04-01"},
    {"platform": "ads", "campaign_id": "c2", "campaign_name": "Brand", "valid_from": ""},
    {"platform": "social", "campaign_id": "s2", "campaign_name": "BRAND", "valid_from": ""},
    {"platform": "ads", "campaign_id": "c3", "campaign_name": "Forgotten", "valid_from": ""},
    {"platform": "owned", "campaign_id": "mail", "campaign_name": "Newsletter", "valid_from": ""},
]
VISITS = [
    visit(1, utm_source="g", utm_medium="cpc", utm_campaign="SPRING"),  # its name in March
    visit(2, utm_source="google", utm_medium="CPC", utm_campaign="c1"),
    visit(3, landing_url="https://shop.example/?utm_source=google&utm_medium=cpc&utm_campaign=Spring+sale"),
    visit(4, utm_source="google", utm_medium="cpc", utm_campaign="Brand"),
    visit(5, utm_source="google", utm_medium="paid_social", utm_campaign="Brnad"),
    visit(6, utm_source="google", utm_medium="cpc"),
    visit(7, utm_source="letter", utm_medium="email", utm_campaign="weekly"),
    visit(8, utm_source="letter", utm_medium="email", utm_campaign="Newsletter"),
    visit(9),
    visit(10, utm_source="g", utm_medium="cpc", utm_campaign="Forgotten", user_agent="evilbot"),
]
SPEND = [spent("c1"), spent("c2"), spent("s2", platform="social"), spent("c3", "7"), spent("untold", "9"),
         spent("c1", day="2025-02-10"), spent("mail", "0", platform="owned")]
CLICKS = [click(1, "https://shop.example/?utm_source=google&utm_medium=cpc&utm_campaign=c1"),
          click(2, "https://shop.example/", campaign_id="c3")]
HYGIENE = """
    select month_start, utm_campaign, finding, platform, campaign_id, campaigns, spend, tagged_visits, tagged_clicks,
        utm_sources, utm_mediums
    from main_ads_marts.mart_ads__utm_hygiene order by all
"""
FEBRUARY, MARCH = date(2025, 2, 1), date(2025, 3, 1)
TABLES = {"clicks": CLICKS, "visits": VISITS, "spend": SPEND, "campaigns": CAMPAIGNS,
          "bot_patterns": [{"pattern": "evilbot"}]}


@pytest.mark.slow
def test_spend_and_tags_are_compared(tmp_path_factory: pytest.TempPathFactory) -> None:
    project = harness.on_raw_tables(tmp_path_factory.mktemp("hygiene"), TABLES, as_of=AS_OF, landing_pages=True)
    project.build(*harness.NO_UNIT_TESTS)
    assert [tuple(row.values()) for row in project.sql(HYGIENE)] == [
        (FEBRUARY, "spring sale", "spend without tagged visits", "ads", "c1", 1, 5, 0, None, 0, 0),
        (MARCH, "(none)", "paid tags without a campaign", None, None, 0, 0, 1, 0, 1, 1),
        (MARCH, "brand", "in order", None, None, 2, 10, 1, 0, 1, 1),
        (MARCH, "brnad", "tags without spend", None, None, 0, 0, 1, 0, 1, 1),
        (MARCH, "forgotten", "spend without tagged visits", "ads", "c3", 1, 7, 0, 0, 0, 0),
        (MARCH, "spring sale", "in order", "ads", "c1", 1, 5, 3, 1, 2, 1),
        (MARCH, "untold", "spend without tagged visits", "ads", "untold", 1, 9, 0, 0, 0, 0),
    ]
    # Tags of few users that name no campaign are left out, and what campaigns of few users spent stands under `other`;
    # without words for paid mediums none is paid for.
    project.run(variables={"ad_funnel__min_cell_users": 2})
    assert [(row["utm_campaign"], row["finding"]) for row in project.sql(HYGIENE)] == [
        ("spring sale", "spend without tagged visits"), ("brand", "in order"), ("other", "spend without tagged visits"),
        ("untold", "spend without tagged visits"),
    ]
    project.run(variables={"ad_funnel__paid_mediums": []})
    assert len(project.sql(HYGIENE)) == 5


@pytest.mark.slow
@pytest.mark.parametrize(("without", "findings"), [
    ("visits", {"spring sale": "in order", "brand": "spend without tagged visits",
                "forgotten": "spend without tagged visits"}),
    ("spend", {"(none)": "paid tags without a campaign", "spring sale": "not measured", "brand": "not measured",
               "brnad": "not measured", "forgotten": None}),
    ("clicks", {"spring sale": "in order", "brand": "in order", "brnad": "tags without spend"}),
])
def test_what_is_not_measured_is_no_finding(
    tmp_path_factory: pytest.TempPathFactory, without: str, findings: dict[str, str | None]
) -> None:
    tables = {table: rows for table, rows in TABLES.items() if table != without}
    project = harness.on_raw_tables(tmp_path_factory.mktemp(without), tables, as_of=AS_OF, landing_pages=True)
    project.build(*harness.NO_UNIT_TESTS)
    built = {row["utm_campaign"]: row for row in project.sql(HYGIENE) if row["month_start"] == MARCH}
    assert {name: built[name]["finding"] if name in built else None for name in findings} == findings
    measure = {"visits": "tagged_visits", "spend": "spend", "clicks": "tagged_clicks"}[without]
    assert {row[measure] for row in built.values()} == {None}

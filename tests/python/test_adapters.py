"""The adapters of loaders' tables: what each makes of rows made up for it and of real samples, and what it says of
tables that it is not for."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import adapter_calls
import harness
import jinja2
import pytest
import yaml
from adapter_calls import CALLS, Adapters, Call

# Which columns of a raw table are compared: all are there, by test_columns_are_the_contract's.
SHOWN = {
    "reports": "date_day account_id campaign_id ad_group_id ad_id segment conversion_type impressions clicks "
               "link_clicks spend currency conversions conversion_value view_through_conversions",
    "campaigns": "campaign_id platform campaign_name objective",
    "ads": "ad_id platform ad_name ad_group_id ad_group_name campaign_id landing_page",
    "visits": "visit_id visited_at user_id utm_source utm_medium utm_campaign utm_id landing_url",
    "conversions": "conversion_id converted_at conversion_type user_id value currency order_id adjusts_conversion_id "
                   "adjustment_type",
    "visits_and_conversions": "ad_funnel_raw_table visit_id visited_at conversion_id converted_at user_id utm_source "
                              "value platform",
    "impressions": "impression_id impression_at ad_id platform campaign_id user_id cost currency",
    "clicks": "click_id clicked_at platform impression_id ad_id campaign_id user_id cost landing_url",
}

# Of each call over made-up rows (adapter_calls.py), by hand: a dash is NULL.
EXPECTED = {
    "reports_from_fivetran_ad_reporting": [
        "2026-01-01|1|-|-|-|-|-|100|10|-|12.34|EUR|-|-|-",
        "2026-01-01|1|11|-|-|-|-|90|9|-|11.11|EUR|1.5|20|-",
        "2026-01-01|1|11|21|31|-|-|80|8|-|10.10|EUR|-|-|-",
        "2026-01-02|1|11|-|-|-|-|1|1|-|0.1|EUR|-|-|-",
    ],
    "campaigns_from_fivetran_ad_reporting": [
        "11|google_ads|new|-",
    ],
    "ads_from_fivetran_ad_reporting": [
        "31|google_ads|ad|21|group|11|-",
    ],
    "reports_from_fivetran_google_ads": [
        "2026-01-01|1|11|-|-|DESKTOP / SEARCH|-|50|5|-|0.000001000|USD|-|-|-",
        "2026-01-01|1|11|-|-|MOBILE / SEARCH|-|100|10|-|231.330000000|USD|4.416667|100.5|2",
        "2026-01-01|1|11|21|31|-|-|80|8|-|200.000000000|USD|-|-|-",
        "2026-01-02|2|12|-|-|MOBILE / SEARCH|-|7|-|-|many|CHF|-|-|-",
    ],
    "campaigns_from_fivetran_google_ads": [
        "11|google_ads|new|-",
    ],
    "ads_from_fivetran_google_ads": [
        "31|google_ads|ad|21|group|11|https://shop.example/a",
    ],
    "reports_from_google_ads_api": [
        "2026-01-01|1|11|-|-|MOBILE|-|100|10|-|1.500000000|USD|0.5|-|-",
    ],
    "reports_from_google_ads_api_in_camel_case": [
        "2026-01-01|1|11|-|-|-|-|100|10|-|1.500000000|-|-|-|-",
    ],
    "campaigns_from_google_ads_api": [
        "11|google_ads|new|-",
    ],
    "ads_from_google_ads_api": [
        "31|google_ads|ad|21|-|11|-",
    ],
    "reports_from_fivetran_meta": [
        "2026-01-01|1|11|21|31|-|-|100|10|3|12.34|PEN|-|-|-",
        "2026-01-01|1|11|21|31|-|purchase|-|-|-|-|PEN|2|20.5|1",
        "2026-01-02|1|-|-|32|-|-|50|2|1|1.00|PEN|-|-|-",
        "2026-01-03|1|11|21|31|-|purchase|-|-|-|-|PEN|-|-|1",
        "2026-01-04|1|11|21|31|-|purchase|-|-|-|-|PEN|-|9|-",
    ],
    "campaigns_from_fivetran_meta": [
        "11|meta_ads|spring|SALES",
    ],
    "ads_from_fivetran_meta": [
        "31|meta_ads|new|21|set|11|-",
    ],
    "reports_from_meta_insights": [
        "2026-01-01|1|11|21|31|-|-|100|10|3|12.34|EUR|-|-|-",
        "2026-01-01|1|11|21|31|-|purchase|-|-|-|-|EUR|2|20.50|1",
        "2026-01-02|1|11|-|-|-|-|1|-|-|0.01|-|-|-|-",
        "2026-01-02|1|11|-|-|-|purchase|-|-|-|-|-|4|-|-",
        "2026-01-03|1|12|-|-|-|-|1|-|-|0|-|-|-|-",
        "2026-01-03|1|12|-|-|-|purchase|-|-|-|-|-|-|-|1",
        "2026-01-04|1|12|-|-|-|-|1|-|-|0|-|-|-|-",
    ],
    "campaigns_from_meta_insights": [
        "11|meta_ads|summer|-",
        "12|meta_ads|-|-",
    ],
    "ads_from_meta_insights": [
        "31|meta_ads|ad|21|-|11|-",
    ],
    "reports_from_fivetran_microsoft": [
        "2026-01-01|1|11|-|-|PC / Bing|-|100|10|-|12.34|USD|2.5|40|-",
        "2026-01-01|1|11|-|-|Phone / Bing|-|1|0|-|0|USD|0|-|-",
    ],
    "campaigns_from_fivetran_microsoft": [
        "11|microsoft_ads|spring|Search",
    ],
    "ads_from_fivetran_microsoft": [
        "31|microsoft_ads|ad|21|group|11|https://shop.example/a",
    ],
    "reports_from_fivetran_linkedin": [
        "2026-01-01|-|-|29|-|-|-|1|1|1|1|-|0|-|0",
        "2026-01-01|1|11|21|-|-|-|100|10|4|12.34|USD|3|-|2",
        "2026-01-01|1|11|21|31|-|-|60|6|-|7.00|USD|-|-|-",
        "2026-01-02|1|11|21|-|-|-|-|3|-|0|USD|1|-|-",
    ],
    "campaigns_from_fivetran_linkedin": [
        "11|linkedin_ads|spring|-",
    ],
    "ads_from_fivetran_linkedin": [
        "31|linkedin_ads|-|21|new|11|https://shop.example/a",
    ],
    "reports_from_fivetran_tiktok": [
        "2026-01-01 5:00:00|1|11|-|-|2026-01-01 5:00:00|-|100|10|-|12.34|USD|2|30.5|-",
        "2026-01-01 6:00:00|1|11|-|-|2026-01-01 6:00:00|-|1|0|-|0.01|USD|0|-|-",
        "2026-01-01|1|11|21|31|-|-|60|6|-|7.00|USD|-|-|-",
    ],
    "campaigns_from_fivetran_tiktok": [
        "11|tiktok_ads|spring|-",
    ],
    "ads_from_fivetran_tiktok": [
        "31|tiktok_ads|ad|21|group|11|-",
    ],
    "visits_and_conversions_from_ga4_bigquery": [
        "conversions|-|-|purchase.T1|2023-11-14 22:13:40.000001|u2|-|19.99|-",
        "conversions|-|-|purchase.u1.1700000030000001|2023-11-14 22:13:50.000001|u1|-|5|-",
        "visits|u1.7|2023-11-14 22:13:20.000001|-|-|u1|google|-|-",
        "visits|u2.7|2023-11-14 22:13:30.000001|-|-|u2|news|-|-",
        "visits|u2.8|2023-11-14 22:13:40.000001|-|-|u2|-|-|-",
        "visits|u4.9|2023-11-14 22:14:10.000001|-|-|u4|earlier|-|-",
        "visits|u5.9|2023-11-14 22:14:20.000001|-|-|u5|google|-|-",
        "visits|u6.9|2023-11-14 22:14:30.000001|-|-|u6|letter|-|-",
        "visits|u7.9|2023-11-14 22:14:40.000001|-|-|u7|earlier|-|-",
    ],
    "visits_and_conversions_from_fivetran_ga4": [
        "conversions|-|-|purchase.T1|2026-01-01 10:05:00|u1|-|29.99|-",
        "visits|u1.7|2026-01-01 10:00:00|-|-|u1|news|-|-",
        "visits|u4.9|2026-01-01 11:00:00|-|-|u4|-|-|-",
        "visits|u6.9|2026-01-01 11:00:00|-|-|u6|letter|-|-",
    ],
    "visits_from_ga4_bigquery": [
        "u1.7|2023-11-14 22:13:20.000001|u1|google|-|-|-|https://shop.example/?gclid=x",
        "u2.7|2023-11-14 22:13:30.000001|u2|news|email|c1|-|-",
        "u2.8|2023-11-14 22:13:40.000001|u2|-|-|-|-|-",
        "u4.9|2023-11-14 22:14:10.000001|u4|earlier|-|c2|11|-",
        "u5.9|2023-11-14 22:14:20.000001|u5|google|-|-|11|-",
        "u6.9|2023-11-14 22:14:30.000001|u6|letter|-|-|-|-",
        "u7.9|2023-11-14 22:14:40.000001|u7|earlier|-|c2|12|-",
    ],
    "conversions_from_ga4_bigquery": [
        "purchase.T1|2023-11-14 22:13:40.000001|purchase|u2|19.99|EUR|T1|-|-",
        "purchase.u1.1700000030000001|2023-11-14 22:13:50.000001|purchase|u1|5|EUR|-|-|-",
    ],
    "visits_from_fivetran_ga4": [
        "u1.7|2026-01-01 10:00:00|u1|news|-|c1|-|https://a/",
        "u4.9|2026-01-01 11:00:00|u4|-|-|earlier|11|-",
        "u6.9|2026-01-01 11:00:00|u6|letter|-|-|-|-",
    ],
    "conversions_from_fivetran_ga4": [
        "purchase.T1|2026-01-01 10:05:00|purchase|u1|29.99|USD|T1|-|-",
    ],
    "visits_from_snowplow_events": [
        "s1|2026-01-01 10:00:00|u1|news|-|-|-|https://a/",
    ],
    "conversions_from_snowplow_events": [
        "e3|2026-01-01 10:02:00|sign_up|u1|2.5|-|-|-|-",
        "e4|2026-01-01 10:03:00|transaction|u1|19.99|EUR|T1|-|-",
    ],
    "impressions_from_snowplow_events": [
        "i1|2026-01-01 10:00:00|31|snowplow|11|u1|0.005500000|EUR",
        "i2|2026-01-01 10:01:00|31|snowplow|11|u1|-|EUR",
    ],
    "clicks_from_snowplow_events": [
        "c1|2026-01-01 10:01:00|snowplow|i2|-|11|u1|0.4|-",
        "c2|2026-01-01 10:02:00|snowplow|i1|-|11|u1|-|-",
    ],
    "visits_from_segment": [
        "u1.1767261600000000|2026-01-01 10:00:00|u1|news|-|c1|-|https://a/",
        "u1.1767265200000000|2026-01-01 11:00:00|u1|-|-|-|-|https://c/",
        "u2.1767261600000000|2026-01-01 10:00:00|u2|mail|-|-|7|https://d/",
    ],
    "conversions_from_segment": [
        "o1|2026-01-01 10:00:00|purchase|u1|19.99|EUR|T1|-|-",
    ],
    "conversions_from_shopify_orders": [
        "1|2026-01-01 00:00:00|purchase|c1|100.01|USD|1|-|-",
        "2|2026-01-01 00:00:00|purchase|c2|11.98|GBP|2|-|-",
        "refund.t2|2026-01-02 00:00:00|purchase|c1|70.000000000|USD|1|1|restate",
        "refund.t3|2026-01-03 00:00:00|purchase|c1|50.000000000|USD|1|1|restate",
        "refund.t6|2026-01-03 00:00:00|purchase|-|-|-|9|9|restate",
    ],
    "conversions_from_hubspot": [
        "deal.1|2026-01-02 00:00:00|deal_won|c1|100.50|USD|-|-|-",
        "deal.4|2026-01-03 00:00:00|deal_won|-|-|USD|-|-|-",
        "form.f1|2026-01-01 00:00:00|form_submission|c1|-|-|-|-|-",
    ],
    "conversions_from_appsflyer": [
        "af_purchase.a1.2026-01-02 10:00:00|2026-01-02 10:00:00|af_purchase|a1|19.99|EUR|-|-|-",
        "install.a1.2026-01-01 10:00:00|2026-01-01 10:00:00|install|a1|-|-|-|-|-",
    ],
    "clicks_from_appsflyer": [
        "tiktok.31.192.0.2.2.2026-01-01 09:00:00|2026-01-01 09:00:00|tiktok|-|31|11|-|-|-",
        "tiktok.31.d1.2026-01-01 09:00:00|2026-01-01 09:00:00|tiktok|-|31|11|d1|0.25|-",
    ],
    "impressions_from_cm360": [
        "i1|2023-11-14 22:13:20.000001|31|cm360|11|-|0.005500000|USD",
    ],
    "clicks_from_cm360": [
        "i1.1700000001000000|2023-11-14 22:13:21|cm360|i1|31|11|u1|-|-",
    ],
    "conversions_from_cm360": [
        "7.u1.1700000002000000.T1|2023-11-14 22:13:22|activity_7|u1|19.99|-|T1|-|-",
    ],
    "impressions_from_ipinyou": [
        "b1:31|2013-10-21 11:23:00.738000|31|ipinyou|2821|u1|0.002010000|CNY",
        "b2:31|2013-10-21 11:23:01|31|ipinyou|2821|-|-|CNY",
    ],
    "clicks_from_ipinyou": [
        "b1:31|2013-10-21 11:23:00.738000|ipinyou|b1:31|31|2821|u1|-|-",
        "b2:31|2013-10-21 11:23:01|ipinyou|b2:31|31|2821|-|-|-",
    ],
}

has_samples = pytest.mark.skipif(not adapter_calls.SAMPLES.is_dir(), reason="the samples are not there")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Adapters, harness.Outcome]:
    """Every call over its tables; then again over an empty table, over one without a column that it needs, over one
    that has this under another name, and over a stranger's."""
    adapters = adapter_calls.project(tmp_path_factory.mktemp("adapters"))
    project = adapters.project
    faulty: list[str] = []
    for call in CALLS:
        argument, table = next(iter(call.tables.items()))
        for fault, columns in (
            ("empty", "* from raw.{table} limit 0"), ("missing", '* exclude "{column}" from raw.{table}'),
            ("renamed", '* rename ("{column}" as "its other name") from raw.{table}'), ("stranger", None),
        ):
            if columns is not None:
                faulty.append(f"{call.model}_{fault}")
                select = columns.format(table=table, column=call.column)
                project.execute(f'create view raw."{faulty[-1]}" as select {select}')
            instead = {argument: "stranger" if columns is None else faulty[-1]}
            project.write(f"models/faulty/{call.model}_on_{fault}.sql", call.sql(**instead))
    adapter_calls.write_sources(project, adapters.tables + faulty)
    outcome = project.dbt("run", "--select", "path:models/adapters", "path:models/faulty")
    return adapters, outcome


def raw_table(call: Call) -> str:
    return call.macro.split("_from_")[0]


def rows_of(built: tuple[Adapters, harness.Outcome], model: str, columns: str = "*") -> list[dict[str, Any]]:
    assert built[1].statuses.get(model) == "success", built[1].text
    return built[0].project.sql(f"select {columns} from main.{model}")



@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.model.removeprefix("made_"))
def test_rows(built: tuple, call: Call) -> None:
    rows = rows_of(built, call.model, ", ".join(SHOWN[raw_table(call)].split()))
    written = sorted("|".join("-" if value is None else str(value) for value in row.values()) for row in rows)
    assert written == EXPECTED[call.model.removeprefix("made_")]


def test_columns_are_the_contracts(built: tuple) -> None:
    """In its order, so that `union all` works; all text, but for the times of events."""
    adapters, _ = built
    contract = jinja2_call("staging/raw_contract.sql", "raw_contract")
    contract["reports"] = dict.fromkeys(adapter_calls.REPORTS, "text")
    contract["visits_and_conversions"] = {
        "ad_funnel_raw_table": "text", **contract["visits"], **contract["conversions"]}
    for call in adapters.calls:
        columns = {row["column_name"].lower(): row["column_type"]
                   for row in adapters.project.sql(f"describe main.{call.model}")}
        table = raw_table(call)
        assert list(columns) == list(contract[table]), call.model
        times = {name for name, kind in contract[table].items()
                 if kind.startswith("time") and name != "loaded_at" and table not in ("campaigns", "ads")}
        assert {name for name, type_ in columns.items() if type_ != "VARCHAR"} == times, call.model


@pytest.mark.parametrize("table", adapter_calls.UNIONS)
def test_union_of_all(built: tuple, table: str) -> None:
    """Of any adapters: their columns have the same order and types."""
    models = [call.model for call in CALLS if raw_table(call) == table]
    parts = " union all ".join(f"select * from main.{model}" for model in models)
    project = built[0].project
    assert rows_of(built, f"all_{table}", "count(*) as rows") == project.sql(f"select count(*) as rows from ({parts})")
    assert project.sql(f"select * from main.all_{table} except all ({parts})") == []


def jinja2_call(file: str, macro: str) -> Any:
    """What a macro of the package returns that needs nothing of dbt."""
    returned = []
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    text = (harness.REPO / "macros" / file).read_text()
    getattr(environment.from_string(text, {"return": returned.append}).module, macro)()
    return returned[0]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.model.removeprefix("made_"))
def test_wrong_tables(built: tuple, call: Call) -> None:
    """An empty table has no rows, and no error; a missing or renamed column and a stranger's table are named, with what
    is there and the cure, before SQL runs."""
    adapters, outcome = built
    rows = rows_of(built, f"{call.model}_on_empty")
    fills_alone = len(call.tables) == 1
    assert not rows or not fills_alone
    macro = call.macro.replace("visits_and_conversions", "visits")  # the one of the two that looks first
    argument, table = next(iter(call.tables.items()))
    for fault in ("missing", "renamed"):
        assert outcome.statuses[f"{call.model}_on_{fault}"] == "error"
        needed = re.sub("[^a-z0-9]", "", call.column.lower())
        said = [line for line in outcome.text.splitlines() if f'"{call.model}_{fault}"' in line]
        assert said, f"nothing is said of {call.model}_{fault}"
        assert f"The adapter {macro} reads " in said[0] and "It has " in said[0] and "Cure: " in said[0]
        named = said[0].split(", which has no column ")[1].split(". It has ")[0]
        assert needed in {re.sub("[^a-z0-9]", "", name) for name in re.split(" or ", named)}
        assert ("its other name" in said[0]) == (fault == "renamed")
    assert outcome.statuses[f"{call.model}_on_stranger"] == "error"
    assert f"The adapter {macro} reads {argument_name(call, argument)} from" in outcome.text
    assert "It has contact_id, colour." in outcome.text


def argument_name(call: Call, argument: str) -> str:
    """As the loader calls the table."""
    return {"actions": "basic_ad_actions", "action_values": "basic_ad_action_values"}.get(argument, argument)


def test_no_table_at_all(built: tuple) -> None:
    """Seen at parse, since it needs no database."""
    project = built[0].project
    project.write("macros/given_nothing.sql", "{% macro given_nothing() %}"
                  "{{ ad_funnel.reports_from_fivetran_google_ads() }}{% endmacro %}")
    outcome = project.dbt("run-operation", "given_nothing")
    assert not outcome
    assert "The adapter reports_from_fivetran_google_ads was given no table. Cure: pass one or more of " \
           "account_stats, campaign_stats, ad_group_stats, ad_stats." in outcome.text


def test_adapters_are_shown(built: tuple, capfd: pytest.CaptureFixture) -> None:
    """Every macro of an adapter is in the list, and what is printed of one is a start."""
    project = built[0].project
    project.dbt("run-operation", "ad_funnel.show_adapter")
    listed = capfd.readouterr().out
    for call in CALLS:
        [line] = [line for line in listed.splitlines() if line.strip().startswith(f"{call.adapter}: ")]
        assert raw_table(call) in line.split(": ")[1].split(", ")
    project.dbt("run-operation", "ad_funnel.show_adapter", "--args", "{name: fivetran_google_ads, schema: google_ads}")
    printed = capfd.readouterr().out
    assert "      reads campaign_stats, ad_stats, account_history, campaign_history, ad_history, ad_group_history" \
        in listed.splitlines()
    for line in ("    schema: google_ads", "      - name: 'campaign_stats'",
                 "{{ ad_funnel.reports_from_fivetran_google_ads(",
                 "    campaign_stats=source('fivetran_google_ads', 'campaign_stats'),",
                 "  ad_funnel__reports: \"{{ ref('reports_of_fivetran_google_ads') }}\""):
        assert line in printed.splitlines(), printed
    outcome = project.dbt("run-operation", "ad_funnel.show_adapter", "--args", "{name: fivetran_myspace}")
    assert not outcome and "There is no adapter fivetran_myspace. Cure: name one of " in outcome.text


def test_what_is_printed_can_be_pasted(built: tuple, tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    """For each adapter, into the files that it names, in a new project: that is then parsed. GA4's is one model for
    two raw tables."""
    project, names = harness.consumer(tmp_path, {}), sorted({call.adapter for call in CALLS})
    files, variables = {}, {}
    for name in names:
        capfd.readouterr()
        assert built[0].project.dbt("run-operation", "ad_funnel.show_adapter", "--args", f"{{name: {name}}}")
        parts = re.split(r"^(?:--|#) ((?:models/)?\w+\.\w+)$", capfd.readouterr().out, flags=re.MULTILINE)
        for file, text in zip(parts[1::2], parts[2::2]):
            if file == "dbt_project.yml":
                variables[name] = yaml.safe_load(text)["vars"]
            else:
                files[file] = text
    assert len([file for file in files if file.endswith(".yml")]) == len(names) == len(variables)
    for file, text in files.items():
        project.write(file, text)
    models = {Path(file).stem for file in files if file.endswith(".sql")}
    assert {name for given in variables.values() for reference in given.values()
            for name in re.findall(r"ref\('(\w+)'\)", reference)} == models
    of_both = "{{ ref('visits_and_conversions_of_ga4_bigquery') }}"
    assert variables["ga4_bigquery"] == {"ad_funnel__visits": of_both, "ad_funnel__conversions": of_both}
    outcome = project.dbt("parse")
    assert outcome, outcome.text


def test_each_adapter_is_listed_tested_and_described() -> None:
    """A macro for each raw table of the list, and no other; each with a call here, and a comment at the head of its
    file."""
    listed = {f"{table}_from_{name}": about for name, gives in jinja2_call("adapters/registry.sql", "adapters").items()
              for table, about in gives.items()}
    written = {}
    for file in (harness.REPO / "macros" / "adapters").glob("*.sql"):
        text = file.read_text()
        for macro, arguments in re.findall(r"macro (\w+_from_\w+)\(([^)]*)\)", text):
            written[macro] = re.findall(r"(\w+)=?", arguments)
            assert macro.split("_from_")[1] == file.stem
            for words in ("**Reads**", "**Restated**", "**Leaves out**"):
                assert words in text.split("-#}")[0], f"{file.name}: {words}"
    assert set(listed) == set(written) == {call.macro for call in CALLS}
    for macro, about in listed.items():
        asked = [*about["tables"], *re.findall(r"(\w+)=", about.get("also", ""))]
        assert set(asked) <= set(written[macro]), macro


def test_no_breakdown_is_read_beside_the_basic_report() -> None:
    """Those of keywords, search terms, people, places and hours repeat the money of the reports that are read. (TikTok's
    has hours, and there is no other.)"""
    breakdowns = re.compile("keyword|search|query|country|region|geo|city|_age|gender|demographic|hour|placement|product")
    found = {(name, table) for name, gives in jinja2_call("adapters/registry.sql", "adapters").items()
             for about in gives.values() for pair in about["tables"].items() for table in pair if breakdowns.search(table)}
    assert found == {("fivetran_tiktok", "campaign_report_hourly"), ("fivetran_tiktok", "ad_report_hourly")}


# --------------------------------------------------------------------------------------------------------- samples

# Worked out apart (design/REPORTS.md, Checks): impressions, clicks, spend, conversions.
TOTALS = {
    "google": (1_056_551, 10_642, "5020.503323", "190.483334"),
    "google_ad_groups": (4_483, 620, "3156.84", "14.483334"),
    "google_ads_of_ads": (10, 0, "0", None), "microsoft": (7_569, 592, "946.34", "2"),
    "microsoft_both": (8_429, 620, "1154.70", "4"), "meta": (37_275, 149, "643.63", "17"),
    "d2c": (202_046, 2_008, "653.65", "44"), "linkedin": (1_359, 919, "530.62", "0"),
    "tiktok": (34_470, 244, "444.792", "2"),
}


@has_samples
@pytest.mark.parametrize("model", TOTALS)
def test_totals_of_samples(built: tuple, model: str) -> None:
    """Money is exact. Each line has a key of its own, so that none replaces another."""
    [row] = rows_of(built, model, """
        sum(impressions::bigint) as impressions, sum(clicks::bigint) as clicks, sum(spend::decimal(28, 9)) as spend,
        sum(conversions::decimal(28, 9)) as conversions, count(*) as lines,
        count(distinct (date_day, platform, account_id, campaign_id, ad_group_id, ad_id, segment, conversion_type,
            currency)) as keys
    """)
    impressions, clicks, spend, conversions = TOTALS[model]
    assert (row["impressions"], row["clicks"], row["spend"]) == (impressions, clicks, Decimal(spend))
    assert row["conversions"] == (None if conversions is None else Decimal(conversions))
    assert row["lines"] == row["keys"]


def sums(built: tuple, model: str, key: str, measure: str, where: str = "true") -> dict:
    rows = built[0].project.sql(
        f"select {key} as key, sum({measure}::decimal(28, 9)) as total from main.{model} where {where} group by all")
    return {row["key"]: row["total"] for row in rows}


@has_samples
def test_parts_of_samples(built: tuple) -> None:
    months = sums(built, "google_ad_groups", "left(date_day, 7)", "conversions")
    assert (months["2021-03"], months["2021-04"]) == (Decimal("4.416667"), Decimal("5.066667"))
    levels = sums(built, "google", "(campaign_id is null, ad_group_id is null)", "spend")
    assert set(levels.values()) == {Decimal("1632.333323"), Decimal("231.33"), Decimal("3156.84")}
    assert set(sums(built, "microsoft", "campaign_id", "spend").values()) \
        == {Decimal("318.08"), Decimal("34.35"), Decimal("593.91")}
    assert sums(built, "microsoft", "left(date_day, 7)", "spend")["2019-05"] == Decimal("472.25")
    ads = sums(built, "meta", "ad_id", "spend", "spend is not null")
    assert sorted(ads.values()) == [Decimal("76.53"), Decimal("144"), Decimal("159.33"), Decimal("263.77")]
    assert sums(built, "meta", "platform", "view_through_conversions") == {"meta_ads": Decimal(2)}
    assert sums(built, "linkedin", "impressions is null", "1") == {True: Decimal(9), False: Decimal(11)}
    assert sums(built, "tiktok", "left(date_day, 10)", "1") == {"2021-09-15": Decimal(4)}
    assert sums(built, "d2c", "campaign_id", "spend") == {
        "mc_001": Decimal("375.63"), "mc_002": Decimal("183.72"), "mc_003": Decimal("94.30")}
    assert sums(built, "d2c", "campaign_id", "conversion_value") == {
        "mc_001": Decimal("913.11"), "mc_002": Decimal("1455.75"), "mc_003": Decimal("153.70")}


@has_samples
def test_shops(built: tuple) -> None:
    """Two currencies are two; what is left of refunded orders restates them."""
    assert sums(built, "shopify", "currency", "value") == {"USD": Decimal("615.03"), "GBP": Decimal("11.98")}
    assert sums(built, "d2c_shop", "adjustment_type", "value") == {None: Decimal(1426), "restate": Decimal("143.5")}


@has_samples
def test_logs_of_bids(built: tuple) -> None:
    """Times of Shanghai become UTC; the price of a thousand, that of one."""
    [row] = rows_of(built, "ipinyou_impressions", """
        count(*) as lines, count(distinct impression_id) as impressions, min(impression_at)::varchar as first,
        sum(cost::decimal(28, 9)) as cost
    """)
    assert (row["lines"], row["impressions"], row["first"]) == (4_000, 3_988, "2013-10-21 10:29:02.623")
    [raw] = built[0].project.sql("select sum(column20::bigint) as price from raw.ipinyou_imp")
    assert row["cost"] * 100_000 == raw["price"] > 0
    [row] = rows_of(built, "ipinyou_clicks", "count(*) as lines, count(clicked_at) as times")
    assert (row["lines"], row["times"]) == (240, 240)


@has_samples
def test_deals(built: tuple) -> None:
    """None of the sample's 44 deals is in a stage, or has an amount."""
    assert rows_of(built, "hubspot") == []


@has_samples
@pytest.mark.parametrize("model", ["ga4_visits", "ga4_text_visits"])
def test_sessions_of_analytics(built: tuple, model: str) -> None:
    """Of nested columns and of JSON alike, 44 sessions without session_start among them. 67 have a source, nine of them
    `(direct)`, which is none to the package."""
    [row] = rows_of(built, model, """
        count(*) as visits, count(distinct user_id) as users, count(coalesce(utm_source, utm_medium)) as sources,
        min(visited_at)::varchar as first, max(visited_at)::varchar as last, count(landing_url) as pages
    """)
    assert (row["visits"], row["users"], row["pages"]) == (130, 114, 130)
    assert row["sources"] == 67 - 9
    assert (row["first"], row["last"]) == ("2020-11-01 00:54:33.036492", "2021-01-31 05:05:10.766593")


def sessions_of_the_sample() -> dict[str, list[dict[str, Any]]]:
    """By user and session id; of each event its time, name and the tags of its parameters."""
    nothing = {None, "", "(not set)", "(direct)", "(none)", "(organic)", "(referral)"}
    found: dict[str, list[dict[str, Any]]] = {}
    for line in (adapter_calls.SAMPLES / "ga4_bigquery" / "events_lite.ndjson").read_text().splitlines():
        event = json.loads(line)
        values = {parameter["key"]: next((value for value in parameter["value"].values() if value is not None), None)
                  for parameter in event["event_params"]}
        found.setdefault(f"{event['user_pseudo_id']}.{values['ga_session_id']}", []).append({
            "user": event["user_pseudo_id"], "at": event["event_timestamp"], "name": event["event_name"],
            "first_ever": event["traffic_source"]["source"],
            "tags": [None if values.get(tag) in nothing else values[tag] for tag in ("source", "medium", "campaign")],
        })
    return found


@has_samples
def test_each_session_has_the_source_of_its_own_first_event_that_has_one(built: tuple) -> None:
    """By user and session id, the 44 without a session_start among them; never of where the user came from first."""
    sessions = sessions_of_the_sample()
    assert len(sessions) == 130
    assert sum(all(event["name"] != "session_start" for event in events) for events in sessions.values()) == 44
    expected, of_users = {}, {}
    for session, events in sessions.items():
        events.sort(key=lambda event: (event["at"], [tag or chr(0x10FFFF) for tag in event["tags"]]))
        source = next((event for event in events if any(event["tags"])), events[0])
        expected[session] = (events[0]["user"], events[0]["at"], *source["tags"])
        of_users[session] = source["first_ever"]
    rows = rows_of(built, "ga4_visits", """
        visit_id, user_id, epoch_us(visited_at) as at, utm_source, utm_medium, utm_campaign
    """)
    assert {row.pop("visit_id"): tuple(row.values()) for row in rows} == expected
    assert sum(expected[session][2] != source for session, source in of_users.items()) > 50  # it can be told apart


@has_samples
def test_visits_of_flat_tables(built: tuple) -> None:
    """Fivetran's GA4 has two events of one session; its purchase is in US dollars. Segment has one page view."""
    visits = rows_of(built, "ga4_flat_visits", "visit_id, utm_source, utm_medium, utm_campaign")
    assert sorted((row["visit_id"], row["utm_source"], row["utm_medium"], row["utm_campaign"]) for row in visits) == [
        ("pseudo_123.session_123", None, "organic", "campaign_1"), ("pseudo_123.session_124", "source1", "organic",
                                                                    "campaign_1"),
        ("pseudo_124.session_125", None, "email", "campaign_1"),
        ("pseudo_456.session_456", "source1", "paid_search", "campaign_2"),
        ("pseudo_789.session_789", "source2", "social", None),
    ]
    assert rows_of(built, "ga4_flat_purchases", "user_id, value, currency, order_id") == [
        {"user_id": "pseudo_123", "value": "29.99", "currency": "USD", "order_id": "txn_123"}]
    assert rows_of(built, "segment_visits", "user_id, utm_source, utm_campaign") == [
        {"user_id": "507f191e810c19729de860ea", "utm_source": "facebook", "utm_campaign": "autumn_collection_2015"}]


@has_samples
def test_nested_columns_and_json_are_read_alike(built: tuple) -> None:
    project = built[0].project
    for one, other in (("ga4_visits", "ga4_text_visits"), ("ga4_conversions", "ga4_text_conversions")):
        assert project.sql(f"select * from main.{one} except all select * from main.{other}") == []
        assert rows_of(built, one, "count(*) as rows") == rows_of(built, other, "count(*) as rows")


@has_samples
def test_visits_of_snowplow(built: tuple) -> None:
    """The text NULL is nothing."""
    rows = rows_of(built, "snowplow_visits", "user_id, utm_source, utm_medium, utm_campaign")
    assert len({row.pop("user_id") for row in rows}) == len(rows) == 3
    assert [tuple(row.values()) for row in rows if any(row.values())] == [("facebook", "social", "campaign_1")]

"""A project with one model for each call of an adapter: over made-up rows, which are here, and over real samples of
loaders' tables, which are not part of this repository. test_adapters.py builds it on DuckDB, tests/engines on others.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import harness
import yaml

SAMPLES = harness.SHARED_DATA / "reports"

REPORTS = (
    "date_day", "last_day", "platform", "account_id", "campaign_id", "ad_group_id", "ad_id", "segment",
    "conversion_type", "impressions", "clicks", "link_clicks", "spend", "currency", "conversions", "conversion_value",
    "view_through_conversions", "view_through_value", "time_zone", "attribution_window", "loaded_at", "partition_day",
)


@dataclass
class Call:
    """Of one adapter. `tables`: argument -> raw table; `column`: one that the first of these must have."""

    macro: str
    tables: dict[str, str]
    column: str
    also: str = ""
    name: str = ""

    @property
    def adapter(self) -> str:
        return self.macro.split("_from_")[1]

    @property
    def model(self) -> str:
        return self.name or f"made_{self.macro}"

    def sql(self, **instead: str) -> str:
        """The call, with other raw tables for some arguments."""
        arguments = [f"{name}=source('raw', '{table}')" for name, table in {**self.tables, **instead}.items()]
        return f"{{{{ ad_funnel.{self.macro}({', '.join(arguments + [self.also] * bool(self.also))}) }}}}"


# ---------------------------------------------------------------------------------------------------- made-up rows

def rows(columns: str, *lines: str) -> list[dict[str, Any]]:
    """`-` is NULL."""
    names = columns.split()
    made = [dict(zip(names, (None if value == "-" else value for value in line.split(" ")), strict=True))
            for line in lines]
    return made or [dict.fromkeys(names)]


PARAMETERS = '{{"key": "{}", "value": {{"string_value": {}, "int_value": {}, "double_value": null}}}}'


def parameters(**values: str | int | None) -> str:
    listed = []
    for key, value in values.items():
        text, number = ("null", value) if isinstance(value, int) else (f'"{value}"' if value else "null", "null")
        listed.append(PARAMETERS.format(key, text, number))
    return f"[{', '.join(listed)}]"


def ga4(name: str, second: int, user: str, params: str, source: str | None = None, order: str | None = None,
        gclid: str | None = None, session: dict[str, dict] | None = None) -> dict:
    collected = {"manual_source": source, "manual_medium": None, "gclid": gclid}
    return {
        "event_name": name, "event_timestamp": str(1_700_000_000_000_000 + second * 1_000_000 + 1),
        "user_pseudo_id": user, "event_params": params,
        "collected_traffic_source": json.dumps(collected) if source or gclid else None,
        "session_traffic_source_last_click": session and json.dumps(session),
        "ecommerce": order and f'{{"transaction_id": "{order}", "purchase_revenue": 19.99}}',
        "traffic_source": '{"source": "the_first_ever"}',
    }


OF_AN_AD = {"google_ads_campaign": {"campaign_id": "11"},
            "manual_campaign": {"source": "earlier", "campaign_name": "c2", "campaign_id": "12"}}

MADE = {
    "made_account_report": rows(
        "date_day platform account_id impressions clicks spend", "2026-01-01 google_ads 1 100 10 12.34"),
    "made_campaign_report": rows(
        "date_day platform account_id campaign_id campaign_name impressions clicks spend conversions conversions_value",
        "2026-01-01 google_ads 1 11 old 90 9 11.11 1.5 20", "2026-01-02 google_ads 1 11 new 1 1 0.1 - -"),
    "made_ad_report": rows(
        "date_day platform account_id campaign_id ad_group_id ad_group_name ad_id ad_name impressions clicks spend",
        "2026-01-01 google_ads 1 11 21 group 31 ad 80 8 10.10"),
    "made_campaign_stats": rows(
        "date customer_id id device ad_network_type impressions clicks cost_micros conversions conversions_value "
        "view_through_conversions _fivetran_synced",
        "2026-01-01 1 11 MOBILE SEARCH 100 10 231330000 4.416667 100.5 2 2026-01-02T00:00:00Z",
        "2026-01-01 1 11 DESKTOP SEARCH 50 5 1 - - - 2026-01-02T00:00:00Z",
        "2026-01-02 2 12 MOBILE SEARCH 7 - many - - - 2026-01-03T00:00:00Z"),
    "made_ad_stats": rows(
        "date customer_id campaign_id ad_group_id ad_group ad_id impressions clicks cost_micros",
        "2026-01-01 1 11 - customers/1/adGroups/21 31 80 8 200000000"),
    "made_google_accounts": rows(
        "id updated_at currency_code time_zone", "1 2026-01-01 EUR Europe/Berlin",
        "1 2026-01-05 USD America/New_York", "1 - GBP Europe/London"),
    "made_google_campaigns": rows("id updated_at name", "11 2026-01-01 old", "11 2026-02-01 new"),
    "made_google_ad_groups": rows("id updated_at campaign_id name", "21 2026-01-01 11 group"),
    "made_google_ads": rows(
        "id ad_group_id updated_at name final_urls", "31 21 2026-01-01 ad [https://shop.example/a,https://b]"),
    # Airbyte's names.
    "made_stats": rows(
        "segments.date customer.id campaign.id metrics.impressions metrics.clicks metrics.cost_micros "
        "metrics.conversions segments.device _airbyte_extracted_at",
        "2026-01-01 1 11 100 10 1500000 0.5 MOBILE 2026-01-02"),
    # Meltano's.
    "made_stats_in_camel_case": rows(
        "segments__date customer__id campaign__id metrics__impressions metrics__clicks metrics__costMicros",
        "2026-01-01 1 11 100 10 1500000"),
    "made_api_campaign": rows(
        "campaign_id campaign_name _DATA_DATE", "11 old 2026-01-01", "11 new 2026-01-02"),
    "made_api_ad": rows(
        "ad_group_ad_ad_id ad_group_ad_ad_name ad_group_id campaign_id _DATA_DATE", "31 ad 21 11 2026-01-01"),
    "made_basic_ad": rows(
        "date ad_id account_id impressions inline_link_clicks clicks spend", "2026-01-01 31 1 100 3 10 12.34",
        "2026-01-02 32 1 50 1 2 1.00"),
    "made_meta_ads": rows(
        "id updated_time campaign_id ad_set_id name", "31 2026-01-01 10 20 old", "31 2026-01-02 11 21 new"),
    "made_meta_accounts": rows("id _fivetran_synced name currency", "1 2026-01-01 mine PEN"),
    "made_ad_sets": rows("id updated_time name", "21 2026-01-01 set"),
    "made_meta_campaigns": rows("id updated_time name objective", "11 2026-01-01 spring SALES"),
    "made_actions": rows(
        "date ad_id action_type value _7_d_click _1_d_view", "2026-01-01 31 purchase 3 2 1",
        "2026-01-01 31 omni_purchase 3 2 1", "2026-01-03 31 purchase 1 - 1"),
    "made_action_values": rows(
        "date ad_id action_type value _7_d_click", "2026-01-01 31 purchase 30.5 20.5",
        "2026-01-04 31 purchase 9 9"),
    "made_insights": [
        {"date_start": "2026-01-01", "account_id": "1", "campaign_id": "11", "campaign_name": "spring",
         "adset_id": "21", "ad_id": "31", "ad_name": "ad", "impressions": "100", "clicks": "10",
         "inline_link_clicks": "3", "spend": "12.34", "account_currency": "EUR",
         "actions": '[{"action_type": "omni_purchase", "value": "9"}, '
                    '{"action_type": "purchase", "value": "3", "7d_click": "2", "1d_view": "1"}]',
         "action_values": '[{"action_type": "purchase", "value": "30.50", "7d_click": "20.50"}]'},
        {"date_start": "2026-01-02", "account_id": "1", "campaign_id": "11", "campaign_name": "summer",
         "impressions": "1", "spend": "0.01",
         "actions": '[{"action_type": "purchase", "value": "4"}]'},
        {"date_start": "2026-01-03", "account_id": "1", "campaign_id": "12", "impressions": "1", "spend": "0",
         "actions": '[{"action_type": "purchase", "value": "1", "1d_view": "1"}]'},
        {"date_start": "2026-01-04", "account_id": "1", "campaign_id": "12", "impressions": "1", "spend": "0"},
    ],
    "made_performance": rows(
        "date account_id campaign_id currency_code device_type network impressions clicks spend conversions "
        "conversions_qualified revenue", "2026-01-01 1 11 USD PC Bing 100 10 12.34 - 2.5 40",
        "2026-01-01 1 11 USD Phone Bing 1 0 0 0 1 -"),
    "made_microsoft_campaigns": rows("id modified_time name type", "11 2026-01-01 spring Search"),
    "made_microsoft_ad_groups": rows("id modified_time campaign_id name", "21 2026-01-01 11 group"),
    "made_microsoft_ads": rows(
        "id modified_time ad_group_id title_part_1 final_url", "31 2026-01-01 21 ad https://shop.example/a"),
    "made_linkedin_campaign_days": rows(
        "campaign_id day impressions clicks landing_page_clicks cost_in_local_currency external_website_conversions "
        "external_website_post_click_conversions external_website_post_view_conversions",
        "21 2026-01-01 100 10 4 12.34 5 3 2", "21 2026-01-02 - 3 - 0 1 - -", "29 2026-01-01 1 1 1 1 0 0 0"),
    "made_linkedin_creative_days": rows(
        "creative_id day impressions clicks cost_in_local_currency", "31 2026-01-01 60 6 7.00"),
    "made_linkedin_campaigns": rows(
        "id last_modified_time campaign_group_id account_id name", "21 2026-01-01 10 1 old", "21 2026-01-02 11 1 new"),
    "made_linkedin_creatives": rows(
        "id last_modified_at campaign_id click_uri", "31 2026-01-01 21 https://shop.example/a", "31 - 20 -"),
    "made_linkedin_accounts": rows("id last_modified_time currency", "1 2026-01-01 USD"),
    "made_linkedin_groups": rows("id last_modified_time name", "11 2026-01-01 spring"),
    "made_tiktok_hours": [
        {"CAMPAIGN_ID": "11", "STAT_TIME_HOUR": "2026-01-01 5:00:00", "IMPRESSIONS": "100", "CLICKS": "10",
         "SPEND": "12.34", "CONVERSION": "2", "TOTAL_PURCHASE_VALUE": "30.5"},
        {"CAMPAIGN_ID": "11", "STAT_TIME_HOUR": "2026-01-01 6:00:00", "IMPRESSIONS": "1", "CLICKS": "0",
         "SPEND": "0.01", "CONVERSION": "0"},
    ],
    "made_tiktok_days": rows(
        "ad_id stat_time_day impressions clicks spend", "31 2026-01-01 60 6 7.00"),
    "made_tiktok_campaigns": rows("campaign_id updated_at advertiser_id campaign_name", "11 2026-01-01 1 spring"),
    "made_tiktok_ads": rows(
        "ad_id updated_at advertiser_id campaign_id adgroup_id ad_name", "31 2026-01-01 1 11 21 ad"),
    "made_tiktok_groups": rows("adgroup_id updated_at adgroup_name", "21 2026-01-01 group"),
    "made_advertiser": rows("id currency timezone", "1 USD Etc/GMT+5"),
    # One session without session_start, whose source comes late; two sessions of another user, one without a source.
    "made_ga4": [
        ga4("page_view", 0, "u1", parameters(ga_session_id=7, page_location="https://shop.example/?gclid=x")),
        ga4("page_view", 5, "u1", parameters(ga_session_id=7, source="(direct)"), source="google"),
        ga4("scroll", 6, "u1", parameters(ga_session_id=7, source="later", campaign="later")),
        ga4("session_start", 10, "u2", parameters(ga_session_id=7, source="news", medium="email", campaign="c1")),
        ga4("purchase", 20, "u2", parameters(ga_session_id=8, currency="EUR"), order="T1"),
        ga4("purchase", 21, "u2", parameters(ga_session_id=8, currency="EUR"), order="T1"),
        ga4("purchase", 30, "u1", parameters(ga_session_id=7, currency="EUR", value=5), order=None),
        ga4("generate_lead", 31, "u1", parameters(ga_session_id=7)),
        ga4("page_view", 40, "u3", parameters(source="no_session")),
        # Clicks that Google Ads tagged, without and with UTM tags; a letter, after such a click; a session's own tags.
        ga4("page_view", 50, "u4", parameters(ga_session_id=9), gclid="x", session=OF_AN_AD),
        ga4("page_view", 60, "u5", parameters(ga_session_id=9), source="google", gclid="x", session=OF_AN_AD),
        ga4("page_view", 70, "u6", parameters(ga_session_id=9), source="letter", session=OF_AN_AD),
        ga4("page_view", 80, "u7", parameters(ga_session_id=9, campaign_id=8), session=OF_AN_AD | {
            "google_ads_campaign": None}),
    ],
    "made_ga4_flat": [
        {"name": "page_view", "timestamp": "2026-01-01 10:00:00", "user_pseudo_id": "u1", "param_ga_session_id": "7",
         "param_source": "(not set)", "traffic_source_source": "the_first_ever", "param_page_location": "https://a/"},
        {"name": "purchase", "timestamp": "2026-01-01 10:05:00", "user_pseudo_id": "u1", "param_ga_session_id": "7",
         "param_source": "news", "param_campaign": "c1", "ecommerce_purchase_revenue_in_usd": "29.99",
         "ecommerce_transaction_id": "T1", "param_currency": "EUR"},
        *({"name": "page_view", "timestamp": "2026-01-01 11:00:00", "user_pseudo_id": user, "param_ga_session_id": "9",
           "collected_traffic_source_manual_source": source,
           "session_traffic_source_last_click_manual_campaign_campaign_name": "earlier",
           "session_traffic_source_last_click_google_ads_campaign_campaign_id": "11"}
          for user, source in (("u4", None), ("u6", "letter"))),
    ],
    "made_snowplow": [
        {"event_id": "e1", "event": "page_view", "event_name": "page_view", "derived_tstamp": "2026-01-01 10:00:00",
         "domain_sessionid": "s1", "domain_userid": "u1", "page_url": "https://a/", "mkt_source": "NULL"},
        {"event_id": "e2", "event": "page_view", "event_name": "page_view", "derived_tstamp": "2026-01-01 10:01:00",
         "domain_sessionid": "s1", "domain_userid": "u1", "page_url": "https://b/", "mkt_source": "news"},
        {"event_id": "e3", "event": "struct", "event_name": "event", "derived_tstamp": "2026-01-01 10:02:00",
         "domain_sessionid": "s1", "domain_userid": "u1", "se_action": "sign_up", "se_value": "2.5"},
        {"event_id": "e4", "event": "transaction", "event_name": "transaction", "tr_total": "19.99",
         "derived_tstamp": "2026-01-01 10:03:00", "domain_sessionid": "NULL", "domain_userid": "u1",
         "tr_orderid": "T1", "tr_currency": "EUR"},
    ],
    "made_ad_impressions": rows(
        "root_id impression_id banner_id campaign_id cost cost_model", "e1 i1 31 11 5.5 cpm", "e2 i2 31 11 0.4 cpc"),
    "made_ad_clicks": rows(
        "root_id click_id impression_id campaign_id cost cost_model", "e2 c1 i2 11 0.4 cpc", "e3 c2 i1 11 5.5 cpm"),
    # 31 minutes between the second and the third page view of one person.
    "made_pages": rows(
        "id anonymous_id timestamp url context_campaign_source context_campaign_name context_campaign_id received_at",
        "p1 u1 2026-01-01T10:00:00Z https://a/ - - - 2026-01-01", "p2 u1 2026-01-01T10:29:00Z https://b/ news c1 - -",
        "p3 u1 2026-01-01T11:00:00Z https://c/ - - - -", "p4 u2 2026-01-01T10:00:00Z https://d/ mail - 7 -"),
    "made_order_completed": rows(
        "id anonymous_id timestamp order_id revenue currency", "o1 u1 2026-01-01T12:00:00+02:00 T1 19.99 EUR"),
    "made_orders": rows(
        "id created_at currency total_price subtotal_price customer_id test cancelled_at",
        "1 2026-01-01 USD 100.01 90 c1 FALSE -", "2 2026-01-01 GBP 11.98 11 c2 - -",
        "3 2026-01-01 USD 50 50 c3 true -", "4 2026-01-01 USD 60 60 c4 FALSE 2026-01-02"),
    "made_transactions": rows(
        "id order_id created_at amount kind status test", "t1 1 2026-01-01 100.01 sale success FALSE",
        "t2 1 2026-01-02 30.01 refund success FALSE", "t3 1 2026-01-03 20 refund success FALSE",
        "t4 1 2026-01-03 7 refund failure FALSE", "t5 4 2026-01-03 60 refund success FALSE",
        "t6 9 2026-01-03 5 refund success FALSE"),
    "made_deals": rows(
        "deal_id is_deleted deal_pipeline_stage_id property_amount property_closedate",
        "1 false won 100.50 2026-01-02", "2 false lost 7 2026-01-02", "3 true won 7 2026-01-02",
        "4 false won - 2026-01-03", "5 false - - -"),
    "made_stages": rows("stage_id closed_won", "won TRUE", "lost FALSE"),
    "made_deal_contacts": rows("deal_id contact_id", "1 c2", "1 c1", "2 c3"),
    "made_forms": rows("conversion_id contact_id timestamp", "f1 c1 2026-01-01"),
    "made_installs": [
        {"AppsFlyer ID": "a1", "Install Time": "2026-01-01 10:00:00", "Media Source": "googleadwords_int"}],
    "made_app_events": [
        {"AppsFlyer ID": "a1", "Event Time": "2026-01-02 10:00:00", "Event Name": "af_purchase",
         "Event Revenue": "19.99", "Event Revenue Currency": "EUR", "Media Source": "googleadwords_int"}],
    "made_app_clicks": [
        {"Attributed Touch Time": "2026-01-01 09:00:00", "Media Source": "tiktok", "Ad ID": "31", "Campaign ID": "11",
         "Advertising ID": "d1", "IP": "192.0.2.1", "Country Code": "DE", "Cost Value": "0.25", "Cost Currency": "USD"},
        {"Attributed Touch Time": "2026-01-01 09:00:00", "Media Source": "tiktok", "Ad ID": "31", "Campaign ID": "11",
         "Advertising ID": "", "IP": "192.0.2.2"}],
    "made_cm360_impressions": [
        {"Event Time": "1700000000000001", "User ID": "0", "Impression ID": "i1", "Ad ID": "31", "Campaign ID": "11",
         "DBM_Media_Cost_USD": "5500000"}],
    "made_cm360_clicks": [
        {"Event Time": "1700000001000000", "User ID": "u1", "Impression ID": "i1", "Ad ID": "31", "Campaign ID": "11"}],
    "made_cm360_activities": [
        {"Event Time": "1700000002000000", "User ID": "u1", "Activity ID": "7", "ORD Value": "T1",
         "Total Revenue": "19.99"}],
    "made_bids": rows(
        "column00 column01 column03 column18 column20 column22", "b1 20131021192300738 u1 31 201 2821",
        "b2 20131021192301000 null 31 Na 2821"),
    "stranger": rows("contact_id colour", "1 red"),
}

CALLS = [
    Call("reports_from_fivetran_ad_reporting", {
        "campaign_report": "made_campaign_report", "account_report": "made_account_report",
        "ad_report": "made_ad_report"}, "spend", "currency='EUR'"),
    Call("campaigns_from_fivetran_ad_reporting", {"campaign_report": "made_campaign_report"}, "campaign_name"),
    Call("ads_from_fivetran_ad_reporting", {"ad_report": "made_ad_report"}, "ad_name"),
    Call("reports_from_fivetran_google_ads", {
        "campaign_stats": "made_campaign_stats", "ad_stats": "made_ad_stats",
        "account_history": "made_google_accounts"}, "cost_micros", "currency='CHF'"),
    Call("campaigns_from_fivetran_google_ads", {"campaign_history": "made_google_campaigns"}, "name"),
    Call("ads_from_fivetran_google_ads", {
        "ad_history": "made_google_ads", "ad_group_history": "made_google_ad_groups"}, "ad_group_id"),
    Call("reports_from_google_ads_api", {"stats": "made_stats"}, "metrics.cost_micros", "currency='USD'"),
    Call("reports_from_google_ads_api", {"stats": "made_stats_in_camel_case"}, "metrics__costMicros",
         name="made_reports_from_google_ads_api_in_camel_case"),
    Call("campaigns_from_google_ads_api", {"campaign": "made_api_campaign"}, "campaign_name"),
    Call("ads_from_google_ads_api", {"ad": "made_api_ad"}, "ad_group_id"),
    Call("reports_from_fivetran_meta", {
        "basic_ad": "made_basic_ad", "ad_history": "made_meta_ads", "account_history": "made_meta_accounts",
        "actions": "made_actions", "action_values": "made_action_values"}, "spend", "conversion_types=['purchase']"),
    Call("campaigns_from_fivetran_meta", {"campaign_history": "made_meta_campaigns"}, "name"),
    Call("ads_from_fivetran_meta", {"ad_history": "made_meta_ads", "ad_set_history": "made_ad_sets"}, "ad_set_id"),
    Call("reports_from_meta_insights", {"insights": "made_insights"}, "actions", "conversion_types=['purchase']"),
    Call("campaigns_from_meta_insights", {"insights": "made_insights"}, "campaign_name"),
    Call("ads_from_meta_insights", {"insights": "made_insights"}, "campaign_id"),
    Call("reports_from_fivetran_microsoft", {"campaign_performance": "made_performance"}, "spend"),
    Call("campaigns_from_fivetran_microsoft", {"campaign_history": "made_microsoft_campaigns"}, "name"),
    Call("ads_from_fivetran_microsoft", {
        "ad_history": "made_microsoft_ads", "ad_group_history": "made_microsoft_ad_groups"}, "ad_group_id"),
    Call("reports_from_fivetran_linkedin", {
        "ad_analytics_by_campaign": "made_linkedin_campaign_days",
        "ad_analytics_by_creative": "made_linkedin_creative_days", "campaign_history": "made_linkedin_campaigns",
        "creative_history": "made_linkedin_creatives", "account_history": "made_linkedin_accounts"},
        "cost_in_local_currency"),
    Call("campaigns_from_fivetran_linkedin", {"campaign_group_history": "made_linkedin_groups"}, "name"),
    Call("ads_from_fivetran_linkedin", {
        "creative_history": "made_linkedin_creatives", "campaign_history": "made_linkedin_campaigns"}, "campaign_id"),
    Call("reports_from_fivetran_tiktok", {
        "campaign_report": "made_tiktok_hours", "ad_report": "made_tiktok_days",
        "campaign_history": "made_tiktok_campaigns", "ad_history": "made_tiktok_ads",
        "advertiser": "made_advertiser"}, "SPEND"),
    Call("campaigns_from_fivetran_tiktok", {"campaign_history": "made_tiktok_campaigns"}, "campaign_name"),
    Call("ads_from_fivetran_tiktok", {
        "ad_history": "made_tiktok_ads", "adgroup_history": "made_tiktok_groups"}, "ad_name"),
    Call("visits_and_conversions_from_ga4_bigquery", {"events": "made_ga4"}, "event_params"),
    Call("visits_from_ga4_bigquery", {"events": "made_ga4"}, "event_params"),
    Call("conversions_from_ga4_bigquery", {"events": "made_ga4"}, "event_timestamp"),
    Call("visits_and_conversions_from_fivetran_ga4", {"event": "made_ga4_flat"}, "param_ga_session_id"),
    Call("visits_from_fivetran_ga4", {"event": "made_ga4_flat"}, "param_ga_session_id"),
    Call("conversions_from_fivetran_ga4", {"event": "made_ga4_flat"}, "name"),
    Call("visits_from_snowplow_events", {"events": "made_snowplow"}, "domain_sessionid"),
    Call("conversions_from_snowplow_events", {"events": "made_snowplow"}, "event_name",
         "conversion_types=['sign_up', 'transaction']"),
    Call("impressions_from_snowplow_events", {
        "ad_impressions": "made_ad_impressions", "events": "made_snowplow"}, "banner_id", "currency='EUR'"),
    Call("clicks_from_snowplow_events", {"ad_clicks": "made_ad_clicks", "events": "made_snowplow"}, "click_id"),
    Call("visits_from_segment", {"pages": "made_pages"}, "anonymous_id"),
    Call("conversions_from_segment", {"event": "made_order_completed"}, "timestamp", "conversion_type='purchase'"),
    Call("conversions_from_shopify_orders", {"orders": "made_orders", "transactions": "made_transactions"}, "currency"),
    Call("conversions_from_hubspot", {
        "deal": "made_deals", "deal_pipeline_stage": "made_stages", "deal_contact": "made_deal_contacts",
        "contact_form_submission": "made_forms"}, "property_amount", "currency='USD'"),
    Call("conversions_from_appsflyer", {"in_app_events": "made_app_events", "installs": "made_installs"}, "Event Time"),
    Call("clicks_from_appsflyer", {"clicks": "made_app_clicks"}, "Attributed Touch Time"),
    Call("impressions_from_cm360", {"impressions": "made_cm360_impressions"}, "Impression ID",
         "cost='dbm_media_cost_usd'"),
    Call("clicks_from_cm360", {"clicks": "made_cm360_clicks"}, "Event Time"),
    Call("conversions_from_cm360", {"activities": "made_cm360_activities"}, "Activity ID"),
    Call("impressions_from_ipinyou", {"impressions": "made_bids"}, "column18"),
    Call("clicks_from_ipinyou", {"clicks": "made_bids"}, "column22"),
]

# -------------------------------------------------------------------------------------------------------- samples

GOOGLE, META, MICROSOFT = "fivetran_google_ads", "fivetran_facebook_ads", "fivetran_microsoft_ads"
LINKEDIN, TIKTOK = "fivetran_linkedin", "fivetran_tiktok_ads"

FILES = {
    "google_accounts": f"{GOOGLE}/account_history_data.csv", "google_account_stats": f"{GOOGLE}/account_stats_data.csv",
    "google_campaign_stats": f"{GOOGLE}/campaign_stats_data.csv",
    "google_ad_group_stats": f"{GOOGLE}/ad_group_stats_data.csv", "google_ad_stats": f"{GOOGLE}/ad_stats_data.csv",
    "google_campaigns": f"{GOOGLE}/campaign_history_data.csv",
    "meta_basic_ad": f"{META}/facebook_ads_basic_ad_data.csv", "meta_ads": f"{META}/facebook_ads_ad_history_data.csv",
    "meta_actions": f"{META}/facebook_ads_basic_ad_actions_data.csv",
    "d2c_insights": "d2c_data_stack/meta_ads_ad_insights.csv",
    "microsoft_campaign": f"{MICROSOFT}/microsoft_ads_campaign_performance_daily_report_data.csv",
    "microsoft_ad": f"{MICROSOFT}/microsoft_ads_ad_performance_daily_report_data.csv",
    "linkedin_campaign_days": f"{LINKEDIN}/linkedin_ad_analytics_by_campaign_data.csv",
    "linkedin_campaigns": f"{LINKEDIN}/linkedin_campaign_history_data.csv",
    "linkedin_accounts": f"{LINKEDIN}/linkedin_account_history_data.csv",
    "tiktok_hours": f"{TIKTOK}/tiktok_campaign_report_hourly_data.csv",
    "tiktok_campaigns": f"{TIKTOK}/tiktok_campaign_history_data.csv",
    "shopify_orders": "fivetran_shopify/shopify_order_data.csv",
    "d2c_orders": "d2c_data_stack/shopify_orders.csv", "d2c_refunds": "d2c_data_stack/shopify_refunds.csv",
    "snowplow": "snowplow_dbt_labs/sp_event.csv", "segment_pages": "segment_dbt_labs/example_segment_pages.csv",
    "ga4_flat": "fivetran_ga4_export/event_data.csv", "hubspot_deals": "fivetran_hubspot/deal_data.csv",
    "hubspot_stages": "fivetran_hubspot/deal_pipeline_stage_data.csv",
}

SAMPLE_CALLS = [
    Call("reports_from_fivetran_google_ads", {
        "account_stats": "google_account_stats", "campaign_stats": "google_campaign_stats",
        "ad_group_stats": "google_ad_group_stats", "account_history": "google_accounts"}, "", name="google"),
    Call("reports_from_fivetran_google_ads", {"ad_group_stats": "google_ad_group_stats"}, "", name="google_ad_groups"),
    Call("reports_from_fivetran_google_ads", {"ad_stats": "google_ad_stats"}, "", name="google_ads_of_ads"),
    Call("campaigns_from_fivetran_google_ads", {"campaign_history": "google_campaigns"}, "", name="google_names"),
    Call("reports_from_fivetran_microsoft", {"campaign_performance": "microsoft_campaign"}, "", name="microsoft"),
    Call("reports_from_fivetran_microsoft", {
        "campaign_performance": "microsoft_campaign", "ad_performance": "microsoft_ad"}, "", name="microsoft_both"),
    Call("reports_from_fivetran_meta", {
        "basic_ad": "meta_basic_ad", "ad_history": "meta_ads", "actions": "meta_actions"}, "",
        "conversion_types=['offsite_conversion.fb_pixel_lead'], currency='USD'", name="meta"),
    Call("reports_from_meta_insights", {"insights": "d2c_insights"}, "",
         "conversions='reported_conversions', conversion_value='reported_conversion_value'", name="d2c"),
    Call("reports_from_fivetran_linkedin", {
        "ad_analytics_by_campaign": "linkedin_campaign_days", "campaign_history": "linkedin_campaigns",
        "account_history": "linkedin_accounts"}, "", name="linkedin"),
    Call("reports_from_fivetran_tiktok", {
        "campaign_report": "tiktok_hours", "campaign_history": "tiktok_campaigns"}, "", name="tiktok"),
    Call("conversions_from_shopify_orders", {"orders": "shopify_orders"}, "", name="shopify"),
    Call("conversions_from_shopify_orders", {"orders": "d2c_orders", "refunds": "d2c_refunds"}, "",
         "value='subtotal_price'", name="d2c_shop"),
    Call("visits_from_snowplow_events", {"events": "snowplow"}, "", name="snowplow_visits"),
    Call("visits_from_segment", {"pages": "segment_pages"}, "", name="segment_visits"),
    Call("visits_from_fivetran_ga4", {"event": "ga4_flat"}, "", name="ga4_flat_visits"),
    Call("conversions_from_fivetran_ga4", {"event": "ga4_flat"}, "", name="ga4_flat_purchases"),
    Call("conversions_from_hubspot", {"deal": "hubspot_deals", "deal_pipeline_stage": "hubspot_stages"}, "",
         name="hubspot"),
    Call("impressions_from_ipinyou", {"impressions": "ipinyou_imp"}, "", name="ipinyou_impressions"),
    Call("clicks_from_ipinyou", {"clicks": "ipinyou_clk"}, "", name="ipinyou_clicks"),
    Call("visits_from_ga4_bigquery", {"events": "ga4_text"}, "", name="ga4_text_visits"),
    Call("conversions_from_ga4_bigquery", {"events": "ga4_text"}, "", "conversion_types=['purchase', 'page_view']",
         name="ga4_text_conversions"),
]
# DuckDB's alone: columns of structs.
NESTED_CALLS = [
    Call("visits_from_ga4_bigquery", {"events": "ga4_nested"}, "", name="ga4_visits"),
    Call("conversions_from_ga4_bigquery", {"events": "ga4_nested"}, "", "conversion_types=['purchase', 'page_view']",
         name="ga4_conversions"),
]


# Of these raw tables, all made-up calls are one model, too: all_reports, all_visits.
UNIONS = ("reports", "visits", "conversions")


@dataclass
class Adapters:
    project: harness.Project
    calls: list[Call]
    tables: list[str] = field(default_factory=list)


def project(folder: Path) -> Adapters:
    """With the raw tables, and a model for each call; nothing is built. The package reads what Snowplow tracked."""
    project = harness.consumer(folder, {
        f"ad_funnel__{table}": f"{{{{ ref('made_{table}_from_snowplow_events') }}}}"
        for table in ("impressions", "clicks", "visits", "conversions")
    })
    has_samples = SAMPLES.is_dir()
    calls = CALLS + (SAMPLE_CALLS + NESTED_CALLS if has_samples else [])
    for call in calls:
        project.write(f"models/adapters/{call.model}.sql", call.sql())
    for table in UNIONS:
        union = "\nunion all\n".join(call.sql() for call in CALLS if call.macro.startswith(f"{table}_from_"))
        project.write(f"models/adapters/all_{table}.sql", union)
    for table, made in MADE.items():
        project.load(table, made)
    # A file's byte order mark became part of the first name.
    project.execute('alter table raw.made_account_report rename date_day to "\ufeffdate_day"')
    if has_samples:
        load_samples(project)
    tables = [*MADE, *(table["table_name"] for table in project.sql(
        "select table_name from information_schema.tables where table_schema = 'raw'"
    ) if table["table_name"] not in MADE)]
    write_sources(project, tables)
    return Adapters(project, calls, tables)


def write_sources(project: harness.Project, tables: list[str]) -> None:
    project.write("models/sources.yml", yaml.safe_dump({
        "version": 2, "sources": [{"name": "raw", "tables": [{"name": table} for table in tables]}],
    }))


def load_samples(project: harness.Project) -> None:
    for table, file in FILES.items():
        project.execute(
            f"create or replace table raw.{table} as select * from read_csv('{SAMPLES / file}', header = true, "
            "all_varchar = true, delim = ',', quote = '\"', escape = '\"')")
    for log in ("imp", "clk"):
        project.execute(
            f"create table raw.ipinyou_{log} as select * from read_csv('{harness.SHARED_DATA}/ipinyou/{log}.*.tsv', "
            "delim = '\t', header = false, quote = '', all_varchar = true)")
    events = f"read_json('{SAMPLES / 'ga4_bigquery' / 'events_lite.ndjson'}', format = 'newline_delimited', " \
             "sample_size = -1)"
    project.execute(
        f"create table raw.ga4_nested as select * from {events}",
        "create table raw.ga4_text as select event_name, event_timestamp, user_pseudo_id, "
        "to_json(event_params)::varchar as event_params, to_json(ecommerce)::varchar as ecommerce from raw.ga4_nested")

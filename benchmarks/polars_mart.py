"""The mart by day and ad in polars: lazy over the impressions, with its streaming engine; all else is small.

    BENCH_RAW=DIR python benchmarks/polars_mart.py OUT
"""

from __future__ import annotations

import os
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = os.environ.get("BENCH_THREADS", "2")  # before polars is imported
os.environ["POLARS_TEMP_DIR"] = os.environ.get("BENCH_TEMP", "/tmp")

import polars as pl
from polars import col

from generate import AS_OF

RAW = Path(os.environ["BENCH_RAW"])
EARLIEST = datetime(2000, 1, 1)
LATEST = datetime.fromisoformat(AS_OF) + timedelta(minutes=5)
MONEY = pl.Decimal(38, 9)
CELL = ["date_day", "platform", "campaign_id", "ad_id"]


def raw(table: str) -> pl.LazyFrame:
    return pl.scan_parquet(RAW / table / "**/*.parquet", glob=True)


def is_usable(id_: str, time: str) -> pl.Expr:
    return (col(id_) != "") & col(time).is_between(EARLIEST, LATEST)


def is_true(expression: pl.Expr) -> pl.Expr:
    return expression.fill_null(False)


def in_dollars(amount: str, currency: str = "currency") -> pl.Expr:
    return pl.when(col(currency).fill_null("USD") == "USD").then(col(amount).cast(MONEY)).otherwise(
        col(amount).cast(MONEY) * col("rate")
    )


def first_copies(frame: pl.DataFrame, key: list[str], order: list[str]) -> pl.DataFrame:
    return frame.sort(order, nulls_last=True).unique(key, keep="first", maintain_order=True)


def reference() -> tuple[pl.DataFrame, pl.DataFrame, list[str]]:
    """Rates by day, versions of ads, and the user agents of bots."""
    rates = raw("exchange_rates").collect().sort("currency", "date_day").with_columns(
        until=pl.min_horizontal(
            col("date_day").shift(-1).over("currency").fill_null(date(9999, 12, 31)),
            col("date_day").dt.offset_by("7d"),
        )
    ).with_columns(date_day=pl.date_ranges("date_day", "until", closed="left")).explode("date_day")
    ads = raw("ads").collect().sort("platform", "ad_id", "valid_from").with_columns(
        valid_to=col("valid_from").shift(-1).over("platform", "ad_id").fill_null(date(9999, 12, 31)),
        is_first=col("valid_from").shift(1).over("platform", "ad_id").is_null(),
    ).with_columns(valid_from=pl.when("is_first").then(date(1900, 1, 1)).otherwise("valid_from"))
    patterns = raw("bot_patterns").collect()["pattern"].to_list()
    agents = pl.concat([raw("impressions").select("user_agent"), raw("clicks").select("user_agent")]).unique().filter(
        col("user_agent").str.to_lowercase().str.contains_any(patterns)
    )
    return rates.select("date_day", "currency", "rate"), ads, agents.collect(engine="streaming")["user_agent"].to_list()


def with_campaign(frame: pl.DataFrame, ads: pl.DataFrame, day: str = "date_day") -> pl.DataFrame:
    """The campaign that the ads table tells for the day, where the event tells none."""
    versions = ads.select("platform", "ad_id", "valid_from", "valid_to", told_campaign_id="campaign_id")
    told = frame.select("platform", "ad_id", day).unique().join(versions, on=["platform", "ad_id"]).filter(
        (col(day) >= col("valid_from")) & (col(day) < col("valid_to"))
    ).select("platform", "ad_id", day, "told_campaign_id")
    return frame.join(told, on=["platform", "ad_id", day], how="left").with_columns(
        campaign_id=pl.coalesce("campaign_id", "told_campaign_id", pl.lit("unknown")),
        ad_id=col("ad_id").fill_null("unknown"),
    ).drop("told_campaign_id")


def read_clicks(bots: list[str]) -> pl.DataFrame:
    clicks = raw("clicks").filter(
        is_usable("click_id", "clicked_at"), col("cost").is_null() | col("cost").is_between(0, 999_999_999)
    ).collect()
    return first_copies(clicks, ["platform", "click_id"], ["clicked_at", "loaded_at"]).with_columns(
        date_day=col("clicked_at").dt.date(),
        is_landed=pl.when(col("landed_at").is_not_null()).then(True).when(col("landing_url").is_not_null()).then(False),
        is_bot=is_true(col("user_agent").is_in(bots)),
    )


def read_conversions() -> pl.DataFrame:
    conversions = raw("conversions").filter(
        is_usable("conversion_id", "converted_at"),
        col("value").is_null() | (col("value") >= 0) | col("adjusts_conversion_id").is_not_null(),
        (col("adjustment_type").fill_null("") != "restate") | col("value").is_not_null(),
    ).with_columns(
        is_platform_known=col("platform").is_not_null(),
        platform=col("platform").fill_null("unknown"),
        is_adjustment=col("adjusts_conversion_id").is_not_null(),
        date_day=col("converted_at").dt.date(),
    ).collect()
    return first_copies(conversions, ["platform", "conversion_id"], ["converted_at", "loaded_at"])


def read_spend(rates: pl.DataFrame) -> pl.DataFrame:
    lines = raw("spend").filter(
        col("ad_id").is_not_null(),
        col("date_day").is_between(EARLIEST.date(), LATEST.date()),
        (col("amount") >= 0) | col("is_credit"),
    ).collect().sort("loaded_at", descending=True).unique(
        [*CELL, "currency", "is_credit"], keep="first", maintain_order=True
    )
    return lines.with_columns(
        amount=pl.when("is_credit").then(-col("amount").abs()).otherwise("amount"),
        campaign_id=col("campaign_id").fill_null("unknown"),
    ).join(rates, on=["date_day", "currency"], how="left").with_columns(spend=in_dollars("amount")).group_by(CELL).agg(
        spend=sum_of("spend"), unknown_cost_events=col("rate").is_null().sum()
    )


def sum_of(name: str) -> pl.Expr:
    """NULL, not 0, where nothing tells."""
    return pl.when(col(name).count() > 0).then(col(name).sum())


def read_impressions(
    bots: list[str], clicks: pl.DataFrame, conversions: pl.DataFrame, rates: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The few impressions that a click, a conversion or another copy asks for; and the sums of all, by day and ad."""
    valid = raw("impressions").filter(
        is_usable("impression_id", "impression_at"), col("cost").is_null() | col("cost").is_between(0, 999_999_999)
    ).with_columns(date_day=col("impression_at").dt.date(), is_bot=is_true(col("user_agent").is_in(bots)))
    repeated = valid.select("impression_id").group_by("impression_id").len().filter(col("len") > 1).select(
        "impression_id"
    ).collect(engine="streaming")
    ids = pl.concat([repeated, clicks.select("impression_id"), conversions.select("impression_id")]).unique()
    user_days = conversions.filter(col("user_id").is_not_null()).select("user_id", "date_day")
    user_days = pl.concat([user_days, user_days.with_columns(col("date_day").dt.offset_by("-1d"))]).unique()
    asked_for = pl.concat([
        valid.join(ids.lazy(), on="impression_id", how="semi"),
        valid.join(user_days.lazy(), on=["user_id", "date_day"], how="semi"),
    ]).collect(engine="streaming")
    asked_for = first_copies(asked_for, ["platform", "impression_id"], ["impression_at", "loaded_at"])

    cell = [*CELL, "currency"]
    counted = pl.concat([
        valid.join(repeated.lazy(), on="impression_id", how="anti"),
        asked_for.lazy().join(repeated.lazy(), on="impression_id", how="semi"),
    ]).group_by(cell).agg(
        gross_impressions=pl.len(),
        impressions=(~col("is_bot")).sum(),
        told=(~col("is_bot") & col("is_measurable").is_not_null()).sum(),
        measurable=(~col("is_bot") & is_true(col("is_measurable"))).sum(),
        viewable=(~col("is_bot") & is_true(col("is_measurable") & col("is_viewable"))).sum(),
        cost=col("cost").cast(MONEY).sum(),
        costs=col("cost").count(),
    ).collect(engine="streaming")
    by_day = counted.join(rates, on=["date_day", "currency"], how="left").with_columns(
        measurable_impressions=pl.when(col("told") > 0).then("measurable"),
        viewable_impressions=pl.when(col("told") > 0).then("viewable"),
        spend=pl.when(col("costs") > 0).then(in_dollars("cost")),
        unknown_cost_events=pl.when(in_dollars("cost").is_null()).then("costs").otherwise(0),
    )
    return asked_for, by_day


def place_clicks(
    clicks: pl.DataFrame, asked_for: pl.DataFrame, ads: pl.DataFrame, rates: pl.DataFrame
) -> pl.DataFrame:
    """Each click where it stands, and whether it is valid."""
    shown = asked_for.select(
        "platform", "impression_id", "impression_at", impression_day="date_day", is_on_bot="is_bot",
        shown_campaign_id="campaign_id", shown_ad_id="ad_id",
    )
    delay = col("clicked_at") - col("impression_at")
    since_last = col("clicked_at") - col("clicked_at").shift(1).over("platform", "impression_id")
    since_flood = col("clicked_at") - col("clicked_at").shift(20).over("platform", "user_id")
    shown_to = clicks.join(shown, on=["platform", "impression_id"], how="left").sort("clicked_at", "click_id")
    judged = shown_to.with_columns(
        is_matched=is_true((delay >= timedelta(minutes=-5)) & (delay < timedelta(days=1))),
        is_repeat=is_true(col("impression_id").is_not_null() & (since_last < timedelta(seconds=10))),
        is_flood=is_true(col("user_id").is_not_null() & (since_flood < timedelta(minutes=1))),
        is_bot=is_true(col("is_bot") | is_true(col("is_on_bot"))),
    ).with_columns(
        opening=pl.when(~col("is_repeat")).then("click_id").forward_fill().over("platform", "impression_id")
    )
    placed = judged.with_columns(
        campaign_id=pl.when("is_matched").then("shown_campaign_id").otherwise("campaign_id"),
        ad_id=pl.when("is_matched").then("shown_ad_id").otherwise("ad_id"),
        ad_day=pl.when("is_matched").then("impression_day").otherwise("date_day"),
        is_invalid=col("is_bot") | col("is_repeat") | col("is_flood"),
        # A repeat click stands for the click that it repeats.
        meant_click_id=pl.when(col("is_repeat") & ~col("is_bot")).then("opening").otherwise("click_id"),
    )
    return with_campaign(placed, ads, "ad_day").join(rates, on=["date_day", "currency"], how="left").with_columns(
        event_cost=in_dollars("cost")
    )


def place_conversions(
    conversions: pl.DataFrame, clicks: pl.DataFrame, asked_for: pl.DataFrame, ads: pl.DataFrame, rates: pl.DataFrame
) -> pl.DataFrame:
    """Each valid conversion where the event stands that it is credited to."""
    key = ["platform", "conversion_id"]
    events = conversions.filter(~col("is_adjustment"))

    def meeting(others: pl.DataFrame, on: str, id_: str, time: str, invalid: str) -> pl.DataFrame:
        found = events.filter(col(on).is_not_null()).select(*key, "converted_at", "is_platform_known", on).join(
            others.select(on, event_platform="platform", event_id=id_, event_at=time, is_invalid=invalid), on=on
        )
        return found.filter((col("platform") == col("event_platform")) | ~col("is_platform_known")).drop(on)

    def credited(found: pl.DataFrame, rank: int, days: int) -> pl.DataFrame:
        age = col("converted_at") - col("event_at")
        in_window = (age >= timedelta(0)) & (age < timedelta(days=days))
        return found.filter(in_window, ~col("is_invalid")).select(
            *key, "event_platform", "event_id", "event_at", credit_rank=pl.lit(rank)
        )

    meant = clicks.select("platform", meant_click_id="click_id", meant_at="clicked_at", is_meant_invalid="is_invalid")
    opened = clicks.select("platform", "click_id", "meant_click_id").join(meant, on=["platform", "meant_click_id"])
    named_clicks = meeting(opened, "click_id", "meant_click_id", "meant_at", "is_meant_invalid")
    named = meeting(
        asked_for.with_columns(shown_id="impression_id"), "impression_id", "shown_id", "impression_at", "is_bot"
    )
    invalid = pl.concat([
        named_clicks.group_by(key).agg(col("is_invalid").all()),
        named.join(named_clicks, on=key, how="anti").group_by(key).agg(col("is_invalid").all()),
    ]).filter("is_invalid")
    best = pl.concat([
        credited(named_clicks, 1, 30),
        credited(named, 2, 1),
        credited(meeting(clicks, "user_id", "click_id", "clicked_at", "is_invalid"), 3, 30),
        credited(meeting(asked_for, "user_id", "impression_id", "impression_at", "is_bot"), 4, 1),
    ]).sort(
        "credit_rank", "event_at", "event_id", "event_platform", descending=[False, True, True, True]
    ).unique(key, keep="first", maintain_order=True)

    restated = conversions.filter(col("adjustment_type") == "restate").sort(
        "converted_at", "loaded_at", "conversion_id", descending=True
    ).unique(["platform", "adjusts_conversion_id"], keep="first", maintain_order=True).select(
        "platform", conversion_id="adjusts_conversion_id", new_value="value", new_currency="currency"
    )
    retracted = conversions.filter(col("adjustment_type") == "retract").select(
        "platform", conversion_id="adjusts_conversion_id"
    )
    clicked = with_prefix(clicks, "click_id", [
        "date_day", "campaign_id", "ad_id", "is_matched", "impression_id", "impression_day",
    ])
    seen = with_prefix(with_campaign(asked_for, ads), "impression_id", ["date_day", "campaign_id", "ad_id"])
    return events.join(retracted, on=key, how="anti").join(invalid, on=key, how="anti").join(
        restated, on=key, how="left"
    ).join(best, on=key, how="left").join(clicked, on=["event_platform", "event_id"], how="left").join(
        seen, on=["event_platform", "event_id"], how="left", suffix="_seen"
    ).with_columns(
        is_click=col("credit_rank").is_in([1, 3]),
        is_primary=col("conversion_type").is_in(["purchase", "sign_up"]),
        credited_day=pl.coalesce("event_date_day", "event_date_day_seen"),
        campaign_id=pl.coalesce("event_campaign_id", "event_campaign_id_seen", pl.lit("unknown")),
        ad_id=pl.coalesce("event_ad_id", "event_ad_id_seen", pl.lit("unknown")),
        final_value=pl.coalesce("new_value", "value"),
        currency=pl.when(col("new_value").is_not_null()).then("new_currency").otherwise("currency"),
    ).join(rates, on=["date_day", "currency"], how="left").with_columns(conversion_value=in_dollars("final_value"))


def with_prefix(frame: pl.DataFrame, id_: str, columns: list[str]) -> pl.DataFrame:
    return frame.select(event_platform="platform", event_id=id_, **{f"event_{name}": name for name in columns})


def mart(
    by_day: pl.DataFrame, clicks: pl.DataFrame, conversions: pl.DataFrame, spend: pl.DataFrame, ads: pl.DataFrame
) -> pl.DataFrame:
    """Every measure on the day of the event that it counts, and a row for each day of an ad."""
    valid = clicks.filter(~col("is_invalid"))
    counted = conversions.filter(col("is_primary"), col("credit_rank").is_not_null())
    at_credit = {"date_day": "credited_day", "platform": "event_platform"}
    parts = [
        with_campaign(by_day, ads).select(
            *CELL, "gross_impressions", "impressions", "measurable_impressions", "viewable_impressions", "spend",
            "unknown_cost_events",
        ),
        clicks.group_by(CELL).agg(
            gross_clicks=pl.len(),
            spend=sum_of("event_cost"),
            unknown_cost_events=(col("cost").is_not_null() & col("event_cost").is_null()).sum(),
        ),
        valid.group_by(CELL).agg(
            clicks=pl.len(),
            unmatched_clicks=(~col("is_matched")).sum(),
            landing_measurable_clicks=pl.when(col("is_landed").count() > 0).then(col("is_landed").count()),
            landed_clicks=pl.when(col("is_landed").count() > 0).then(col("is_landed").sum()),
        ),
        valid.filter("is_matched").with_columns(date_day="impression_day").group_by(CELL).agg(
            clicked_impressions=col("impression_id").n_unique()
        ),
        counted.filter("is_click").with_columns(**at_credit).group_by(CELL).agg(
            converted_clicks=col("event_id").n_unique(),
            conversions=pl.len(),
            conversion_value=sum_of("conversion_value"),
            unknown_value_conversions=(col("final_value").is_not_null() & col("conversion_value").is_null()).sum(),
        ),
        counted.filter("is_click", "event_is_matched").with_columns(
            date_day="event_impression_day", platform="event_platform"
        ).group_by(CELL).agg(converted_impressions=col("event_impression_id").n_unique()),
        counted.filter(~col("is_click")).with_columns(**at_credit).group_by(CELL).agg(
            view_through_conversions=pl.len(),
            view_through_value=sum_of("conversion_value"),
            unknown_value_conversions=(col("final_value").is_not_null() & col("conversion_value").is_null()).sum(),
        ),
        conversions.with_columns(
            platform=pl.coalesce("event_platform", "platform"),
            is_counted=col("is_primary") & is_true(col("is_click")),
        ).with_columns(counted_value=pl.when("is_counted").then("conversion_value")).group_by(CELL).agg(
            all_conversions=pl.len(),
            all_conversion_value=sum_of("conversion_value"),
            conversions_by_conversion_date=col("is_counted").sum(),
            conversion_value_by_conversion_date=sum_of("counted_value"),
            unattributed_conversions=(col("is_primary") & col("credit_rank").is_null()).sum(),
        ),
        spend,
    ]
    measures = list(dict.fromkeys(name for part in parts for name in part.columns if name not in CELL))
    money = {name for name in measures if name == "spend" or name.endswith("_value") or "_value_by" in name}
    typed = [
        part.with_columns(
            col(name).cast(MONEY if name in money else pl.Int64) for name in part.columns if name in measures
        )
        for part in parts
    ]
    sums = pl.concat(typed, how="diagonal").group_by(CELL).agg(sum_of(name).alias(name) for name in measures)

    ad = CELL[1:]
    days = sums.group_by(ad).agg(
        date_day=pl.date_range(col("date_day").min(), col("date_day").max()), has_spend=col("spend").count() > 0
    ).explode("date_day")
    campaigns = raw("campaigns").select("platform", "campaign_id", "campaign_name").collect()
    current_ads = ads.filter(col("valid_to") == date(9999, 12, 31)).select("platform", "ad_id", "ad_name")
    told = {"measurable_impressions", "viewable_impressions", "landing_measurable_clicks", "landed_clicks"}
    counts = [name for name in measures if name not in money | told]
    unless = {
        "conversion_value": "conversions",
        "view_through_value": "view_through_conversions",
        "conversion_value_by_conversion_date": "conversions_by_conversion_date",
        "all_conversion_value": "all_conversions",
    }
    return days.join(sums, on=CELL, how="left").join(campaigns, on=["platform", "campaign_id"], how="left").join(
        current_ads, on=["platform", "ad_id"], how="left"
    ).with_columns(
        col(counts).fill_null(0),
        campaign_name=pl.coalesce("campaign_name", "campaign_id"),
        ad_name=pl.coalesce("ad_name", "ad_id"),
    ).with_columns(
        # No conversions are worth nothing; what nobody told is not known.
        *(pl.when(col(count) > 0).then(col(value)).otherwise(pl.lit(0).cast(MONEY)).alias(value)
          for value, count in unless.items()),
        spend=pl.when(
            col("spend").is_null() & col("has_spend") & (col("unknown_cost_events") == 0)
            & (col("gross_impressions") + col("gross_clicks") == 0)
        ).then(pl.lit(0).cast(MONEY)).otherwise("spend"),
    ).drop("has_spend")


def main(out: Path) -> None:
    rates, ads, bots = reference()
    clicks, conversions, spend = read_clicks(bots), read_conversions(), read_spend(rates)
    asked_for, by_day = read_impressions(bots, clicks, conversions, rates)
    clicks = place_clicks(clicks, asked_for, ads, rates)
    conversions = place_conversions(conversions, clicks, asked_for, ads, rates)
    out.mkdir(parents=True, exist_ok=True)
    mart(by_day, clicks, conversions, spend, ads).write_parquet(out / "mart.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""The mart by day and ad in PySpark, in Spark's SQL, on this machine's cores.

    BENCH_RAW=DIR python benchmarks/spark_mart.py OUT
"""

from __future__ import annotations

import os
import sys

from pyspark.sql import SparkSession

from generate import AS_OF

# (name, whether it is asked more than once, query); each is a view that those after it read.
VIEWS = [
    ("rates", True, """
        select explode(sequence(date_day, least(next_day, date_day + 7) - interval 1 day)) as date_day, currency, rate
        from (
            select *, lead(date_day, 1, date '9999-12-31') over (partition by currency order by date_day) as next_day
            from raw_exchange_rates
        )
    """),
    ("ads", True, """
        select
            platform,
            ad_id,
            campaign_id,
            ad_name,
            case when lag(valid_from) over (partition by platform, ad_id order by valid_from) is null
                then date '1900-01-01' else valid_from end as valid_from,
            lead(valid_from, 1, date '9999-12-31') over (partition by platform, ad_id order by valid_from) as valid_to
        from raw_ads
    """),
    ("clicks", True, """
        select * except (place)
        from (
            select
                *,
                date(clicked_at) as date_day,
                case when landed_at is not null then true when landing_url is not null then false end as is_landed,
                coalesce(lower(user_agent) rlike '{bots}', false) as is_bot,
                row_number() over (partition by platform, click_id order by clicked_at, loaded_at) as place
            from raw_clicks
            where
                click_id <> ''
                and clicked_at between timestamp_ntz '2000-01-01' and {latest}
                and (cost is null or cost between 0 and 999999999)
        )
        where place = 1
    """),
    ("conversions", True, """
        select * except (place)
        from (
            select
                * except (platform),
                coalesce(platform, 'unknown') as platform,
                platform is not null as is_platform_known,
                date(converted_at) as date_day,
                adjusts_conversion_id is not null as is_adjustment,
                row_number() over (
                    partition by coalesce(platform, 'unknown'), conversion_id order by converted_at, loaded_at
                ) as place
            from raw_conversions
            where
                conversion_id <> ''
                and converted_at between timestamp_ntz '2000-01-01' and {latest}
                and (value is null or value >= 0 or adjusts_conversion_id is not null)
                and (coalesce(adjustment_type, '') <> 'restate' or value is not null)
        )
        where place = 1
    """),
    ("spend", False, """
        select
            date_day,
            platform,
            coalesce(campaign_id, 'unknown') as campaign_id,
            ad_id,
            sum(cast(case when is_credit then -abs(amount) else amount end * rate as decimal(28, 9))) as spend,
            count(*) - count(rate) as unknown_cost_events
        from (
            select
                *,
                row_number() over (
                    partition by date_day, platform, campaign_id, ad_id, currency, is_credit order by loaded_at desc
                ) as place
            from raw_spend
            where
                ad_id is not null
                and date_day between date '2000-01-01' and date({latest})
                and (amount >= 0 or is_credit)
        )
        left join rates using (date_day, currency)
        where place = 1
        group by 1, 2, 3, 4
    """),
    ("impressions", False, """
        select *, date(impression_at) as date_day, coalesce(lower(user_agent) rlike '{bots}', false) as is_bot
        from raw_impressions
        where
            impression_id <> ''
            and impression_at between timestamp_ntz '2000-01-01' and {latest}
            and (cost is null or cost between 0 and 999999999)
    """),
    ("repeated", True, "select impression_id from impressions group by 1 having count(*) > 1"),
    ("asked_for", True, """
        select * except (place)
        from (
            select
                *,
                row_number() over (partition by platform, impression_id order by impression_at, loaded_at) as place
            from (
                select *
                from impressions
                where impression_id in (
                    select impression_id from repeated
                    union select impression_id from clicks
                    union select impression_id from conversions
                )
                union all
                select *
                from impressions
                where (user_id, date_day) in (
                    select user_id, date_day from conversions
                    union select user_id, date_sub(date_day, 1) from conversions
                )
            )
        )
        where place = 1
    """),
    ("impressions_by_day", False, """
        select
            date_day,
            platform,
            campaign_id,
            ad_id,
            count(*) as gross_impressions,
            count_if(not is_bot) as impressions,
            sum(int(is_measurable)) filter (where not is_bot) as measurable_impressions,
            sum(int(is_measurable and is_viewable)) filter (where not is_bot) as viewable_impressions,
            sum(case when coalesce(currency, 'USD') = 'USD' then cast(cost as decimal(18, 9))
                else cast(cost * rate as decimal(18, 9)) end) as spend,
            count_if(cost is not null and coalesce(currency, 'USD') <> 'USD' and rate is null) as unknown_cost_events
        from (
            select date_day, platform, campaign_id, ad_id, is_bot, is_measurable, is_viewable, cost, currency
            from impressions
            left anti join repeated using (impression_id)
            union all
            select date_day, platform, campaign_id, ad_id, is_bot, is_measurable, is_viewable, cost, currency
            from asked_for
            left semi join repeated using (impression_id)
        )
        left join rates using (date_day, currency)
        group by 1, 2, 3, 4
    """),
    ("judged_clicks", False, """
        select
            *,
            coalesce(
                clicked_at >= impression_at - interval 5 minutes and clicked_at < impression_at + interval 1 day, false
            ) as is_matched,
            coalesce(impression_id is not null and clicked_at < interval 10 seconds + lag(clicked_at) over (
                partition by platform, impression_id order by clicked_at, click_id
            ), false) as is_repeat,
            coalesce(user_id is not null and clicked_at < interval 1 minute + lag(clicked_at, 20) over (
                partition by platform, user_id order by clicked_at, click_id
            ), false) as is_flood
        from clicks
        left join (
            select
                platform, impression_id, impression_at, date_day as shown_day, campaign_id as shown_campaign_id,
                ad_id as shown_ad_id, is_bot as is_on_bot
            from asked_for
        ) using (platform, impression_id)
    """),
    ("placed_clicks", True, """
        select
            clicks.platform,
            click_id,
            clicked_at,
            clicks.date_day,
            impression_id,
            case when is_matched then shown_day end as impression_day,
            coalesce(own_campaign_id, ads.campaign_id, 'unknown') as campaign_id,
            coalesce(own_ad_id, 'unknown') as ad_id,
            user_id,
            is_landed,
            is_matched,
            is_bot or coalesce(is_on_bot, false) or is_repeat or is_flood as is_invalid,
            case when is_repeat and not is_bot and not coalesce(is_on_bot, false) then opening else click_id end
                as meant_click_id,
            case when coalesce(clicks.currency, 'USD') = 'USD' then cast(cost as decimal(18, 9))
                else cast(cost * rate as decimal(18, 9)) end as event_cost,
            cost
        from (
            select
                *,
                case when is_matched then shown_campaign_id else campaign_id end as own_campaign_id,
                case when is_matched then shown_ad_id else ad_id end as own_ad_id,
                case when is_matched then shown_day else date_day end as ad_day,
                last_value(case when not is_repeat then click_id end) ignore nulls over (
                    partition by platform, impression_id order by clicked_at, click_id rows unbounded preceding
                ) as opening
            from judged_clicks
        ) as clicks
        left join ads
            on clicks.platform = ads.platform and own_ad_id = ads.ad_id and ad_day >= valid_from and ad_day < valid_to
        left join rates on clicks.date_day = rates.date_day and clicks.currency = rates.currency
    """),
    ("clicks_named", True, """
        select
            conversions.platform,
            conversion_id,
            converted_at,
            meant.platform as credited_platform,
            meant.click_id as credited_click_id,
            meant.clicked_at as credited_at,
            meant.is_invalid
        from conversions
        inner join placed_clicks as named
            on conversions.click_id = named.click_id
            and (conversions.platform = named.platform or not is_platform_known)
        inner join placed_clicks as meant
            on named.platform = meant.platform and named.meant_click_id = meant.click_id
        where not is_adjustment
    """),
    ("impressions_named", True, """
        select
            conversions.platform,
            conversion_id,
            converted_at,
            asked_for.platform as credited_platform,
            asked_for.impression_id as credited_impression_id,
            impression_at as credited_at,
            is_bot as is_invalid
        from conversions
        inner join asked_for
            on conversions.impression_id = asked_for.impression_id
            and (conversions.platform = asked_for.platform or not is_platform_known)
        where not is_adjustment
    """),
    ("invalid_conversions", True, """
        select platform, conversion_id from clicks_named group by 1, 2 having every(is_invalid)
        union all
        select platform, conversion_id
        from impressions_named
        left anti join clicks_named using (platform, conversion_id)
        group by 1, 2
        having every(is_invalid)
    """),
    ("candidates", False, """
        select
            platform, conversion_id, 1 as credit_rank, credited_at, credited_platform, credited_click_id,
            cast(null as string) as credited_impression_id
        from clicks_named
        where not is_invalid and credited_at <= converted_at and credited_at > converted_at - interval 30 days
        union all
        select
            platform, conversion_id, 2, credited_at, credited_platform, null as credited_click_id,
            credited_impression_id
        from impressions_named
        where not is_invalid and credited_at <= converted_at and credited_at > converted_at - interval 1 day
        union all
        select conversions.platform, conversion_id, 3, clicked_at, clicks.platform, clicks.click_id, null
        from conversions
        inner join placed_clicks as clicks
            on conversions.user_id = clicks.user_id
            and (conversions.platform = clicks.platform or not is_platform_known)
            and converted_at >= clicked_at
            and converted_at - interval 30 days < clicked_at
        where not is_invalid and not is_adjustment
        union all
        select conversions.platform, conversion_id, 4, impression_at, asked_for.platform, null, asked_for.impression_id
        from conversions
        inner join asked_for
            on conversions.user_id = asked_for.user_id
            and (conversions.platform = asked_for.platform or not is_platform_known)
            and converted_at >= impression_at
            and converted_at - interval 1 day < impression_at
        where not is_bot and not is_adjustment
    """),
    ("placed_conversions", True, """
        select
            conversions.platform,
            conversions.conversion_id,
            conversions.date_day,
            credit_rank,
            credited_platform,
            credited_click_id,
            clicks.impression_id as clicked_impression_id,
            clicks.impression_day as clicked_impression_day,
            clicks.is_matched,
            coalesce(clicks.date_day, seen.date_day) as credited_day,
            coalesce(clicks.campaign_id, seen.campaign_id, ads.campaign_id, 'unknown') as campaign_id,
            coalesce(clicks.ad_id, seen.ad_id, 'unknown') as ad_id,
            conversion_type in ('purchase', 'sign_up') as is_primary,
            final_value,
            case when coalesce(final_currency, 'USD') = 'USD' then cast(final_value as decimal(28, 9))
                else cast(final_value * rate as decimal(28, 9)) end as conversion_value
        from (
            select
                conversions.*,
                coalesce(restated.value, conversions.value) as final_value,
                case when restated.value is null then conversions.currency else restated.currency end as final_currency
            from conversions
            left join (
                select
                    *,
                    row_number() over (
                        partition by platform, adjusts_conversion_id
                        order by converted_at desc, loaded_at desc, conversion_id desc
                    ) as place
                from conversions
                where adjustment_type = 'restate'
            ) as restated
                on conversions.platform = restated.platform
                and conversions.conversion_id = restated.adjusts_conversion_id
                and place = 1
            left anti join (
                select platform, adjusts_conversion_id from conversions where adjustment_type = 'retract'
            ) as retracted
                on conversions.platform = retracted.platform
                and conversions.conversion_id = retracted.adjusts_conversion_id
            left anti join invalid_conversions
                on conversions.platform = invalid_conversions.platform
                and conversions.conversion_id = invalid_conversions.conversion_id
            where not conversions.is_adjustment
        ) as conversions
        left join (
            select
                *,
                row_number() over (
                    partition by platform, conversion_id
                    order by
                        credit_rank, credited_at desc, coalesce(credited_click_id, credited_impression_id) desc,
                        credited_platform desc
                ) as place
            from candidates
        ) as credited
            on conversions.platform = credited.platform
            and conversions.conversion_id = credited.conversion_id
            and place = 1
        left join placed_clicks as clicks
            on credited_platform = clicks.platform and credited_click_id = clicks.click_id
        left join asked_for as seen
            on credited_platform = seen.platform and credited_impression_id = seen.impression_id
        left join ads
            on credited_platform = ads.platform
            and seen.ad_id = ads.ad_id
            and seen.date_day >= valid_from
            and seen.date_day < valid_to
        left join rates on conversions.date_day = rates.date_day and final_currency = rates.currency
    """),
]

# Each part of the mart: the measures that it tells, the rows that it counts, how they are grouped.
PARTS = [
    ({
        "gross_impressions": "gross_impressions",
        "impressions": "impressions",
        "measurable_impressions": "measurable_impressions",
        "viewable_impressions": "viewable_impressions",
        "spend": "spend",
        "unknown_cost_events": "unknown_cost_events",
    }, """
        select
            by_day.* except (campaign_id, ad_id),
            coalesce(by_day.campaign_id, ads.campaign_id, 'unknown') as campaign_id,
            coalesce(by_day.ad_id, 'unknown') as ad_id
        from impressions_by_day as by_day
        left join ads
            on by_day.platform = ads.platform
            and by_day.ad_id = ads.ad_id
            and by_day.date_day >= valid_from
            and by_day.date_day < valid_to
    """, None),
    ({
        "gross_clicks": "count(*)",
        "clicks": "count_if(not is_invalid)",
        "unmatched_clicks": "count_if(not is_invalid and not is_matched)",
        "landing_measurable_clicks": "nullif(count_if(not is_invalid and is_landed is not null), 0)",
        "landed_clicks": "sum(int(is_landed)) filter (where not is_invalid)",
        "spend": "sum(event_cost)",
        "unknown_cost_events": "count_if(cost is not null and event_cost is null)",
    }, "select * from placed_clicks", ("date_day", "platform")),
    ({"clicked_impressions": "count(distinct impression_id)"},
     "select * from placed_clicks where is_matched and not is_invalid", ("impression_day", "platform")),
    ({
        "converted_clicks": "nullif(count(distinct credited_click_id), 0)",
        "conversions": "nullif(count(credited_click_id), 0)",
        "conversion_value": "sum(conversion_value) filter (where credited_click_id is not null)",
        "view_through_conversions": "nullif(count(*) - count(credited_click_id), 0)",
        "view_through_value": "sum(conversion_value) filter (where credited_click_id is null)",
        "unknown_value_conversions": "count(final_value) - count(conversion_value)",
    }, "select * from placed_conversions where is_primary and credit_rank is not null",
     ("credited_day", "credited_platform")),
    ({"converted_impressions": "count(distinct clicked_impression_id)"},
     "select * from placed_conversions where is_primary and is_matched",
     ("clicked_impression_day", "credited_platform")),
    ({
        "all_conversions": "count(*)",
        "all_conversion_value": "sum(conversion_value)",
        "conversions_by_conversion_date": "count_if(is_primary and credited_click_id is not null)",
        "conversion_value_by_conversion_date":
            "sum(conversion_value) filter (where is_primary and credited_click_id is not null)",
        "unattributed_conversions": "count_if(is_primary and credit_rank is null)",
    }, "select * from placed_conversions", ("date_day", "coalesce(credited_platform, platform)")),
    ({"spend": "spend", "unknown_cost_events": "unknown_cost_events"}, "select * from spend", None),
]
TOLD = ("measurable_impressions", "viewable_impressions", "landing_measurable_clicks", "landed_clicks")
UNLESS = {
    "conversion_value": "conversions",
    "view_through_value": "view_through_conversions",
    "conversion_value_by_conversion_date": "conversions_by_conversion_date",
    "all_conversion_value": "all_conversions",
}


def mart() -> str:
    """Every measure on the day of the event that it counts, and a row for each day of an ad."""
    measures = list(dict.fromkeys(name for told, *_ in PARTS for name in told))
    money = {"spend", *UNLESS}
    parts = []
    for told, rows, group in PARTS:
        day, platform = group or ("date_day", "platform")
        columns = [
            f"cast({told.get(name, 'null')} as {'decimal(38, 9)' if name in money else 'bigint'}) as {name}"
            for name in measures
        ]
        parts.append(
            f"select {day} as date_day, {platform} as platform, campaign_id, ad_id, {', '.join(columns)} from ({rows})"
            + (f" group by {day}, {platform}, campaign_id, ad_id" if group else "")
        )
    sums = ", ".join(f"sum({name}) as {name}" for name in measures)
    values = []
    for name in measures:
        if name == "spend":
            value = """case
                when spend is null and has_spend and coalesce(gross_impressions, 0) + coalesce(gross_clicks, 0) = 0
                    and coalesce(unknown_cost_events, 0) = 0 then 0
                else spend end"""
        elif name in UNLESS:
            value = f"case when {UNLESS[name]} > 0 then {name} else 0 end"
        else:
            value = name if name in TOLD else f"coalesce({name}, 0)"
        values.append(f"cast({value} as {'decimal(38, 9)' if name in money else 'bigint'}) as {name}")
    return f"""
        with measures as (
            select date_day, platform, campaign_id, ad_id, {sums}
            from ({" union all ".join(parts)})
            group by 1, 2, 3, 4
        )
        select
            date_day, platform, campaign_id, coalesce(campaign_name, campaign_id) as campaign_name, ad_id,
            coalesce(ad_name, ad_id) as ad_name, {", ".join(values)}
        from (
            select
                platform, campaign_id, ad_id, max(spend) is not null as has_spend,
                explode(sequence(min(date_day), max(date_day))) as date_day
            from measures
            group by 1, 2, 3
        )
        left join measures using (date_day, platform, campaign_id, ad_id)
        left join (select platform, campaign_id, campaign_name from raw_campaigns) using (platform, campaign_id)
        left join (select platform, ad_id, ad_name from ads where valid_to = date '9999-12-31') using (platform, ad_id)
    """


def main(out: str) -> None:
    threads = os.environ.get("BENCH_THREADS", "2")
    memory = os.environ.get("BENCH_MEMORY", "8GB").removesuffix("B")
    spark = (
        SparkSession.builder.master(f"local[{threads}]")
        .config("spark.driver.memory", memory)
        .config("spark.local.dir", os.environ.get("BENCH_TEMP", "/tmp"))
        .config("spark.sql.shuffle.partitions", 2 * int(threads))
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", "false")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    gateway = spark.sparkContext._gateway
    raw = os.environ["BENCH_RAW"]
    for table in sorted(os.listdir(raw)):
        spark.read.parquet(f"{raw}/{table}").createOrReplaceTempView(f"raw_{table}")
    bots = "|".join(row.pattern for row in spark.table("raw_bot_patterns").collect())
    latest = f"(timestamp_ntz '{AS_OF}' + interval 5 minutes)"
    for name, is_kept, query in VIEWS:
        frame = spark.sql(query.format(bots=bots, latest=latest))
        (frame.cache() if is_kept else frame).createOrReplaceTempView(name)
    spark.sql(mart()).write.mode("overwrite").parquet(out)
    spark.stop()
    # The JVM's cost is counted with that of this process only once it has been waited for.
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()


if __name__ == "__main__":
    main(sys.argv[1])

"""Life-like ad events as Parquet, partitioned by day of arrival, at any scale: the same seed gives the same rows.

    python benchmarks/generate.py --impressions 10_000_000 --days 90 --seed 1 --out DIR

Zipf ads in campaigns on three platforms, a week's and a day's rhythm, about 1 % clicks, 3 % of them convert, 0.5 %
copies, 0.5 % malformed rows, 2 % late, bots, double clicks, floods, adjustments. google_ads tells a cost per
impression (USD), meta one per click (EUR), tiktok daily spend lines by ad (EUR).

Every number is a piece of the md5 of the seed and the row's own key: neither threads nor the order of rows matter, and
a day's rows are the same however many days there are. Files end on LAST_DAY, whose midnight `AS_OF` follows.
"""

from __future__ import annotations

import argparse
from datetime import date, timedelta
from pathlib import Path

import duckdb

LAST_DAY = date(2025, 3, 31)
AS_OF = "2025-04-01 12:00:00"
ADS, CAMPAIGNS, USERS = 2_000, 100, 1_000_000
LONGEST_DELAY = 4  # days from an event to the last file that a copy of it arrives in
DAYS_OF_CONVERSIONS = 50  # days from an impression to the last adjustment of its conversion
WEEK = (1.05, 1.08, 1.06, 1.04, 0.97, 0.86, 0.94)  # Monday first; the mean is 1

SETUP = """
set preserve_insertion_order = true;  -- files in the order of time, as logs are
create macro bits(name, key) as md5_number_lower(concat_ws(':', {seed}, name, key));
create macro share(bits, first, width) as
    ((bits >> first) & ((1::ubigint << width) - 1))::double / (1::ubigint << width)::double;
create macro uuid_of(name, key) as cast(md5(concat_ws(':', {seed}, name, key)) as uuid);

-- Two in a hundred rows are late: nine in ten of these by a day, all within three.
create macro days_late(share) as case when share >= 0.02 then 0 when share >= 0.002 then 1 when share >= 0.001 then 2
    else 3 end;
-- What is wrong with a row, 1 to 7; 0 with nearly all.
create macro fault_of(share) as case when share < 0.005 then 1 + floor(share / 0.005 * 7)::int else 0 end;
create macro loaded_at(file_day) as cast(file_day as timestamp) + interval 26 hours;

create macro ad_of(share) as floor(exp(share * ln({ads})))::int;
create macro user_of(share) as 'u' || floor({users} * share * share)::int;
-- One ad in fifty moves to another campaign of its platform.
create macro campaign_of(ad, day) as case
    when ad % 50 = 7 and day >= date '2025-02-15' then (ad * 37 % {campaigns} + 3) % ({campaigns} - {campaigns} % 3)
    else ad * 37 % {campaigns}
end;
create macro platform_of(ad) as ['google_ads', 'meta', 'tiktok'][1 + campaign_of(ad, date '2025-01-01') % 3];
create macro name_of(prefix, number) as prefix || lpad(number::varchar, 4, '0');

create table agents as
select
    n,
    case when n >= 253 then ['Googlebot/2.1', 'bingbot/2.0', 'AdsBot-Spider/1.4'][n - 252]
        when n % 3 = 0 then format('Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) '
            'Chrome/{{}}.0.0.0 Safari/537.36', 90 + n // 6)
        when n % 3 = 1 then format('Mozilla/5.0 (iPhone; CPU iPhone OS {{}}_{{}} like Mac OS X) AppleWebKit/605.1.15 '
            '(KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1', 12 + n // 40, n % 40)
        else format('Mozilla/5.0 (Linux; Android {{}}; SM-A{{}}) AppleWebKit/537.36 (KHTML, like Gecko) '
            'Chrome/120.0.0.0 Mobile Safari/537.36', 9 + n // 50, 100 + n) end as user_agent,
    case when n % 3 = 0 then 'desktop' when n % 30 = 1 then 'tablet' else 'mobile' end as device_type
from (select range::int as n from range(256));
"""

# The impressions of one day, in the order of their times, with what their clicks and conversions need to know.
IMPRESSIONS = """
    select
        key,
        file_day,
        fault,
        copies,
        uuid_of('impression', key)::{id_type} as impression_id,
        day + to_milliseconds(
            floor(86400000 * ((position + 0.095 * sin(6.283185307 * position - 1.07) + 1) % 1))::bigint
        ) as impression_at,
        platform,
        case when platform <> 'meta' then name_of('c', campaign_of(ad, day)) end as campaign_id,
        case when share(d, 0, 10) >= 0.001 then name_of('ad', ad) end as ad_id,
        case when share(d, 10, 10) >= 0.1 then user_of(share(b, 0, 30)) end as user_id,
        case when platform = 'google_ads' then round((1 + ad % 8) / 1000 * (0.5 + share(c, 0, 16)), 6) end
            ::decimal(18, 6) as cost,
        case when platform = 'google_ads' then case when share(d, 20, 10) < 0.002 then 'JPY' else 'USD' end end
            as currency,
        ['feed', 'story', 'search', 'sidebar', 'video'][1 + floor(share(b, 40, 6) * 5)::int] as placement,
        agents.device_type,
        ['US', 'US', 'US', 'DE', 'DE', 'GB', 'FR', 'NL', 'AT', 'CH', null][1 + floor(share(b, 46, 8) * 11)::int]
            as country,
        case when platform = 'google_ads' and share(b, 54, 10) < 0.05 then 'organic' else 'paid' end as traffic_type,
        case when platform <> 'tiktok' then share(c, 16, 10) < 0.9 end as is_measurable,
        case when platform <> 'tiktok' and share(c, 16, 10) < 0.9 then share(c, 26, 10) < 0.6 end as is_viewable,
        agents.user_agent,
        share(d, 30, 20) < 0.01 * (0.4 + ad % 7 / 5.0) as is_clicked,
        share(d, 50, 14) < 0.00012 as is_viewed_through
    from (
        select
            *,
            platform_of(ad) as platform
        from (
            select
                key,
                date '{day}' as day,
                (n + share(a, 0, 30)) / {rows} as position,
                ad_of(share(a, 30, 20)) as ad,
                date '{day}' + days_late(share(a, 50, 14)) as file_day,
                fault_of(share(c, 36, 16)) as fault,
                case when share(c, 52, 12) < 0.005 then 1 else 0 end as copies,
                b, c, d
            from (
                select
                    *,
                    bits('a', key) as a,
                    bits('b', key) as b,
                    bits('c', key) as c,
                    bits('d', key) as d
                from (
                    select range as n, (date '{day}' - date '2000-01-01') * 10000000000 + range as key
                    from range({rows})
                )
            )
        )
    )
    inner join agents on agents.n = floor(share(b, 30, 10) * 256)::int
"""

# Clicks of impressions: seconds later, some a day and more; two in a hundred twice, one in a thousand as a flood.
CLICKS = """
create table clicks as
select
    click_key as key,
    clicked_at::date + days_late(share(e, 0, 14)) as file_day,
    fault_of(share(e, 14, 16)) as fault,
    case when share(e, 30, 12) < 0.005 then 1 else 0 end as copies,
    uuid_of('click', click_key)::{id_type} as click_id,
    clicked_at,
    platform,
    case when not is_flood and share(e, 42, 8) >= 0.03 then impression_id end as impression_id,
    ad_id,
    campaign_id,
    user_id,
    case when platform = 'meta' then round(0.2 + share(e, 50, 10) * 1.8, 2) end::decimal(18, 6) as cost,
    case when platform = 'meta' then 'EUR' end as currency,
    case when share(e, 60, 4) < 0.9 then 'https://shop.example/' || coalesce(ad_id, '') end as landing_url,
    case when share(e, 60, 4) < 0.7 then clicked_at + interval 2 seconds end as landed_at,
    user_agent,
    device_type,
    country
from (
    select
        *,
        key::varchar || '-' || number as click_key,
        bits('e', key::varchar || '-' || number) as e,
        impression_at + to_milliseconds(delay::bigint) + to_seconds(2 * number) as clicked_at
    from (
        select
            *,
            share(f, 0, 10) < 0.001 as is_flood,
            unnest(range(case when share(f, 0, 10) < 0.001 then 25 when share(f, 10, 10) < 0.02 then 2 else 1 end))
                as number,
            case
                when share(f, 20, 10) < 0.005 then -2000
                when share(f, 20, 10) < 0.85 then -15000 * ln(1 - share(f, 30, 20))
                when share(f, 20, 10) < 0.99 then 600000 * share(f, 30, 20)
                else 86400000 * (0.9 + share(f, 30, 20))
            end as delay
        from (select *, bits('f', key) as f from touched where is_clicked)
    )
)
"""

# Conversions: half name their click, a tenth their impression, three tenths only a user, a tenth nobody. Three tenths
# are of the advertiser's own log, which names no platform. Some come after their window.
CONVERSIONS = """
create table conversions as
with touches as (
    select key as touch, click_id, impression_id, platform, user_id, clicked_at as touched_at
    from clicks
    where share(bits('g', key), 0, 20) < 0.03
    union all
    select 'view-' || key as touch, null as click_id, impression_id, platform, user_id, impression_at as touched_at
    from touched
    where is_viewed_through
),

converted as (
    select
        touch,
        false as is_adjustment,
        uuid_of('conversion', touch)::{id_type} as conversion_id,
        touched_at + to_milliseconds(case
            when share(g, 0, 10) < 0.7 then 3600000.0 * share(g, 10, 20)
            when share(g, 0, 10) < 0.93 then 7 * 86400000.0 * share(g, 10, 20)
            else 45 * 86400000.0 * share(g, 10, 20)
        end::bigint) as converted_at,
        case
            when share(g, 30, 8) < 0.6 then 'purchase'
            when share(g, 30, 8) < 0.85 then 'sign_up'
            else 'add_to_cart'
        end as conversion_type,
        case when share(g, 38, 8) < 0.7 then platform end as platform,
        case when share(g, 46, 8) < 0.5 then click_id end as click_id,
        case when share(g, 46, 8) between 0.5 and 0.6 then impression_id end as impression_id,
        case when share(g, 46, 8) < 0.5 or share(g, 46, 8) between 0.6 and 0.9 then user_id end as user_id,
        case when share(g, 30, 8) < 0.6 then round(5 + 95 * share(g, 54, 10), 2) end::decimal(12, 2) as value,
        case
            when share(g, 30, 8) >= 0.6 then null
            when platform = 'meta' then 'EUR'
            when share(g, 54, 10) < 0.01 then 'JPY'
            else 'USD'
        end as currency,
        case when share(g, 30, 8) < 0.6 then 'order-' || md5(touch)[:12] end as order_id
    from (select *, bits('g2', touch) as g from touches)
),

-- Four in a hundred are told again: worth half, or taken back. One in twenty of these adjusts what is not there.
adjusted as (
    select
        touch || '-adjusted' as touch,
        true as is_adjustment,
        uuid_of('adjustment', touch)::{id_type} as conversion_id,
        converted_at + interval 50 hours as converted_at,
        conversion_type,
        platform,
        null as click_id,
        null as impression_id,
        null as user_id,
        case when share(h, 10, 10) < 0.5 then coalesce(value, 10) / 2 end::decimal(12, 2) as value,
        case when share(h, 10, 10) < 0.5 then coalesce(currency, 'USD') end as currency,
        order_id,
        case when share(h, 20, 10) < 0.05 then uuid_of('unknown', touch)::{id_type} else conversion_id end
            as adjusts_conversion_id,
        case when share(h, 10, 10) < 0.5 then 'restate' else 'retract' end as adjustment_type
    from (select *, bits('h', touch) as h from converted)
    where share(h, 0, 10) < 0.04
)

select
    converted_at::date + days_late(share(bits('i', touch), 0, 14)) as file_day,
    fault_of(share(bits('i', touch), 14, 16)) as fault,
    case when share(bits('i', touch), 30, 12) < 0.005 then 1 else 0 end as copies,
    touch as key,
    * exclude (touch)
from (select * from converted union all by name select * from adjusted)
"""

# tiktok's daily lines: what an ad of its rank costs, some told again two days later, a few credits.
SPEND = """
create table spend as
select
    name_of('ad', ad) as key,
    date_day + days_late(share(s, 0, 14)) + case number when 1 then 2 else 0 end as file_day,
    fault_of(share(s, 14, 16)) as fault,
    case when share(s, 30, 12) < 0.005 then 1 else 0 end as copies,
    date_day,
    round(
        case when is_credit then 0.1 else 1 + 0.02 * number end
        * {impressions_per_day} * ln((ad + 1) / ad) / ln({ads})
        * (1 + ad % 8) / 1000 * (0.9 + 0.2 * share(s, 42, 10)),
        2
    )::decimal(18, 2) as amount,
    'tiktok' as platform,
    name_of('ad', ad) as ad_id,
    name_of('c', campaign_of(ad, date_day)) as campaign_id,
    'EUR' as currency,
    is_credit,
    case when not is_credit then round({impressions_per_day} * ln((ad + 1) / ad) / ln({ads}))::bigint end
        as reported_impressions
from (
    select
        *,
        bits('s', concat_ws('-', date_day, ad, is_credit)) as s
    from (
        select
            ad::int as ad,
            day::date as date_day,
            unnest(case when share(bits('credit', concat_ws('-', day::date, ad)), 0, 10) < 0.005
                then [false, true] else [false] end) as is_credit
        from
            range(1, {ads}) as every_ad (ad),
            range(timestamp '{first}', timestamp '{end}', interval 1 day) as every_day (day)
    )
    where platform_of(ad) = 'tiktok'
)
cross join lateral (select unnest(case when share(s, 52, 10) < 0.01 then [0, 1] else [0] end) as number)
"""

REFERENCE = {
    "ads": """
        select
            name_of('ad', ad) as ad_id,
            platform_of(ad) as platform,
            'Ad ' || ad as ad_name,
            name_of('g', ad // 5) as ad_group_id,
            'Group ' || ad // 5 as ad_group_name,
            name_of('c', campaign_of(ad, valid_from)) as campaign_id,
            'https://shop.example/' || name_of('ad', ad) as landing_page,
            valid_from
        from (
            select ad::int as ad, unnest(case when ad % 50 = 7 then [date '2024-01-01', date '2025-02-15']
                else [date '2024-01-01'] end) as valid_from
            from range(1, {ads} - 10) as every_ad (ad)  -- the last few ads are in no table
        )
    """,
    "campaigns": """
        select
            name_of('c', campaign::int) as campaign_id,
            ['google_ads', 'meta', 'tiktok'][1 + campaign % 3] as platform,
            'Campaign ' || campaign as campaign_name,
            ['awareness', 'conversion'][1 + campaign % 2] as objective,
            date '2024-01-01' as valid_from
        from range({campaigns}) as every_campaign (campaign)
    """,
    "platforms": """
        select
            unnest(['google_ads', 'meta', 'tiktok']) as platform,
            unnest(['Google Ads', 'Meta', 'TikTok']) as platform_name
    """,
    # Rates of working days only: weekends have Friday's.
    "exchange_rates": """
        select day::date as date_day, 'EUR' as currency, round(1.05 + 0.05 * share(bits('rate', day), 0, 20), 6)
            ::decimal(18, 9) as rate
        from range(timestamp '{first}' - interval 10 days, timestamp '{end}', interval 1 day) as every_day (day)
        where dayofweek(day) between 1 and 5
    """,
    "bot_patterns": "select unnest(['bot', 'spider', 'crawl', 'headless']) as pattern",
}

# How a row with a fault is spoiled: so that it is rejected, as far as a table of typed columns can hold such a row.
SPOILED_EVENT = """
    case fault when 1 then null when 2 then {{blank}} else {id} end as {id},
    case fault
        when 3 then null
        when 4 then timestamp '1970-01-01'
        when 5 then {time} + interval 10 years
        else {time}
    end as {time},
    case fault when 6 then -abs(coalesce({money}, 0.01)) when 7 then {too_much} else {money} end as {money}
"""
SPOILED = {
    "impressions": SPOILED_EVENT.format(
        id="impression_id", time="impression_at", money="cost", too_much="5000000000::decimal(18, 6)"
    ),
    "clicks": SPOILED_EVENT.format(
        id="click_id", time="clicked_at", money="cost", too_much="5000000000::decimal(18, 6)"
    ),
    "conversions": SPOILED_EVENT.format(id="conversion_id", time="converted_at", money="value", too_much="-1"),
    "spend": """
        case when fault <> 1 then ad_id end as ad_id,
        case when fault <> 1 then campaign_id end as campaign_id,
        case fault when 2 then null when 3 then date '1970-01-01' when 4 then date_day + 3650 else date_day end
            as date_day,
        case fault when 5 then null when 6 then -abs(amount) else amount end as amount
    """,
}
# Columns that only this script needs.
WORKING = {"impressions": ", is_clicked, is_viewed_through", "conversions": ", is_adjustment"}
# What makes another row of a copy.
CHANGED = {
    "impressions": "impression_at + interval 1 second as impression_at",
    "clicks": "clicked_at + interval 1 second as clicked_at",
    "conversions": "converted_at + interval 1 second as converted_at",
    "spend": "amount as amount",
}


def arrivals(table: str, rows: str, day: date, id_type: str) -> str:
    """What arrives in one day's file: its rows, and copies of rows. One copy in four comes a day later, one in fifty
    has another content; both come spoiled where the row has a fault."""
    spoiled = SPOILED[table].format(blank="''" if id_type == "varchar" else "null")
    is_later, is_changed = "bits('copy', key) % 1000 % 4 = 0", "bits('copy', key) % 1000 % 50 = 7"
    arrives_later = f"case when {is_later} then file_day + 1 else file_day end as file_day"
    return f"""
        select
            * exclude (file_day, key, fault, copies {WORKING.get(table, "")}) replace ({spoiled}),
            loaded_at(file_day) as loaded_at
        from (
            from {rows}
            union all
            select * replace ({arrives_later}) from {rows} where copies = 1 and not {is_changed}
            union all
            select * replace ({arrives_later}, {CHANGED[table]}) from {rows} where copies = 1 and {is_changed}
        )
        where file_day = date '{day}'
    """


def rows_of(day: date, per_day: float) -> int:
    return round(per_day * WEEK[day.weekday()])


def generate(out: Path, impressions: int, days: int, seed: int, id_type: str = "varchar") -> None:
    per_day = impressions / days
    first, end = LAST_DAY - timedelta(days=days - 1), LAST_DAY + timedelta(days=1)
    connection = duckdb.connect(config={"temp_directory": str(out / "temp")})
    known = {"seed": seed, "ads": ADS, "campaigns": CAMPAIGNS, "users": USERS, "id_type": id_type, "first": first,
             "end": end, "impressions_per_day": round(per_day)}
    connection.execute(SETUP.format(**known))

    def events(day: date, rows: int) -> str:
        return IMPRESSIONS.format(**known, day=day, rows=rows)

    def write(folder: str, query: str) -> None:
        file = out / folder / "data.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        connection.execute(f"copy ({query}) to '{file}' (format parquet, compression zstd)")

    # What touches the first file's days, and what arrives on them late, reaches further back than the files do.
    day = first - timedelta(days=LONGEST_DELAY)
    for table in ("touched", "waiting"):
        connection.execute(f"create table {table} as {events(day, rows=0)}")
    while day < end:
        connection.execute("create or replace temp table today as " + events(day, rows_of(day, per_day)))
        connection.execute("insert into touched select * from today where is_clicked or is_viewed_through")
        if day >= first:
            arriving = "(from waiting union all from today)"
            write(f"impressions/day={day}", arrivals("impressions", arriving, day, id_type))
        # Copies come up to a day after their row.
        connection.execute(f"delete from waiting where file_day < date '{day}'")
        connection.execute(f"insert into waiting from today where file_day > date '{day}' or copies = 1")
        day += timedelta(days=1)
    connection.execute(CLICKS.format(**known))
    connection.execute(CONVERSIONS.format(**known))
    connection.execute(SPEND.format(**known))

    for table, query in REFERENCE.items():
        write(table, query.format(**known))
    day = first
    while day < end:
        for table in ("clicks", "conversions", "spend"):
            near = f"(from {table} where file_day between date '{day}' - 1 and date '{day}')"
            write(f"{table}/day={day}", arrivals(table, near, day, id_type))
        day += timedelta(days=1)
    connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--impressions", type=lambda text: int(float(text)), default=1_000_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ids", choices=["varchar", "uuid"], default="varchar", help="type of the events' ids")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    generate(arguments.out, arguments.impressions, arguments.days, arguments.seed, arguments.ids)


if __name__ == "__main__":
    main()

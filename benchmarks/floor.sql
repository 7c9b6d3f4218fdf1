-- The floor: the least work that we know of from the raw files to the mart by day and ad. Rules, copies and credit are
-- those of the package; nothing is kept but the mart. It knows its data: times are UTC and typed, money is in dollars,
-- euros or a currency without a rate, spend lines stand at ads and none supersedes the cost of an event.
-- Variables: raw, the folder of the files; as_of, the clock.

create temp macro raw_files(name) as getvariable('raw') || '/' || name || '/**/*.parquet';
create temp macro is_usable(happened_at) as
    happened_at between timestamp '2000-01-01' and getvariable('as_of')::timestamp + interval 5 minutes;
create temp macro in_dollars(amount, currency, rate) as
    case when coalesce(currency, 'USD') = 'USD' then amount else amount * rate end;

-- What is small: rates by day, the ads' campaigns by day, clicks, conversions, spend lines.

create temp table rates as
select
    unnest(range(day::timestamp, least(next_day, day + 7)::timestamp, interval 1 day))::date as date_day,
    currency,
    rate
from (
    select date_day as day, currency, rate, lead(date_day, 1, date '9999-12-31') over by_day as next_day
    from read_parquet(raw_files('exchange_rates'))
    window by_day as (partition by currency order by date_day)
);

create temp table ads as
select
    platform,
    ad_id,
    campaign_id,
    ad_name,
    case when lag(valid_from) over versions is null then date '1900-01-01' else valid_from end as valid_from,
    lead(valid_from, 1, date '9999-12-31') over versions as valid_to
from read_parquet(raw_files('ads'))
window versions as (partition by platform, ad_id order by valid_from);

create temp table bots as
select user_agent
from (
    select distinct user_agent from read_parquet(raw_files('impressions'))
    union
    select distinct user_agent from read_parquet(raw_files('clicks'))
) as agents
where exists (
    from read_parquet(raw_files('bot_patterns')) as patterns
    where contains(lower(agents.user_agent), patterns.pattern)
);

create temp macro is_bot(user_agent) as coalesce(user_agent in (from bots), false);

create temp table clicks as
select
    *,
    clicked_at::date as date_day,
    case when landed_at is not null then true when landing_url is not null then false end as is_landed,
    is_bot(user_agent) as is_bot
from read_parquet(raw_files('clicks'))
where click_id <> '' and is_usable(clicked_at) and (cost is null or cost between 0 and 999999999)
qualify row_number() over (partition by platform, click_id order by clicked_at, loaded_at) = 1;

create temp table conversions as
select
    * replace (coalesce(platform, 'unknown') as platform),
    platform is not null as is_platform_known,
    converted_at::date as date_day,
    adjusts_conversion_id is not null as is_adjustment
from read_parquet(raw_files('conversions'))
where
    conversion_id <> ''
    and is_usable(converted_at)
    and (value is null or value >= 0 or adjusts_conversion_id is not null)
    and (adjustment_type is distinct from 'restate' or value is not null)
qualify row_number() over (partition by platform, conversion_id order by converted_at, loaded_at) = 1;

create temp table spend as
select
    date_day,
    platform,
    coalesce(campaign_id, 'unknown') as campaign_id,
    ad_id,
    sum((amount * rate)::decimal(28, 9)) as spend,
    count(*) - count(rate) as unknown_cost_events
from (
    select * replace (case when is_credit then -abs(amount) else amount end as amount)
    from read_parquet(raw_files('spend'))
    where ad_id is not null and is_usable(date_day::timestamp) and (amount >= 0 or is_credit)
    qualify
        row_number() over (
            partition by date_day, platform, campaign_id, ad_id, currency, is_credit order by loaded_at desc
        ) = 1
)
left join rates using (date_day, currency)
group by all;

-- Impressions, once: what the mart counts, narrow. Ids and users are 64-bit hashes (two of 100 million meet in one of
-- 3,700 builds), a platform's ad in its campaign is one number.

create temp macro cell_of(platform, campaign_id, ad_id, currency) as hash(platform, campaign_id, ad_id, currency);

create temp table cells as
select distinct cell_of(platform, campaign_id, ad_id, currency) as cell, platform, campaign_id, ad_id, currency
from read_parquet(raw_files('impressions'));

create temp table impressions as
select
    hash(impression_id) as id_hash,
    hash(user_id) as user_hash,
    cell_of(platform, campaign_id, ad_id, currency) as cell,
    impression_at,
    cost,
    is_measurable,
    is_viewable,
    is_bot(user_agent) as is_bot
from read_parquet(raw_files('impressions'))
where impression_id <> '' and is_usable(impression_at) and (cost is null or cost between 0 and 999999999);

create temp table repeated as
select distinct id_hash
from (select id_hash, row_number() over (partition by id_hash) as place from impressions)
where place = 2;

-- The few that another copy, a click or a conversion asks for. Copies with the same time are equal here.
create temp table asked_for as
select
    id_hash,
    user_hash,
    cell,
    impression_at,
    impression_at::date as date_day,
    platform,
    campaign_id,
    ad_id,
    cost,
    is_measurable,
    is_viewable,
    is_bot
from impressions
inner join cells using (cell)
where
    id_hash in (
        from repeated
        union select hash(impression_id) from clicks
        union select hash(impression_id) from conversions
    )
    or hash(user_hash, impression_at::date) in (
        select hash(hash(user_id), date_day) from conversions where user_id is not null
        union select hash(hash(user_id), date_day - 1) from conversions where user_id is not null
    )
qualify row_number() over (partition by id_hash, platform order by impression_at) = 1;

create temp table impressions_by_day as
select
    impression_at::date as date_day,
    cell,
    count(*) as gross_impressions,
    count(*) filter (not is_bot) as impressions,
    sum(is_measurable::int) filter (not is_bot) as measurable_impressions,
    sum((is_measurable and is_viewable)::int) filter (not is_bot) as viewable_impressions,
    sum(cost) as cost,
    count(cost) as costs
from (
    select impression_at, cell, cost, is_measurable, is_viewable, is_bot
    from impressions
    where id_hash not in (from repeated)
    union all
    select impression_at, cell, cost, is_measurable, is_viewable, is_bot
    from asked_for
    where id_hash in (from repeated)
)
group by all;

-- Clicks: where they stand, and which are invalid.

create temp table placed_clicks as
with judged as (
    select
        clicks.*,
        shown.impression_at,
        shown.is_bot as is_on_bot,
        shown.platform is not null
        and clicked_at >= impression_at - interval 5 minutes
        and clicked_at < impression_at + interval 1 day as is_matched,
        impression_id is not null and clicked_at < interval 10 seconds + lag(clicked_at) over (
            partition by clicks.platform, impression_id order by clicked_at, click_id
        ) as is_repeat,
        clicks.user_id is not null and clicked_at < interval 1 minute + lag(clicked_at, 20) over (
            partition by clicks.platform, clicks.user_id order by clicked_at, click_id
        ) as is_flood,
        case when is_matched then shown.campaign_id else clicks.campaign_id end as own_campaign_id,
        case when is_matched then shown.ad_id else clicks.ad_id end as own_ad_id,
        case when is_matched then impression_at::date else clicks.date_day end as ad_day
    from clicks
    left join asked_for as shown
        on clicks.platform = shown.platform and hash(clicks.impression_id) = shown.id_hash
)

select
    judged.platform,
    click_id,
    clicked_at,
    date_day,
    impression_id,
    case when is_matched then impression_at::date end as impression_day,
    coalesce(own_campaign_id, ads.campaign_id, 'unknown') as campaign_id,
    coalesce(own_ad_id, 'unknown') as ad_id,
    user_id,
    is_landed,
    coalesce(is_matched, false) as is_matched,
    coalesce(is_bot or is_on_bot or is_repeat or is_flood, false) as is_invalid,
    -- A repeat click stands for the click that it repeats: the last before it that repeats none.
    case
        when is_repeat and not is_bot and not coalesce(is_on_bot, false) then last_value(
            case when not coalesce(is_repeat, false) then click_id end ignore nulls
        ) over (partition by judged.platform, impression_id order by clicked_at, click_id rows unbounded preceding)
        else click_id
    end as meant_click_id,
    in_dollars(cost, currency, rate)::decimal(18, 9) as event_cost,
    cost is not null and event_cost is null as is_cost_unknown
from judged
left join ads
    on
        judged.platform = ads.platform
        and own_ad_id = ads.ad_id
        and ad_day >= ads.valid_from
        and ad_day < ads.valid_to
left join rates using (date_day, currency);

-- Conversions: each is credited to the best of the clicks and impressions that it may come from.

create temp table clicks_named as
select
    conversions.platform,
    conversion_id,
    converted_at,
    meant.platform as meant_platform,
    meant.click_id as meant_click_id,
    meant.clicked_at,
    meant.is_invalid
from conversions
inner join placed_clicks as named
    on
        conversions.click_id = named.click_id
        and (conversions.platform = named.platform or not is_platform_known)
inner join placed_clicks as meant
    on named.platform = meant.platform and named.meant_click_id = meant.click_id
where not is_adjustment;

create temp table impressions_named as
select
    conversions.platform,
    conversion_id,
    converted_at,
    asked_for.platform as named_platform,
    id_hash,
    impression_at,
    is_bot as is_invalid
from conversions
inner join asked_for
    on
        hash(impression_id) = id_hash
        and (conversions.platform = asked_for.platform or not is_platform_known)
where impression_id is not null and not is_adjustment;

-- A conversion is invalid that comes after invalid traffic: all that it names is, its clicks or else its impressions.
create temp table invalid_conversions as
select platform, conversion_id from clicks_named group by all having bool_and(is_invalid)
union all
select platform, conversion_id
from impressions_named
where (platform, conversion_id) not in (select (platform, conversion_id) from clicks_named)
group by all
having bool_and(is_invalid);

create temp table credited as
with candidates as (
    select
        platform,
        conversion_id,
        1 as credit_rank,
        clicked_at as credited_at,
        meant_platform as credited_platform,
        meant_click_id as credited_click_id,
        null as credited_id_hash
    from clicks_named
    where not is_invalid and clicked_at <= converted_at and clicked_at > converted_at - interval 30 days

    union all

    select
        platform,
        conversion_id,
        2 as credit_rank,
        impression_at as credited_at,
        named_platform as credited_platform,
        null as credited_click_id,
        id_hash as credited_id_hash
    from impressions_named
    where not is_invalid and impression_at <= converted_at and impression_at > converted_at - interval 1 day

    union all

    select
        conversions.platform,
        conversion_id,
        3 as credit_rank,
        clicked_at as credited_at,
        placed_clicks.platform as credited_platform,
        placed_clicks.click_id as credited_click_id,
        null as credited_id_hash
    from conversions
    inner join placed_clicks
        on
            conversions.user_id = placed_clicks.user_id
            and (conversions.platform = placed_clicks.platform or not is_platform_known)
            and converted_at >= clicked_at
            and converted_at - interval 30 days < clicked_at
    where not is_invalid and not is_adjustment

    union all

    select
        conversions.platform,
        conversion_id,
        4 as credit_rank,
        impression_at as credited_at,
        asked_for.platform as credited_platform,
        null as credited_click_id,
        id_hash as credited_id_hash
    from conversions
    inner join asked_for
        on
            hash(user_id) = user_hash
            and (conversions.platform = asked_for.platform or not is_platform_known)
            and converted_at >= impression_at
            and converted_at - interval 1 day < impression_at
    where user_id is not null and not is_bot and not is_adjustment
)

select * exclude (credited_at)
from candidates
where (platform, conversion_id) not in (select (platform, conversion_id) from invalid_conversions)
qualify row_number() over (
    partition by platform, conversion_id
    order by credit_rank, credited_at desc, credited_click_id desc, credited_id_hash desc, credited_platform desc
) = 1;

create temp table placed_conversions as
select
    conversions.platform,
    conversions.conversion_id,
    conversions.date_day,
    credit_rank,
    credited_platform,
    credited_click_id,
    placed_clicks.impression_id as clicked_impression_id,
    placed_clicks.impression_day as clicked_impression_day,
    placed_clicks.is_matched,
    coalesce(placed_clicks.date_day, asked_for.date_day) as credited_day,
    coalesce(placed_clicks.campaign_id, asked_for.campaign_id, ads.campaign_id, 'unknown') as campaign_id,
    coalesce(placed_clicks.ad_id, asked_for.ad_id, 'unknown') as ad_id,
    conversions.conversion_type in ('purchase', 'sign_up') as is_primary,
    case when restated.value is null then conversions.value else restated.value end as final_value,
    case when restated.value is null then conversions.currency else restated.currency end as final_currency,
    in_dollars(final_value, final_currency, rate)::decimal(28, 9) as conversion_value
from conversions
left join (
    from conversions
    where adjustment_type = 'restate'
    qualify row_number() over (
        partition by platform, adjusts_conversion_id order by converted_at desc, loaded_at desc, conversion_id desc
    ) = 1
) as restated
    on conversions.platform = restated.platform and conversions.conversion_id = restated.adjusts_conversion_id
left join credited
    on conversions.platform = credited.platform and conversions.conversion_id = credited.conversion_id
left join placed_clicks
    on credited_platform = placed_clicks.platform and credited_click_id = placed_clicks.click_id
left join asked_for on credited_platform = asked_for.platform and credited_id_hash = asked_for.id_hash
left join ads
    on
        credited_platform = ads.platform
        and asked_for.ad_id = ads.ad_id
        and asked_for.date_day >= ads.valid_from
        and asked_for.date_day < ads.valid_to
left join rates
    on
        conversions.date_day = rates.date_day
        and case when restated.value is null then conversions.currency else restated.currency end = rates.currency
where
    not conversions.is_adjustment
    and (conversions.platform, conversions.conversion_id) not in (
        select (platform, adjusts_conversion_id) from conversions where adjustment_type = 'retract'
    )
    and (conversions.platform, conversions.conversion_id) not in (
        select (platform, conversion_id) from invalid_conversions
    );

-- The mart: every measure on the day of the event that it counts, then a row for each day of an ad.

create temp table measures as
select
    date_day,
    platform,
    campaign_id,
    ad_id,
    sum(gross_impressions) as gross_impressions,
    sum(impressions) as impressions,
    sum(measurable_impressions) as measurable_impressions,
    sum(viewable_impressions) as viewable_impressions,
    sum(clicked_impressions) as clicked_impressions,
    sum(converted_impressions) as converted_impressions,
    sum(gross_clicks) as gross_clicks,
    sum(clicks) as clicks,
    sum(unmatched_clicks) as unmatched_clicks,
    sum(landing_measurable_clicks) as landing_measurable_clicks,
    sum(landed_clicks) as landed_clicks,
    sum(converted_clicks) as converted_clicks,
    sum(conversions) as conversions,
    sum(conversion_value) as conversion_value,
    sum(view_through_conversions) as view_through_conversions,
    sum(view_through_value) as view_through_value,
    sum(conversions_by_conversion_date) as conversions_by_conversion_date,
    sum(conversion_value_by_conversion_date) as conversion_value_by_conversion_date,
    sum(all_conversions) as all_conversions,
    sum(all_conversion_value) as all_conversion_value,
    sum(unattributed_conversions) as unattributed_conversions,
    sum(spend) as spend,
    sum(unknown_cost_events) as unknown_cost_events,
    sum(unknown_value_conversions) as unknown_value_conversions
from (
    select
        by_day.date_day,
        cells.platform,
        coalesce(cells.campaign_id, ads.campaign_id, 'unknown') as campaign_id,
        coalesce(cells.ad_id, 'unknown') as ad_id,
        gross_impressions,
        impressions,
        measurable_impressions,
        viewable_impressions,
        case when coalesce(currency, 'USD') = 'USD' then cost::decimal(38, 9) end as spend,
        case when coalesce(currency, 'USD') = 'USD' then 0 else costs end as unknown_cost_events
    from impressions_by_day as by_day
    inner join cells using (cell)
    left join ads
        on
            cells.platform = ads.platform
            and cells.ad_id = ads.ad_id
            and by_day.date_day >= ads.valid_from
            and by_day.date_day < ads.valid_to

    union all by name

    select
        date_day,
        platform,
        campaign_id,
        ad_id,
        count(*) as gross_clicks,
        count(*) filter (not is_invalid) as clicks,
        count(*) filter (not is_invalid and not is_matched) as unmatched_clicks,
        nullif(count(is_landed) filter (not is_invalid), 0) as landing_measurable_clicks,
        sum(is_landed::int) filter (not is_invalid) as landed_clicks,
        sum(event_cost) as spend,
        sum(is_cost_unknown::int) as unknown_cost_events
    from placed_clicks
    group by all

    union all by name

    select
        impression_day as date_day, platform, campaign_id, ad_id, count(distinct impression_id) as clicked_impressions
    from placed_clicks
    where is_matched and not is_invalid
    group by all

    union all by name

    select
        credited_day as date_day,
        credited_platform as platform,
        campaign_id,
        ad_id,
        nullif(count(distinct credited_click_id), 0) as converted_clicks,
        nullif(count(credited_click_id), 0) as conversions,
        sum(case when credited_click_id is not null then conversion_value end) as conversion_value,
        nullif(count(*) - count(credited_click_id), 0) as view_through_conversions,
        sum(case when credited_click_id is null then conversion_value end) as view_through_value,
        count(final_value) - count(conversion_value) as unknown_value_conversions
    from placed_conversions
    where is_primary and credit_rank is not null
    group by all

    union all by name

    select
        clicked_impression_day as date_day,
        credited_platform as platform,
        campaign_id,
        ad_id,
        count(distinct clicked_impression_id) as converted_impressions
    from placed_conversions
    where is_primary and is_matched
    group by all

    union all by name

    select
        date_day,
        coalesce(credited_platform, platform) as platform,
        campaign_id,
        ad_id,
        count(*) as all_conversions,
        sum(conversion_value) as all_conversion_value,
        count(*) filter (is_primary and credited_click_id is not null) as conversions_by_conversion_date,
        sum(conversion_value) filter (is_primary and credited_click_id is not null)
            as conversion_value_by_conversion_date,
        count(*) filter (is_primary and credit_rank is null) as unattributed_conversions
    from placed_conversions
    group by all

    union all by name

    select * from spend
)
group by all;

create table mart as
select
    date_day,
    platform,
    campaign_id,
    coalesce(campaign_name, campaign_id) as campaign_name,
    ad_id,
    coalesce(ad_name, ad_id) as ad_name,
    coalesce(gross_impressions, 0)::bigint as gross_impressions,
    coalesce(impressions, 0)::bigint as impressions,
    measurable_impressions::bigint as measurable_impressions,
    viewable_impressions::bigint as viewable_impressions,
    coalesce(clicked_impressions, 0)::bigint as clicked_impressions,
    coalesce(converted_impressions, 0)::bigint as converted_impressions,
    coalesce(gross_clicks, 0)::bigint as gross_clicks,
    coalesce(clicks, 0)::bigint as clicks,
    coalesce(unmatched_clicks, 0)::bigint as unmatched_clicks,
    landing_measurable_clicks::bigint as landing_measurable_clicks,
    landed_clicks::bigint as landed_clicks,
    coalesce(converted_clicks, 0)::bigint as converted_clicks,
    coalesce(conversions, 0)::bigint as conversions,
    case when conversions > 0 then conversion_value else 0 end::decimal(38, 9) as conversion_value,
    coalesce(view_through_conversions, 0)::bigint as view_through_conversions,
    case when view_through_conversions > 0 then view_through_value else 0 end::decimal(38, 9) as view_through_value,
    coalesce(conversions_by_conversion_date, 0)::bigint as conversions_by_conversion_date,
    case when conversions_by_conversion_date > 0 then conversion_value_by_conversion_date else 0 end::decimal(38, 9)
        as conversion_value_by_conversion_date,
    coalesce(all_conversions, 0)::bigint as all_conversions,
    case when all_conversions > 0 then all_conversion_value else 0 end::decimal(38, 9) as all_conversion_value,
    coalesce(unattributed_conversions, 0)::bigint as unattributed_conversions,
    case
        when spend is null and has_spend and coalesce(gross_impressions, 0) + coalesce(gross_clicks, 0) = 0
            and coalesce(unknown_cost_events, 0) = 0 then 0
        else spend
    end::decimal(38, 9) as spend,
    coalesce(unknown_cost_events, 0)::bigint as unknown_cost_events,
    coalesce(unknown_value_conversions, 0)::bigint as unknown_value_conversions
from (
    select
        platform,
        campaign_id,
        ad_id,
        unnest(range(min(date_day)::timestamp, max(date_day) + interval 1 day, interval 1 day))::date as date_day,
        max(spend) is not null as has_spend
    from measures
    group by platform, campaign_id, ad_id
) as every_day
left join measures using (date_day, platform, campaign_id, ad_id)
left join read_parquet(raw_files('campaigns')) as campaigns using (platform, campaign_id)
left join (from ads where valid_to = date '9999-12-31') as current_ads using (platform, ad_id);

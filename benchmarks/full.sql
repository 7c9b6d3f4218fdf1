-- The full script: by hand, the same ledger, facts and mart by day and ad that the package keeps, with the columns that
-- it keeps. It takes from the floor what is cheap there: one look at the ids for those that occur twice, ranks for
-- their rows only, one look for the few impressions that clicks and conversions ask for.
-- Variables: raw, the folder of the files; as_of, the clock.

create temp macro raw_files(name) as getvariable('raw') || '/' || name || '/**/*.parquet';
create temp macro latest_time() as getvariable('as_of')::timestamp + interval 5 minutes;
create temp macro time_fault(happened_at) as case
    when happened_at is null then 'invalid_timestamp'
    when happened_at < timestamp '2000-01-01' then 'timestamp_out_of_range'
    when happened_at > latest_time() then 'in_future'
end;
create temp macro day_of(happened_at) as
    case when happened_at between timestamp '2000-01-01' and latest_time() then happened_at::date end;
create temp macro money_fault(amount, readable) as
    case when amount is not null and readable is null then 'invalid_number' when readable < 0 then 'negative_cost' end;
create temp macro in_dollars(amount, currency, rate) as
    case when currency = 'USD' then amount else try(amount * rate) end;
create temp macro disposition_of(reject_reason, copy_number, is_same) as case
    when reject_reason is not null then 'rejected'
    when copy_number = 1 then 'accepted'
    when is_same then 'duplicate'
    else 'conflict'
end;
create temp macro reason_of(reject_reason, copy_number, is_same) as case
    when reject_reason is not null then reject_reason
    when copy_number = 1 then null
    when is_same then 'same_payload'
    else 'other_payload'
end;

-- Reference tables.

create table dim_ads__ads as
select
    platform,
    ad_id,
    ad_name,
    ad_group_id,
    ad_group_name,
    campaign_id,
    landing_page,
    null::varchar as experiment,
    null::varchar as variant,
    case when lag(1) over versions is null then date '1900-01-01' else valid_from end as valid_from,
    lead(valid_from, 1, date '9999-12-31') over versions as valid_to,
    lead(valid_from) over versions is null as is_current,
    last_value(ad_name) over whole as current_ad_name,
    last_value(campaign_id) over whole as current_campaign_id
from read_parquet(raw_files('ads'))
window
    versions as (partition by platform, ad_id order by valid_from),
    whole as (
        partition by platform, ad_id order by valid_from rows between unbounded preceding and unbounded following
    );

create table dim_ads__campaigns as
select
    platform,
    campaign_id,
    campaign_name,
    objective,
    null::varchar as targeting_segment,
    date '1900-01-01' as valid_from,
    date '9999-12-31' as valid_to,
    true as is_current,
    campaign_name as current_campaign_name
from read_parquet(raw_files('campaigns'));

create table dim_ads__platforms as
select platform, platform_name, null::varchar as impression_definition, null::varchar as click_definition
from read_parquet(raw_files('platforms'));

create table dim_ads__exchange_rates as
select
    unnest(range(rate_day::timestamp, least(next_day, rate_day + 7)::timestamp, interval 1 day))::date as date_day,
    currency,
    rate,
    rate_day
from (
    select
        date_day as rate_day,
        currency,
        rate,
        lead(date_day, 1, date '9999-12-31') over (partition by currency order by date_day) as next_day
    from read_parquet(raw_files('exchange_rates'))
);

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

-- The ledger of impressions: one wide write.

create temp macro staged_impressions() as table
select
    nullif(impression_id, '') as impression_id,
    impression_at,
    ad_id,
    platform,
    campaign_id,
    user_id,
    try_cast(raw_cost as decimal(18, 9)) as cost,
    coalesce(currency, 'USD') as currency,
    placement,
    device_type,
    country,
    traffic_type,
    is_measurable,
    is_viewable,
    user_agent,
    loaded_at,
    day_of(impression_at) as date_day,
    coalesce(day_of(impression_at), day) as ledger_day,
    raw_cost is not null as has_cost,
    raw_cost is not null and try_cast(raw_cost as decimal(18, 9)) is null as is_cost_unreadable,
    epoch_us(loaded_at) as row_stamp,
    coalesce(
        case when impression_id is null or impression_id = '' then 'missing_id' end,
        time_fault(impression_at),
        money_fault(raw_cost, try_cast(raw_cost as decimal(18, 9)))
    ) as reject_reason,
    day,
    impression_id as raw_id,
    raw_cost,
    currency as raw_currency,
    hash(impression_id) as id_hash
from (select * rename (cost as raw_cost) from read_parquet(raw_files('impressions')));

-- The user's record, as the package writes it.
create temp macro impression_record(
    raw_id, impression_at, platform, campaign_id, ad_id, user_id, raw_cost, raw_currency, placement, device_type,
    country, traffic_type, is_measurable, is_viewable, user_agent, loaded_at, day
) as json_object(
    'impression_id', raw_id,
    'impression_at', impression_at::varchar,
    'platform', platform,
    'campaign_id', campaign_id,
    'ad_id', ad_id,
    'user_id', user_id,
    'cost', raw_cost::varchar,
    'currency', raw_currency,
    'placement', placement,
    'device_type', device_type,
    'country', country,
    'traffic_type', traffic_type,
    'is_measurable', is_measurable::varchar,
    'is_viewable', is_viewable::varchar,
    'user_agent', user_agent,
    'loaded_at', loaded_at::varchar,
    'day', day::varchar
)::varchar;

create temp table repeated as
select distinct id_hash
from (
    select id_hash, row_number() over (partition by id_hash) as place
    from (select hash(impression_id) as id_hash from read_parquet(raw_files('impressions')))
)
where place = 2;

create table ledger_ads__impressions as
select
    * exclude (reject_reason, day, raw_id, raw_cost, raw_currency, id_hash, copy_number, is_same),
    disposition_of(reject_reason, copy_number, is_same) as disposition,
    reason_of(reject_reason, copy_number, is_same) as reason,
    case
        when reject_reason is not null or copy_number > 1 then impression_record(
            raw_id, impression_at, platform, campaign_id, ad_id, user_id, raw_cost, raw_currency, placement,
            device_type, country, traffic_type, is_measurable, is_viewable, user_agent, loaded_at, day
        )
    end as raw_record,
    case when reject_reason is null and copy_number = 1 and is_bot(user_agent) then 'bot' end as invalid_reason,
    reject_reason is null and copy_number = 1 and is_bot(user_agent) as is_invalid,
    '1-00000000' as rule_version,
    '00000000-0000-0000-0000-000000000000' as invocation_id
from (
    select *, 1 as copy_number, true as is_same
    from staged_impressions()
    where reject_reason is not null or id_hash not in (from repeated)

    union all

    select
        * exclude (payload),
        row_number() over copies as copy_number,
        payload is not distinct from first_value(payload) over copies as is_same
    from (
        select
            *,
            row(
                impression_at, ad_id, campaign_id, user_id, cost, currency, placement, device_type, country,
                traffic_type, is_measurable, is_viewable, user_agent
            ) as payload
        from staged_impressions()
        where reject_reason is null and id_hash in (from repeated)
    )
    window copies as (partition by platform, impression_id order by impression_at, loaded_at, payload)
);

create table ledger_ads__impressions_by_day as
select
    date_day,
    disposition,
    coalesce(reason, invalid_reason, 'valid') as reason,
    case when has_cost then currency end as currency,
    count(*) as row_count,
    sum(cost)::decimal(38, 9) as amount,
    sum(is_cost_unreadable::int)::bigint as unreadable_amounts,
    max(impression_at) as latest_at,
    max(invocation_id) as built_from
from ledger_ads__impressions
group by 1, 2, 3, 4;

-- The other ledgers.

create table ledger_ads__clicks as
with staged as (
    select
        nullif(click_id, '') as click_id,
        clicked_at,
        platform,
        impression_id,
        ad_id,
        campaign_id,
        user_id,
        try_cast(raw.cost as decimal(18, 9)) as cost,
        coalesce(currency, 'USD') as currency,
        landing_url,
        landed_at,
        user_agent,
        device_type,
        country,
        loaded_at,
        day_of(clicked_at) as date_day,
        coalesce(day_of(clicked_at), day) as ledger_day,
        raw.cost is not null as has_cost,
        raw.cost is not null and try_cast(raw.cost as decimal(18, 9)) is null as is_cost_unreadable,
        case when landed_at is not null then true when landing_url is not null then false end as is_landed,
        epoch_us(loaded_at) as row_stamp,
        coalesce(
            case when raw.click_id is null or raw.click_id = '' then 'missing_id' end,
            time_fault(clicked_at),
            money_fault(raw.cost, try_cast(raw.cost as decimal(18, 9)))
        ) as reject_reason,
        row(
            clicked_at, impression_id, ad_id, campaign_id, user_id, raw.cost, currency, landing_url, landed_at,
            user_agent, device_type, country
        ) as payload,
        json_object(
            'click_id', raw.click_id, 'clicked_at', clicked_at::varchar, 'platform', platform,
            'impression_id', impression_id, 'ad_id', ad_id, 'campaign_id', campaign_id, 'user_id', user_id,
            'cost', raw.cost::varchar, 'currency', raw.currency, 'landing_url', landing_url,
            'landed_at', landed_at::varchar, 'user_agent', user_agent, 'device_type', device_type, 'country', country,
            'loaded_at', loaded_at::varchar, 'day', day::varchar
        )::varchar as raw_record
    from read_parquet(raw_files('clicks')) as raw
),

copies as (
    select
        *,
        row_number() over copies as copy_number,
        payload is not distinct from first_value(payload) over copies as is_same
    from staged
    window copies as (partition by platform, click_id, reject_reason is null order by clicked_at, loaded_at, payload)
)

select
    * exclude (reject_reason, payload, raw_record, copy_number, is_same),
    disposition_of(reject_reason, copy_number, is_same) as disposition,
    reason_of(reject_reason, copy_number, is_same) as reason,
    case when reject_reason is not null or copy_number > 1 then raw_record end as raw_record,
    '1-00000000' as rule_version,
    '00000000-0000-0000-0000-000000000000' as invocation_id
from copies;

create table ledger_ads__conversions as
with staged as (
    select
        nullif(conversion_id, '') as conversion_id,
        converted_at,
        conversion_type,
        coalesce(platform, 'unknown') as platform,
        click_id,
        impression_id,
        user_id,
        raw.value::decimal(28, 9) as value,
        coalesce(currency, 'USD') as currency,
        order_id,
        adjusts_conversion_id,
        adjustment_type,
        loaded_at,
        day_of(converted_at) as date_day,
        coalesce(day_of(converted_at), day) as ledger_day,
        raw.value is not null as has_value,
        false as is_value_unreadable,
        raw.platform is not null as is_platform_known,
        adjusts_conversion_id is not null or adjustment_type is not null as is_adjustment,
        epoch_us(loaded_at) as row_stamp,
        coalesce(
            case when raw.conversion_id is null or raw.conversion_id = '' then 'missing_id' end,
            time_fault(converted_at),
            case
                when is_adjustment and (
                    adjusts_conversion_id is null
                    or coalesce(adjustment_type, '') not in ('restate', 'retract')
                    or adjustment_type = 'restate' and raw.value is null
                ) then 'invalid_adjustment'
                when raw.value < 0 and not is_adjustment then 'negative_value'
            end
        ) as reject_reason,
        row(
            converted_at, conversion_type, click_id, impression_id, user_id, raw.value, currency, order_id,
            adjusts_conversion_id, adjustment_type
        ) as payload,
        json_object(
            'conversion_id', raw.conversion_id, 'converted_at', converted_at::varchar,
            'conversion_type', conversion_type, 'platform', raw.platform, 'click_id', click_id,
            'impression_id', impression_id, 'user_id', user_id, 'value', raw.value::varchar, 'currency', raw.currency,
            'order_id', order_id, 'adjusts_conversion_id', adjusts_conversion_id, 'adjustment_type', adjustment_type,
            'loaded_at', loaded_at::varchar, 'day', day::varchar
        )::varchar as raw_record
    from read_parquet(raw_files('conversions')) as raw
),

copies as (
    select
        *,
        row_number() over copies as copy_number,
        payload is not distinct from first_value(payload) over copies as is_same
    from staged
    window copies as (
        partition by platform, conversion_id, reject_reason is null order by converted_at, loaded_at, payload
    )
)

select
    * exclude (reject_reason, payload, raw_record, copy_number, is_same),
    disposition_of(reject_reason, copy_number, is_same) as disposition,
    reason_of(reject_reason, copy_number, is_same) as reason,
    case when reject_reason is not null or copy_number > 1 then raw_record end as raw_record,
    '1-00000000' as rule_version,
    '00000000-0000-0000-0000-000000000000' as invocation_id
from copies;

create table ledger_ads__spend as
with staged as (
    select
        case when time_fault(raw.date_day::timestamp) is null then raw.date_day end as date_day,
        coalesce(case when time_fault(raw.date_day::timestamp) is null then raw.date_day end, raw.day) as ledger_day,
        case when is_credit then -abs(raw.amount) else raw.amount end::decimal(28, 9) as amount,
        platform,
        ad_id,
        campaign_id,
        currency,
        is_credit,
        reported_impressions,
        null::bigint as reported_clicks,
        null::decimal(28, 9) as reported_conversions,
        loaded_at,
        raw.amount is not null as has_amount,
        false as is_amount_unreadable,
        epoch_us(loaded_at) as row_stamp,
        case
            when ad_id is null and campaign_id is null then 'missing_id'
            when raw.date_day is null then 'invalid_date'
            when time_fault(raw.date_day::timestamp) is not null then time_fault(raw.date_day::timestamp)
            when raw.amount < 0 and not is_credit then 'negative_cost'
        end as reject_reason,
        row(raw.amount, reported_impressions) as payload,
        json_object(
            'date_day', raw.date_day::varchar, 'amount', raw.amount::varchar, 'platform', platform, 'ad_id', ad_id,
            'campaign_id', campaign_id, 'currency', currency, 'is_credit', is_credit::varchar,
            'reported_impressions', reported_impressions::varchar, 'loaded_at', loaded_at::varchar,
            'day', raw.day::varchar
        )::varchar as raw_record
    from read_parquet(raw_files('spend')) as raw
),

copies as (
    select
        *,
        row_number() over copies as copy_number,
        payload is not distinct from first_value(payload) over copies as is_same
    from staged
    window copies as (
        partition by platform, date_day, campaign_id, ad_id, currency, is_credit, reject_reason is null
        order by loaded_at desc, payload
    )
)

select
    * exclude (reject_reason, payload, raw_record, copy_number, is_same),
    disposition_of(reject_reason, copy_number, is_same) as disposition,
    reason_of(reject_reason, copy_number, is_same) as reason,
    case when reject_reason is not null or copy_number > 1 then raw_record end as raw_record,
    '1-00000000' as rule_version,
    '00000000-0000-0000-0000-000000000000' as invocation_id
from copies;

-- The impressions that clicks and conversions ask for: one look.

-- Rates of the days that are told of, and of a month before.
delete from dim_ads__exchange_rates
using (
    select min(date_day) - 31 as first_day, max(date_day) as last_day
    from (
        select date_day from ledger_ads__impressions_by_day where disposition = 'accepted'
        union all
        select date_day from ledger_ads__clicks where disposition = 'accepted'
        union all
        select date_day from ledger_ads__conversions where disposition = 'accepted'
        union all
        select date_day from ledger_ads__spend where disposition = 'accepted'
    ) as told_days
) as told
where date_day not between told.first_day and told.last_day;

create temp table clicks as from ledger_ads__clicks where disposition = 'accepted';
create temp table conversions as from ledger_ads__conversions where disposition = 'accepted';

create temp table asked_for as
select
    platform,
    impression_id,
    impression_at,
    date_day,
    campaign_id,
    ad_id,
    user_id,
    traffic_type,
    placement,
    device_type,
    country,
    is_invalid
from ledger_ads__impressions
where
    disposition = 'accepted'
    and (
        hash(impression_id) in (
            select hash(impression_id) from clicks
            union select hash(impression_id) from conversions
        )
        or hash(user_id, date_day) in (
            select hash(user_id, date_day) from conversions where user_id is not null
            union select hash(user_id, date_day - 1) from conversions where user_id is not null
        )
    );

create table ledger_ads__invalid_clicks as
with placed as (
    select
        clicks.platform,
        click_id,
        clicked_at,
        clicks.impression_id,
        clicks.user_id,
        is_bot(user_agent) as is_bot,
        coalesce(asked_for.is_invalid, false) as is_on_invalid,
        coalesce(clicks.impression_id is not null and clicked_at < interval 10 seconds + lag(clicked_at) over (
            partition by clicks.platform, clicks.impression_id order by clicked_at, click_id
        ), false) as is_repeat,
        clicks.user_id is not null and clicked_at < interval 1 minute + lag(clicked_at, 20) over (
            partition by clicks.platform, clicks.user_id order by clicked_at, click_id
        ) as is_flood
    from clicks
    left join asked_for using (platform, impression_id)
),

judged as (
    select
        platform,
        click_id,
        case
            when is_bot then 'bot'
            when is_on_invalid then 'invalid_impression'
            when is_repeat then 'repeat_click'
            when is_flood then 'click_flood'
        end as invalid_reason,
        last_value(case when not is_repeat then click_id end ignore nulls) over (
            partition by platform, impression_id order by clicked_at, click_id rows unbounded preceding
        ) as opening_click_id
    from placed
)

select
    platform,
    click_id,
    invalid_reason,
    case when invalid_reason = 'repeat_click' then opening_click_id end as repeats_click_id
from judged
where invalid_reason is not null;

create temp table clicks_named as
select
    conversions.platform,
    conversion_id,
    converted_at,
    meant.platform as meant_platform,
    meant.click_id as meant_click_id,
    meant.clicked_at as meant_at,
    invalid.click_id is not null as is_invalid
from conversions
inner join clicks as named
    on conversions.click_id = named.click_id and (conversions.platform = named.platform or not is_platform_known)
left join ledger_ads__invalid_clicks as repeated
    on named.platform = repeated.platform and named.click_id = repeated.click_id
inner join clicks as meant
    on named.platform = meant.platform and coalesce(repeated.repeats_click_id, named.click_id) = meant.click_id
left join ledger_ads__invalid_clicks as invalid
    on meant.platform = invalid.platform and meant.click_id = invalid.click_id;

create table ledger_ads__invalid_conversions as
select platform, conversion_id, 'invalid_click' as invalid_reason
from clicks_named
group by all
having bool_and(is_invalid)
union all
select conversions.platform, conversion_id, 'invalid_impression' as invalid_reason
from conversions
inner join asked_for
    on
        conversions.impression_id = asked_for.impression_id
        and (conversions.platform = asked_for.platform or not is_platform_known)
where (conversions.platform, conversion_id) not in (select (platform, conversion_id) from clicks_named)
group by all
having bool_and(is_invalid);

-- The facts.

create table fct_ads__click_matches as
select
    clicks.date_day,
    clicks.platform,
    click_id,
    asked_for.impression_id,
    asked_for.impression_at,
    asked_for.date_day as impression_day,
    asked_for.campaign_id,
    asked_for.ad_id,
    asked_for.traffic_type,
    asked_for.placement,
    asked_for.device_type,
    asked_for.country,
    '1-00000000-' || md5(clicks.date_day::varchar) as built_from
from clicks
left join asked_for
    on
        clicks.platform = asked_for.platform
        and clicks.impression_id = asked_for.impression_id
        and clicked_at >= impression_at - interval 5 minutes
        and clicked_at < impression_at + interval 1 day;

create table fct_ads__clicks as
select
    clicks.platform,
    clicks.click_id,
    clicked_at,
    clicks.date_day,
    clicks.impression_id,
    matches.impression_id is not null as is_matched,
    impression_day,
    coalesce(matches.campaign_id, case when not is_matched then clicks.campaign_id end, ads.campaign_id, 'unknown')
        as campaign_id,
    coalesce(case when is_matched then matches.ad_id else clicks.ad_id end, 'unknown') as ad_id,
    coalesce(traffic_type, 'unknown') as traffic_type,
    coalesce(placement, 'unknown') as placement,
    coalesce(case when is_matched then matches.device_type else clicks.device_type end, 'unknown') as device_type,
    coalesce(case when is_matched then matches.country else clicks.country end, 'unknown') as country,
    strftime(coalesce(matches.impression_at, clicked_at), '%H') as hour_of_day,
    user_id,
    landing_url,
    is_landed,
    cost,
    clicks.currency,
    in_dollars(cost, clicks.currency, rate)::decimal(18, 9) as event_cost,
    is_matched and clicked_at < impression_at as is_clock_skewed,
    is_matched and (
        coalesce(clicks.ad_id <> coalesce(matches.ad_id, 'unknown'), false)
        or coalesce(clicks.campaign_id <> coalesce(matches.campaign_id, ads.campaign_id, 'unknown'), false)
    ) as is_dimension_mismatch,
    invalid.click_id is not null as is_invalid,
    invalid_reason,
    repeats_click_id
from clicks
inner join fct_ads__click_matches as matches using (platform, click_id)
left join dim_ads__ads as ads
    on
        clicks.platform = ads.platform
        and case when matches.impression_id is not null then matches.ad_id else clicks.ad_id end = ads.ad_id
        and coalesce(impression_day, clicks.date_day) >= ads.valid_from
        and coalesce(impression_day, clicks.date_day) < ads.valid_to
left join ledger_ads__invalid_clicks as invalid
    on clicks.platform = invalid.platform and clicks.click_id = invalid.click_id
left join dim_ads__exchange_rates as rates
    on clicks.date_day = rates.date_day and clicks.currency = rates.currency;

create table fct_ads__view_matches as
with matches as (
    select
        conversions.platform,
        conversion_id,
        'named_impression' as credit_rule,
        asked_for.platform as impression_platform,
        asked_for.* exclude (platform, user_id)
    from conversions
    inner join asked_for
        on
            conversions.impression_id = asked_for.impression_id
            and (conversions.platform = asked_for.platform or not is_platform_known)
    where not is_invalid and impression_at <= converted_at and impression_at > converted_at - interval 1 day

    union all

    (
        select
            conversions.platform,
            conversion_id,
            'user_impression' as credit_rule,
            asked_for.platform as impression_platform,
            asked_for.* exclude (platform, user_id)
        from conversions
        inner join asked_for
            on
                conversions.user_id = asked_for.user_id
                and (conversions.platform = asked_for.platform or not is_platform_known)
                and converted_at >= impression_at
                and converted_at - interval 1 day < impression_at
        where not is_invalid
        qualify row_number() over (
            partition by conversions.platform, conversion_id
            order by impression_at desc, asked_for.impression_id desc, asked_for.platform desc
        ) = 1
    )
)

select
    conversions.date_day,
    conversions.platform,
    conversions.conversion_id,
    credit_rule,
    impression_platform,
    matches.impression_id,
    impression_at,
    matches.date_day as impression_day,
    campaign_id,
    ad_id,
    traffic_type,
    placement,
    device_type,
    country,
    '1-00000000-' || md5(conversions.date_day::varchar) as built_from
from conversions
left join matches on conversions.platform = matches.platform and conversions.conversion_id = matches.conversion_id;

create table fct_ads__conversions as
with candidates as (
    select
        platform,
        conversion_id,
        1 as credit_rank,
        'named_click' as credit_rule,
        meant_platform as credited_platform,
        meant_click_id as click_id,
        null::varchar as impression_id,
        meant_at as credited_at
    from clicks_named
    where not is_invalid and meant_at <= converted_at and meant_at > converted_at - interval 30 days

    union all

    select
        conversions.platform,
        conversion_id,
        3 as credit_rank,
        'user_click' as credit_rule,
        clicks.platform as credited_platform,
        clicks.click_id,
        null as impression_id,
        clicked_at as credited_at
    from conversions
    inner join fct_ads__clicks as clicks
        on
            conversions.user_id = clicks.user_id
            and (conversions.platform = clicks.platform or not is_platform_known)
            and converted_at >= clicked_at
            and converted_at - interval 30 days < clicked_at
    where not clicks.is_invalid

    union all

    select
        platform,
        conversion_id,
        case credit_rule when 'named_impression' then 2 else 4 end as credit_rank,
        credit_rule,
        impression_platform as credited_platform,
        null as click_id,
        impression_id,
        impression_at as credited_at
    from fct_ads__view_matches
    where impression_id is not null
),

credited as (
    select
        candidates.platform,
        candidates.conversion_id,
        candidates.credit_rule,
        credited_platform,
        candidates.click_id as credited_click_id,
        credited_at,
        case when clicks.is_matched then clicks.impression_id else views.impression_id end as credited_impression_id,
        coalesce(clicks.date_day, views.impression_day) as credited_day,
        coalesce(clicks.impression_day, views.impression_day) as credited_impression_day,
        coalesce(clicks.campaign_id, views.campaign_id, ads.campaign_id) as campaign_id,
        coalesce(clicks.ad_id, views.ad_id) as ad_id,
        coalesce(clicks.traffic_type, views.traffic_type) as traffic_type,
        coalesce(clicks.placement, views.placement) as placement,
        coalesce(clicks.device_type, views.device_type) as device_type,
        coalesce(clicks.country, views.country) as country,
        coalesce(clicks.hour_of_day, strftime(views.impression_at, '%H')) as hour_of_day
    from (
        select *
        from candidates
        inner join conversions using (platform, conversion_id)
        where
            not is_adjustment
            and (platform, conversion_id) not in (
                select (platform, conversion_id) from ledger_ads__invalid_conversions
            )
        qualify row_number() over (
            partition by platform, conversion_id
            order by
                credit_rank, credited_at desc, coalesce(candidates.click_id, candidates.impression_id) desc,
                credited_platform desc
        ) = 1
    ) as candidates
    left join fct_ads__clicks as clicks
        on credited_platform = clicks.platform and candidates.click_id = clicks.click_id
    left join fct_ads__view_matches as views
        on
            candidates.click_id is null
            and candidates.platform = views.platform
            and candidates.conversion_id = views.conversion_id
            and candidates.credit_rule = views.credit_rule
            and credited_platform = views.impression_platform
            and candidates.impression_id = views.impression_id
    left join dim_ads__ads as ads
        on
            credited_platform = ads.platform
            and views.ad_id = ads.ad_id
            and views.impression_day >= ads.valid_from
            and views.impression_day < ads.valid_to
),

adjusted as (
    select
        conversions.*,
        originals.conversion_id is null and conversions.is_adjustment as is_waiting,
        retracted.adjusts_conversion_id is not null and not conversions.is_adjustment as is_retracted,
        restated.value is not null and not conversions.is_adjustment as is_restated,
        conversions.conversion_type in ('purchase', 'sign_up') as is_primary,
        coalesce(restated.value, conversions.value) as final_value,
        case when restated.value is not null then restated.currency else conversions.currency end as final_currency
    from conversions
    left join conversions as originals
        on
            conversions.platform = originals.platform
            and conversions.adjusts_conversion_id = originals.conversion_id
            and not originals.is_adjustment
    left join (
        select distinct platform, adjusts_conversion_id from conversions where adjustment_type = 'retract'
    ) as retracted
        on
            conversions.platform = retracted.platform
            and conversions.conversion_id = retracted.adjusts_conversion_id
    left join (
        from conversions
        where adjustment_type = 'restate'
        qualify row_number() over (
            partition by platform, adjusts_conversion_id
            order by converted_at desc, loaded_at desc, conversion_id desc
        ) = 1
    ) as restated
        on conversions.platform = restated.platform and conversions.conversion_id = restated.adjusts_conversion_id
)

select
    adjusted.platform,
    adjusted.conversion_id,
    converted_at,
    adjusted.date_day,
    conversion_type,
    user_id,
    order_id,
    adjusted.click_id as named_click_id,
    adjusted.impression_id as named_impression_id,
    case
        when is_adjustment then 'adjustment'
        when is_retracted then 'retracted'
        when not is_primary then 'secondary'
        when credit_rule is null then 'none'
        when credited_click_id is not null then 'click'
        else 'view'
    end as credit_status,
    credit_rule,
    credited_platform,
    credited_click_id,
    credited_impression_id,
    credited_at,
    credited_day,
    credited_impression_day,
    coalesce(campaign_id, 'unknown') as campaign_id,
    coalesce(ad_id, 'unknown') as ad_id,
    coalesce(traffic_type, 'unknown') as traffic_type,
    coalesce(placement, 'unknown') as placement,
    coalesce(device_type, 'unknown') as device_type,
    coalesce(country, 'unknown') as country,
    coalesce(hour_of_day, 'unknown') as hour_of_day,
    value,
    adjusted.currency,
    case
        when not is_adjustment and not is_retracted
            then in_dollars(final_value, final_currency, rate)::decimal(28, 9)
    end as conversion_value,
    not is_adjustment and not is_retracted and final_value is not null
    and in_dollars(final_value, final_currency, rate) is null as is_value_unknown,
    adjusts_conversion_id,
    adjustment_type,
    is_adjustment,
    is_waiting,
    is_retracted,
    is_restated,
    is_primary,
    invalid.conversion_id is not null as is_invalid,
    invalid_reason
from adjusted
left join credited on adjusted.platform = credited.platform and adjusted.conversion_id = credited.conversion_id
left join ledger_ads__invalid_conversions as invalid
    on adjusted.platform = invalid.platform and adjusted.conversion_id = invalid.conversion_id
left join dim_ads__exchange_rates as rates
    on adjusted.date_day = rates.date_day and final_currency = rates.currency;

create table fct_ads__impressions_by_day as
select
    date_day,
    platform,
    campaign_id,
    ad_id,
    traffic_type,
    count(*) as gross_impressions,
    count(*) filter (not is_invalid) as impressions,
    sum(is_measurable::int) filter (not is_invalid)::bigint as measurable_impressions,
    sum((is_measurable and is_viewable)::int) filter (not is_invalid)::bigint as viewable_impressions,
    null::bigint as users,
    sum(case when currency = 'USD' then cost else (cost * rate)::decimal(18, 9) end) as event_cost,
    count(*) filter (cost is not null and currency <> 'USD' and rate is null) as unknown_cost_events,
    '1-00000000' as built_from
from ledger_ads__impressions
left join dim_ads__exchange_rates using (date_day, currency)
where disposition = 'accepted'
group by 1, 2, 3, 4, 5;

create table fct_ads__spend as
select
    date_day,
    platform,
    coalesce(campaign_id, 'unknown') as campaign_id,
    ad_id,
    false as is_unallocated,
    sum((amount * rate)::decimal(28, 9)) as spend,
    count(*) - count(rate) as unknown_cost_events,
    sum(reported_impressions)::bigint as reported_impressions,
    sum(reported_clicks)::bigint as reported_clicks,
    sum(reported_conversions)::decimal(38, 9) as reported_conversions,
    bool_or(not is_credit) as has_charge,
    false as is_overtold
from ledger_ads__spend
left join dim_ads__exchange_rates using (date_day, currency)
where disposition = 'accepted'
group by 1, 2, 3, 4;

create table fct_ads__freshness as
select
    least(greatest(
        (select max(latest_at) from ledger_ads__impressions_by_day where disposition = 'accepted'),
        (select max(clicked_at) from clicks),
        (select max(converted_at) from conversions)
    ), getvariable('as_of')::timestamp) as data_through,
    now()::timestamp as built_at,
    '00000000-0000-0000-0000-000000000000' as invocation_id;

create table fct_ads__daily as
select
    date_day,
    platform,
    campaign_id,
    ad_id,
    traffic_type,
    sum(gross_impressions)::bigint as gross_impressions,
    sum(impressions)::bigint as impressions,
    sum(measurable_impressions)::bigint as measurable_impressions,
    sum(viewable_impressions)::bigint as viewable_impressions,
    sum(clicked_impressions)::bigint as clicked_impressions,
    sum(converted_impressions)::bigint as converted_impressions,
    sum(gross_clicks)::bigint as gross_clicks,
    sum(clicks)::bigint as clicks,
    sum(unmatched_clicks)::bigint as unmatched_clicks,
    sum(landing_measurable_clicks)::bigint as landing_measurable_clicks,
    sum(landed_clicks)::bigint as landed_clicks,
    sum(converted_clicks)::bigint as converted_clicks,
    sum(conversions)::bigint as conversions,
    sum(conversion_value)::decimal(38, 9) as conversion_value,
    sum(view_through_conversions)::bigint as view_through_conversions,
    sum(view_through_value)::decimal(38, 9) as view_through_value,
    sum(conversions_by_conversion_date)::bigint as conversions_by_conversion_date,
    sum(conversion_value_by_conversion_date)::decimal(38, 9) as conversion_value_by_conversion_date,
    sum(all_conversions)::bigint as all_conversions,
    sum(all_conversion_value)::decimal(38, 9) as all_conversion_value,
    sum(unattributed_conversions)::bigint as unattributed_conversions,
    sum(spend)::decimal(38, 9) as spend,
    sum(unknown_cost_events)::bigint as unknown_cost_events,
    sum(unknown_value_conversions)::bigint as unknown_value_conversions,
    min(cost_source) as cost_source,
    null::decimal(38, 9) as superseded_event_cost
from (
    select
        by_day.* exclude (campaign_id, ad_id, users, event_cost, built_from),
        coalesce(by_day.campaign_id, ads.campaign_id, 'unknown') as campaign_id,
        coalesce(by_day.ad_id, 'unknown') as ad_id,
        event_cost as spend,
        case when event_cost is not null or unknown_cost_events > 0 then 'event' end as cost_source
    from fct_ads__impressions_by_day as by_day
    left join dim_ads__ads as ads
        on
            by_day.platform = ads.platform
            and by_day.ad_id = ads.ad_id
            and by_day.date_day >= ads.valid_from
            and by_day.date_day < ads.valid_to

    union all by name

    select
        date_day,
        platform,
        campaign_id,
        ad_id,
        traffic_type,
        count(*) as gross_clicks,
        count(*) filter (not is_invalid) as clicks,
        count(*) filter (not is_invalid and not is_matched) as unmatched_clicks,
        nullif(count(is_landed) filter (not is_invalid), 0) as landing_measurable_clicks,
        sum(is_landed::int) filter (not is_invalid) as landed_clicks,
        sum(event_cost) as spend,
        count(*) filter (cost is not null and event_cost is null) as unknown_cost_events,
        case when count(cost) > 0 then 'event' end as cost_source
    from fct_ads__clicks
    group by all

    union all by name

    select
        impression_day as date_day,
        platform,
        campaign_id,
        ad_id,
        traffic_type,
        count(distinct impression_id) as clicked_impressions
    from fct_ads__clicks
    where is_matched and not is_invalid
    group by all

    union all by name

    select
        credited_day as date_day,
        credited_platform as platform,
        campaign_id,
        ad_id,
        traffic_type,
        nullif(count(distinct credited_click_id), 0) as converted_clicks,
        nullif(count(credited_click_id), 0) as conversions,
        sum(case when credit_status = 'click' then conversion_value end) as conversion_value,
        nullif(count(*) - count(credited_click_id), 0) as view_through_conversions,
        sum(case when credit_status = 'view' then conversion_value end) as view_through_value,
        count(*) filter (is_value_unknown) as unknown_value_conversions
    from fct_ads__conversions
    where not is_invalid and credit_status in ('click', 'view')
    group by all

    union all by name

    select
        credited_impression_day as date_day,
        credited_platform as platform,
        campaign_id,
        ad_id,
        traffic_type,
        count(distinct credited_impression_id) as converted_impressions
    from fct_ads__conversions
    where not is_invalid and credit_status = 'click' and credited_impression_id is not null
    group by all

    union all by name

    select
        date_day,
        coalesce(credited_platform, platform) as platform,
        campaign_id,
        ad_id,
        traffic_type,
        count(*) as all_conversions,
        sum(conversion_value) as all_conversion_value,
        count(*) filter (credit_status = 'click') as conversions_by_conversion_date,
        sum(conversion_value) filter (credit_status = 'click') as conversion_value_by_conversion_date,
        count(*) filter (credit_status = 'none') as unattributed_conversions
    from fct_ads__conversions
    where not is_invalid and not is_adjustment and not is_retracted
    group by all

    union all by name

    select
        date_day,
        platform,
        campaign_id,
        ad_id,
        'paid' as traffic_type,
        spend,
        unknown_cost_events,
        'spend' as cost_source
    from fct_ads__spend
)
group by 1, 2, 3, 4, 5;

create table fct_ads__segment_daily as
select
    date_day,
    platform,
    campaign_id,
    'targeting_segment' as segment_type,
    coalesce(targeting_segment, 'unknown') as segment,
    sum(columns('impressions|clicks|conversions|events'))::bigint as "\0",
    sum(columns('conversion_value|view_through_value|spend'))::decimal(38, 9) as "\0",
    case
        when min(cost_source) = max(cost_source) then min(cost_source)
        when min(cost_source) <> max(cost_source) then 'mixed'
    end as cost_source
from fct_ads__daily
left join dim_ads__campaigns as campaigns using (platform, campaign_id)
group by all;

create temp table sums as
select
    date_day, platform, campaign_id, ad_id, sum(columns(* exclude (
        date_day, platform, campaign_id, ad_id, traffic_type, cost_source, superseded_event_cost
    ))) as "\0"
from fct_ads__daily
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
    from sums
    group by platform, campaign_id, ad_id
) as every_day
left join sums using (date_day, platform, campaign_id, ad_id)
left join dim_ads__campaigns as campaigns using (platform, campaign_id)
left join (from dim_ads__ads where is_current) as current_ads using (platform, ad_id);

-- Every raw report row exactly once, with what became of it, and the line that it is of. A table, made again in each
-- build: platforms rewrite days of months ago, where a line is placed depends on other lines, and reports are small.
{{ config(
    enabled=ad_funnel.reads_reports(),
    post_hook="{{ ad_funnel.stop_where_one_load_conflicts(this, 'reports', ad_funnel.report_key(), 'spend') }}",
) }}
{#- The hook looks at the raw table where rows conflict: dbt wants to know while it parses. -#}
{% if not execute %}{% do ad_funnel.raw_table('reports') %}{% endif %}
{% set together = 'platform, account_key, day_key, last_day_key, level, is_of_all_types, is_readable' %}
{% set copies = ad_funnel.report_key() | join(', ') ~ ', reject_reason is null' %}
{% set copy_order = 'load_number desc nulls last, spend asc nulls last, payload asc nulls last, '
    ~ 'loaded_at desc nulls last, ' ~ ad_funnel.row_json('raw_record') ~ ' asc nulls last' %}
{% set contract_columns = ad_funnel.raw_contract()['reports'] | reject('equalto', 'partition_day') | list %}
{% set kept_columns = contract_columns + [
    'level', 'ledger_day', 'has_spend', 'is_spend_unreadable', 'unreadable_columns', 'reject_reason', 'raw_record',
    'load_number', 'is_of_earlier_day',
] %}
{% set no_load = ad_funnel.time_literal('0001-01-01 00:00:00') %}
{% set no_day = "cast('0001-01-01' as date)" %}
{% set is_of_earlier_day = 'load_numbers.load_number < load_numbers.last_load_number'
    if ad_funnel.setting('ad_funnel__reports_keep') == 'latest_day' else 'false' %}

with staged as {{ ad_funnel.read_anew() }} (

    select
        {{ contract_columns | join(',\n        ') }},
        level,
        ledger_day,
        has_spend,
        is_spend_unreadable,
        unreadable_columns,
        reject_reason,
        payload,
        raw_record,
        -- What is loaded together: an account's day at one level. (Joined by, so never NULL.)
        coalesce(account_id, '') as account_key,
        coalesce(date_day, {{ no_day }}) as day_key,
        coalesce(last_day, {{ no_day }}) as last_day_key,
        conversion_type is null as is_of_all_types,
        reject_reason is null as is_readable,
        coalesce(loaded_at, {{ no_load }}) as moment,
        {{ ad_funnel.fingerprint(ad_funnel.report_key() | join(', ')) }} as key_number
    from {{ ref('stg_ads__reports') }}

),

-- The moments that it was loaded at: few, where a window over the rows themselves would hold all that is in them.
moments as (

    select distinct
        {{ together }},
        moment
    from staged

),

gaps as (

    select
        *,
        case
            when moment = {{ no_load }} then 0
            when
                {{ ad_funnel.microseconds('moment') }}
                - lag({{ ad_funnel.microseconds('moment') }})
                    over (partition by {{ together }} order by moment asc nulls last)
                <= {{ ad_funnel.load_gap() }} * cast(1000000 as bigint)
                then 0
            else 1
        end as begins_load
    from moments

),

numbered as (

    select
        *,
        sum(begins_load) over (
            partition by {{ together }} order by moment asc nulls last
            rows between unbounded preceding and current row
        ) as load_number
    from gaps

),

load_numbers as (

    select
        *,
        max(load_number) over (partition by {{ together }}) as last_load_number
    from numbered

),

-- Lines that came more than once (and, by chance, some whose numbers are the same).
repeated as (

    select key_number
    from staged
    group by key_number
    having count(*) > 1

),

loads as {{ ad_funnel.read_anew() }} (

    select
        staged.*,
        load_numbers.load_number,
        {{ is_of_earlier_day }} as is_of_earlier_day,
        repeated.key_number is not null as is_repeated
    from staged
    left join load_numbers
        on
            staged.platform = load_numbers.platform
            and staged.account_key = load_numbers.account_key
            and staged.day_key = load_numbers.day_key
            and staged.last_day_key = load_numbers.last_day_key
            and staged.level = load_numbers.level
            and staged.is_of_all_types = load_numbers.is_of_all_types
            and staged.is_readable = load_numbers.is_readable
            and staged.moment = load_numbers.moment
    left join repeated
        on staged.key_number = repeated.key_number

),

-- Windows hold all that is in their rows: only those that have something to compare go through one.
copies as (

    select
        *,
        row_number() over (partition by {{ copies }} order by {{ copy_order }}) as copy_number,
        first_value(payload) over (
            partition by {{ copies }} order by {{ copy_order }}
            rows between unbounded preceding and current row
        ) as accepted_payload,
        first_value(load_number) over (
            partition by {{ copies }} order by {{ copy_order }}
            rows between unbounded preceding and current row
        ) as accepted_load
    from loads
    where is_repeated

),

classified as (

    select
        {{ kept_columns | join(',\n        ') }},
        load_number as accepted_load,
        case
            when reject_reason is not null then 'rejected'
            when is_of_earlier_day then 'superseded'
            else 'accepted'
        end as disposition
    from loads
    where not is_repeated

    union all

    select
        {{ kept_columns | join(',\n        ') }},
        accepted_load,
        case
            when reject_reason is not null then 'rejected'
            when is_of_earlier_day then 'superseded'
            when copy_number = 1 then 'accepted'
            when payload = accepted_payload then 'duplicate'
            when load_number < accepted_load then 'superseded'
            else 'conflict'
        end as disposition
    from copies

),

-- Only what is read below: records are most of the memory. The record of an accepted row that says itself where it
-- belongs is not kept, so it is let go here.
rows_of_lines as (

    select
        {{ kept_columns | reject('equalto', 'raw_record') | join(',\n        ') }},
        accepted_load,
        disposition,
        case
            when
                disposition = 'accepted'
                and last_day = date_day
                and account_id is not null
                and (
                    level = 'campaign'
                    or level = 'account'
                    or campaign_id is not null and ad_group_id is not null
                )
                then null
            else {{ ad_funnel.row_json('raw_record') }}
        end as raw_record
    from classified

),

-- Where a finer line belongs is what it says itself, what the ads table says of its day, or what other lines say as
-- far as they agree.
ads as (

    select * from {{ ref('dim_ads__ads') }}

),

ads_of_lines as (

    select
        platform,
        ad_id,
        case when min(ad_group_id) = max(ad_group_id) then min(ad_group_id) end as ad_group_id,
        case when min(campaign_id) = max(campaign_id) then min(campaign_id) end as campaign_id,
        case when min(account_id) = max(account_id) then min(account_id) end as account_id
    from rows_of_lines
    where disposition = 'accepted' and ad_id is not null
    group by platform, ad_id

),

ad_groups_of_lines as (

    select
        platform,
        ad_group_id,
        case when min(campaign_id) = max(campaign_id) then min(campaign_id) end as campaign_id,
        case when min(account_id) = max(account_id) then min(account_id) end as account_id
    from (
        select
            platform,
            ad_group_id,
            campaign_id,
            account_id
        from rows_of_lines
        where disposition = 'accepted' and ad_group_id is not null

        union all

        select
            platform,
            ad_group_id,
            campaign_id,
            cast(null as {{ dbt.type_string() }}) as account_id
        from ads
        where ad_group_id is not null
    ) as ad_groups
    group by platform, ad_group_id

),

campaigns_of_lines as (

    select
        platform,
        campaign_id,
        case when min(account_id) = max(account_id) then min(account_id) end as account_id
    from rows_of_lines
    where disposition = 'accepted' and campaign_id is not null
    group by platform, campaign_id

),

-- A platform's only account has all its lines.
platforms_of_lines as (

    select
        platform,
        case when min(account_id) = max(account_id) then min(account_id) end as account_id
    from rows_of_lines
    where disposition = 'accepted'
    group by platform

),

in_ad_groups as (

    select
        rows_of_lines.*,
        coalesce(rows_of_lines.ad_group_id, ads.ad_group_id, ads_of_lines.ad_group_id) as line_ad_group_id,
        coalesce(rows_of_lines.campaign_id, ads.campaign_id, ads_of_lines.campaign_id) as ad_campaign_id,
        coalesce(rows_of_lines.account_id, ads_of_lines.account_id) as ad_account_id
    from rows_of_lines
    left join ads
        on
            rows_of_lines.platform = ads.platform
            and rows_of_lines.ad_id = ads.ad_id
            and rows_of_lines.date_day >= ads.valid_from
            and rows_of_lines.date_day < ads.valid_to
    left join ads_of_lines
        on
            rows_of_lines.platform = ads_of_lines.platform
            and rows_of_lines.ad_id = ads_of_lines.ad_id

),

in_campaigns as (

    select
        in_ad_groups.*,
        coalesce(in_ad_groups.ad_campaign_id, ad_groups_of_lines.campaign_id) as line_campaign_id,
        coalesce(in_ad_groups.ad_account_id, ad_groups_of_lines.account_id) as ad_group_account_id
    from in_ad_groups
    left join ad_groups_of_lines
        on
            in_ad_groups.platform = ad_groups_of_lines.platform
            and in_ad_groups.line_ad_group_id = ad_groups_of_lines.ad_group_id

),

in_accounts as (

    select
        in_campaigns.*,
        coalesce(
            in_campaigns.ad_group_account_id, campaigns_of_lines.account_id, platforms_of_lines.account_id
        ) as line_account_id
    from in_campaigns
    left join campaigns_of_lines
        on
            in_campaigns.platform = campaigns_of_lines.platform
            and in_campaigns.line_campaign_id = campaigns_of_lines.campaign_id
    left join platforms_of_lines
        on in_campaigns.platform = platforms_of_lines.platform

),

-- A report of a whole period may include what is reported of its days, or of another period: it counts only where its
-- account has neither. Of periods that overlap the one that ends later counts, of those the longer.
spans as (

    select distinct
        platform,
        line_account_id,
        date_day,
        last_day
    from in_accounts
    where disposition = 'accepted'

),

overlapping as (

    select distinct
        periods.platform,
        coalesce(periods.line_account_id, '') as account_key,
        periods.date_day,
        periods.last_day
    from spans as periods
    inner join spans as others
        on
            periods.platform = others.platform
            and periods.date_day <= others.last_day
            and periods.last_day >= others.date_day
    where
        periods.last_day > periods.date_day
        and coalesce(periods.line_account_id = others.line_account_id, true)
        and (
            others.last_day = others.date_day
            or others.last_day > periods.last_day
            or others.last_day = periods.last_day and others.date_day < periods.date_day
        )

),

-- Which coarser lines a line's day has, and its own account or campaign as far as that is known: 1 where it has some.
-- (Groups joined back: windows would hold every row as often.)
levels_of_days as (

    select
        platform,
        date_day,
        last_day,
        max(case when line_account_id is not null then 1 else 0 end) as has_accounts,
        max(case when level = 'account' and line_account_id is not null then 1 else 0 end) as has_account_lines,
        max(case when level = 'campaign' and line_account_id is null then 1 else 0 end)
            as has_campaigns_without_account,
        max(case when level = 'campaign' or level = 'account' and line_account_id is not null then 1 else 0 end)
            as has_coarse_lines,
        max(case when level = 'ad_group' and line_campaign_id is null then 1 else 0 end)
            as has_ad_groups_without_campaign,
        max(case when level = 'ad_group' then 1 else 0 end) as has_ad_group_lines
    from in_accounts
    where disposition = 'accepted'
    group by platform, date_day, last_day

),

levels_of_accounts as (

    select
        platform,
        date_day,
        last_day,
        coalesce(line_account_id, '') as account_key,
        max(case when level in ('account', 'campaign') then 1 else 0 end) as has_lines_in_account
    from in_accounts
    where disposition = 'accepted'
    group by platform, date_day, last_day, coalesce(line_account_id, '')

),

levels_of_campaigns as (

    select
        platform,
        date_day,
        last_day,
        coalesce(line_campaign_id, '') as campaign_key,
        max(case when level = 'ad_group' then 1 else 0 end) as has_ad_groups_in_campaign
    from in_accounts
    where disposition = 'accepted'
    group by platform, date_day, last_day, coalesce(line_campaign_id, '')

),

reported_levels as (

    select
        in_accounts.*,
        levels_of_days.has_accounts,
        levels_of_days.has_account_lines,
        levels_of_days.has_campaigns_without_account,
        levels_of_days.has_coarse_lines,
        levels_of_days.has_ad_groups_without_campaign,
        levels_of_days.has_ad_group_lines,
        levels_of_accounts.has_lines_in_account,
        levels_of_campaigns.has_ad_groups_in_campaign
    from in_accounts
    left join levels_of_days
        on
            in_accounts.platform = levels_of_days.platform
            and in_accounts.date_day = levels_of_days.date_day
            and in_accounts.last_day = levels_of_days.last_day
    left join levels_of_accounts
        on
            in_accounts.platform = levels_of_accounts.platform
            and in_accounts.date_day = levels_of_accounts.date_day
            and in_accounts.last_day = levels_of_accounts.last_day
            and coalesce(in_accounts.line_account_id, '') = levels_of_accounts.account_key
    left join levels_of_campaigns
        on
            in_accounts.platform = levels_of_campaigns.platform
            and in_accounts.date_day = levels_of_campaigns.date_day
            and in_accounts.last_day = levels_of_campaigns.last_day
            and coalesce(in_accounts.line_campaign_id, '') = levels_of_campaigns.campaign_key

),

of_periods as (

    select
        reported_levels.*,
        overlapping.platform is not null as is_overlapping
    from reported_levels
    left join overlapping
        on
            reported_levels.platform = overlapping.platform
            and reported_levels.date_day = overlapping.date_day
            and reported_levels.last_day = overlapping.last_day
            and coalesce(reported_levels.line_account_id, '') = overlapping.account_key

),

-- Adding a finer line whose parent is unknown to lines that may include it would count it twice.
placed as (

    select
        *,
        case
            when level = 'account' then line_account_id is not null or has_accounts = 0
            when line_account_id is null and has_account_lines = 1 then false
            when level = 'campaign' then true
            when
                line_campaign_id is null
                and (
                    has_lines_in_account = 1
                    or has_campaigns_without_account = 1
                    or line_account_id is null and has_coarse_lines = 1
                )
                then false
            when
                level = 'ad' and line_ad_group_id is null
                and (
                    has_ad_groups_in_campaign = 1
                    or has_ad_groups_without_campaign = 1
                    or line_campaign_id is null and has_ad_group_lines = 1
                )
                then false
            else true
        end as is_placed
    from of_periods

)

select
    {{ contract_columns | join(',\n    ') }},
    level,
    line_account_id,
    line_campaign_id,
    line_ad_group_id,
    ledger_day,
    has_spend,
    is_spend_unreadable,
    unreadable_columns,
    load_number,
    case
        when disposition = 'accepted' and (is_overlapping or not is_placed) then 'unplaced' else disposition
    end as disposition,
    case
        when disposition = 'rejected' then reject_reason
        when disposition = 'accepted' and is_overlapping then 'overlapping_period'
        when disposition = 'accepted' and not is_placed then 'unknown_parent'
        when is_of_earlier_day then 'later_load_of_day'
        when disposition = 'superseded' then 'later_load'
        when disposition = 'duplicate' and load_number = accepted_load then 'repeated_in_load'
        when disposition = 'duplicate' then 'same_payload'
        when disposition = 'conflict' then 'other_payload'
    end as reason,
    case when disposition <> 'accepted' or is_overlapping or not is_placed then raw_record end as raw_record,
    '{{ invocation_id }}' as invocation_id
from placed

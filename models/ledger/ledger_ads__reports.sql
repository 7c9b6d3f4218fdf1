-- Every raw report row exactly once, with what became of it, and the line that it is of. A table, made again in each
-- build: platforms rewrite days of months ago, where a line is placed depends on other lines, and reports are small.
{{ config(
    enabled=ad_funnel.reads_reports(),
    post_hook="{{ ad_funnel.stop_where_one_load_conflicts(this, 'reports', ad_funnel.report_key(), 'spend') }}",
) }}
{#- The hook looks at the raw table where rows conflict: dbt wants to know while it parses. -#}
{% if not execute %}{% do ad_funnel.raw_table('reports') %}{% endif %}
{% set line = 'platform, account_id, date_day, last_day, level, conversion_type is null, reject_reason is null' %}
{% set copies = ad_funnel.report_key() | join(', ') ~ ', reject_reason is null' %}
{% set copy_order = 'load_number desc nulls last, spend asc nulls last, payload asc nulls last, '
    ~ 'loaded_at desc nulls last, raw_record asc nulls last' %}
{% set keeps_latest_day = ad_funnel.setting('ad_funnel__reports_keep') == 'latest_day' %}

with staged as (

    select
        {{ (ad_funnel.raw_contract()['reports'] | reject('equalto', 'partition_day') | list) | join(',\n        ') }},
        level,
        ledger_day,
        has_spend,
        is_spend_unreadable,
        unreadable_columns,
        reject_reason,
        payload,
        {{ ad_funnel.row_json('raw_record') }} as raw_record
    from {{ ref('stg_ads__reports') }}

),

-- Which rows were loaded together.
gaps as (

    select
        *,
        case
            when loaded_at is null then 0
            when lag(loaded_at) over (partition by {{ line }} order by loaded_at asc nulls first) is null then 1
            when
                {{ ad_funnel.microseconds('loaded_at') }}
                - lag({{ ad_funnel.microseconds('loaded_at') }})
                    over (partition by {{ line }} order by loaded_at asc nulls first)
                > {{ ad_funnel.load_gap() }} * cast(1000000 as bigint)
                then 1
            else 0
        end as begins_load
    from staged

),

loads as (

    select
        *,
        sum(begins_load) over (
            partition by {{ line }} order by loaded_at asc nulls first, begins_load desc nulls last
            rows between unbounded preceding and current row
        ) as load_number
    from gaps

),

copies as (

    select
        *,
        {%- if keeps_latest_day %}
        load_number < max(load_number) over (partition by {{ line }}) as is_of_earlier_day,
        {%- else %}
        false as is_of_earlier_day,
        {%- endif %}
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

),

judged as (

    select
        *,
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

-- Only what is read below: payloads and records are most of the memory. The record of an accepted row that says itself
-- where it belongs is not kept, so it is let go here.
rows_of_lines as (

    select
        {{ (ad_funnel.raw_contract()['reports'] | reject('equalto', 'partition_day') | list) | join(',\n        ') }},
        level,
        ledger_day,
        has_spend,
        is_spend_unreadable,
        unreadable_columns,
        reject_reason,
        load_number,
        accepted_load,
        is_of_earlier_day,
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
            else raw_record
        end as raw_record
    from judged

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

-- Which coarser lines (1) a line's day has, in its own account or campaign as far as that is known.
reported_levels as (

    select
        *,
        max(case when disposition = 'accepted' and line_account_id is not null then 1 else 0 end)
            over (partition by platform, date_day, last_day) as has_accounts,
        max(case when disposition = 'accepted' and level = 'account' and line_account_id is not null then 1 else 0 end)
            over (partition by platform, date_day, last_day) as has_account_lines,
        max(case when disposition = 'accepted' and level in ('account', 'campaign') then 1 else 0 end)
            over (partition by platform, date_day, last_day, line_account_id) as has_lines_in_account,
        max(case when disposition = 'accepted' and level = 'campaign' and line_account_id is null then 1 else 0 end)
            over (partition by platform, date_day, last_day) as has_campaigns_without_account,
        max(case
            when disposition = 'accepted' and (level = 'campaign' or level = 'account' and line_account_id is not null)
                then 1
            else 0
        end) over (partition by platform, date_day, last_day) as has_coarse_lines,
        max(case when disposition = 'accepted' and level = 'ad_group' then 1 else 0 end)
            over (partition by platform, date_day, last_day, line_campaign_id) as has_ad_groups_in_campaign,
        max(case when disposition = 'accepted' and level = 'ad_group' and line_campaign_id is null then 1 else 0 end)
            over (partition by platform, date_day, last_day) as has_ad_groups_without_campaign,
        max(case when disposition = 'accepted' and level = 'ad_group' then 1 else 0 end)
            over (partition by platform, date_day, last_day) as has_ad_group_lines
    from in_accounts

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
    {{ (ad_funnel.raw_contract()['reports'] | reject('equalto', 'partition_day') | list) | join(',\n    ') }},
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

-- One row per raw report row: renamed, typed, trimmed, with its own reject reason. Nothing is dropped.
{{ config(enabled=ad_funnel.reads_reports()) }}
{% set raw = ad_funnel.raw_table('reports') %}

with source as (

    select * from {{ raw.relation }}

),

trimmed as (

    select
        {{ ad_funnel.trimmed_columns(raw) }},
        {{ ad_funnel.raw_record(raw) }} as raw_record
    from source

),

renamed as (

    select
        {{ ad_funnel.raw_columns(raw) }},
        raw_record
    from trimmed

),

typed as (

    select
        {{ ad_funnel.read_date(raw, 'date_day') }} as written_day,
        {{ ad_funnel.read_date(raw, 'last_day') }} as told_last_day,
        renamed.last_day is not null as has_last_day,
        coalesce(platform, '{{ ad_funnel.setting("ad_funnel__default_platform") }}') as platform,
        account_id,
        campaign_id,
        ad_group_id,
        ad_id,
        segment,
        conversion_type,
        {%- for measure in ad_funnel.report_measures() %}
        {%- set is_whole = measure in ['impressions', 'clicks', 'link_clicks'] %}
        {{ ad_funnel.read_whole(raw, measure) if is_whole else ad_funnel.read_decimal(raw, measure) }} as {{ measure }},
        renamed.{{ measure }} is not null as has_{{ measure }},
        {%- endfor %}
        coalesce(currency, '{{ ad_funnel.default_currency() }}') as currency,
        time_zone,
        attribution_window,
        {{ ad_funnel.read_optional_time(raw, 'loaded_at') }} as loaded_at,
        {{ ad_funnel.read_date(raw, 'partition_day') }} as partition_day,
        {%- for name in ad_funnel.may_be_unreadable(raw, 'reports') %}
        renamed.{{ name }} as written_{{ name }},
        {%- endfor %}
        raw_record
    from renamed

),

timed as (

    select
        *,
        cast(written_day as {{ ad_funnel.type_time() }}) as day_start
    from typed

),

-- A day is the account's own, so it may have begun before the reporting zone's. A period has not come before its end.
dated as (

    select
        *,
        {{ ad_funnel.is_in_range('day_start') }} as is_in_range,
        coalesce(told_last_day, written_day)
        > {{ ad_funnel.add_days(ad_funnel.reporting_day(ad_funnel.latest_time()), 1) }} as is_in_future
    from timed

),

booked as (

    select
        *,
        case when is_in_range and not is_in_future then written_day end as date_day,
        case when is_in_range and not is_in_future then coalesce(told_last_day, written_day) end as last_day
    from dated

)

select
    *,
    {{ ad_funnel.ledger_day('date_day') }} as ledger_day,
    has_spend and spend is null as is_spend_unreadable,
    {{ ad_funnel.report_level() }} as level,
    case
        when written_day is null then 'invalid_date'
        when has_last_day and told_last_day is null or told_last_day < written_day then 'invalid_date'
        when not is_in_range then 'timestamp_out_of_range'
        when is_in_future then 'in_future'
        when has_spend and spend is null then 'invalid_number'
        -- A count that cannot be read is not reported, and costs the line nothing else.
        when
            coalesce({{ ad_funnel.report_measures() | join(', ') }}) is null
            and (
                has_{{ ad_funnel.report_measures() | join('
                or has_') }}
            )
            then 'invalid_number'
    end as reject_reason,
    {{ ad_funnel.unreadable_columns(raw, 'reports') }} as unreadable_columns,
    {{ ad_funnel.payload('reports') }} as payload
from booked

-- One row per raw impression: renamed, typed, trimmed, with its own reject reason. Nothing is dropped.
{% set raw = ad_funnel.raw_table('impressions') %}

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
        impression_id,
        {{ ad_funnel.read_time(raw, 'impression_at') }} as impression_at,
        coalesce(platform, '{{ ad_funnel.setting("ad_funnel__default_platform") }}') as platform,
        campaign_id,
        ad_id,
        user_id,
        {{ ad_funnel.read_decimal(raw, 'cost') }} as cost,
        renamed.cost is not null as has_cost,
        coalesce(currency, '{{ ad_funnel.default_currency() }}') as currency,
        placement,
        device_type,
        country,
        case
            when traffic_type is null then 'paid'
            when traffic_type in ('paid', 'organic') then traffic_type
            else 'unknown'
        end as traffic_type,
        {{ ad_funnel.read_boolean(raw, 'is_measurable') }} as is_said_measurable,
        {{ ad_funnel.read_boolean(raw, 'is_viewable') }} as is_viewable,
        user_agent,
        {{ ad_funnel.read_optional_time(raw, 'loaded_at') }} as loaded_at,
        {{ ad_funnel.read_date(raw, 'partition_day') }} as partition_day,
        {%- for name in ad_funnel.may_be_unreadable(raw, 'impressions') %}
        renamed.{{ name }} as written_{{ name }},
        {%- endfor %}
        raw_record,
        {{ ad_funnel.is_erased(raw) }} as is_erased
    from renamed

),

found_out as (

    select
        *,
        -- Where a log says only whether the ad was seen, it was measured.
        coalesce(is_said_measurable, is_viewable is not null or null) as is_measurable,
        {{ ad_funnel.booking_day('impression_at') }} as date_day,
        {{ ad_funnel.ledger_day(ad_funnel.reporting_day('impression_at')) }} as ledger_day,
        {{ ad_funnel.early_partition_day(ad_funnel.reporting_day('impression_at')) }} as early_partition_day,
        has_cost and cost is null as is_cost_unreadable,
        coalesce(
            case when impression_id is null then 'missing_id' end,
            {{ ad_funnel.time_fault('impression_at') }},
            case when has_cost and cost is null then 'invalid_number' when cost < 0 then 'negative_cost' end
        ) as reject_reason,
        {{ ad_funnel.unreadable_columns(
            raw, 'impressions', {'is_measurable': 'is_said_measurable'}
        ) }} as unreadable_columns,
        {{ ad_funnel.row_stamp('impressions', raw, ad_funnel.is_in_future('impression_at')) }} as row_stamp
    from typed

)

select
    {{ ad_funnel.staged_columns('impressions') }}
from found_out

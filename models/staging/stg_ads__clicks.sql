-- One row per raw click: renamed, typed, trimmed, with its own reject reason. Nothing is dropped.
{% set raw = ad_funnel.raw_table('clicks') %}

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
        click_id,
        {{ ad_funnel.read_time(raw, 'clicked_at') }} as clicked_at,
        coalesce(platform, '{{ ad_funnel.setting("ad_funnel__default_platform") }}') as platform,
        impression_id,
        campaign_id,
        ad_id,
        user_id,
        {{ ad_funnel.read_decimal(raw, 'cost') }} as cost,
        renamed.cost is not null as has_cost,
        coalesce(currency, '{{ ad_funnel.default_currency() }}') as currency,
        landing_url,
        {{ ad_funnel.read_optional_time(raw, 'landed_at') }} as landed_at,
        user_agent,
        device_type,
        country,
        {{ ad_funnel.read_optional_time(raw, 'loaded_at') }} as loaded_at,
        {{ ad_funnel.read_date(raw, 'partition_day') }} as partition_day,
        {%- for name in ad_funnel.may_be_unreadable(raw, 'clicks') %}
        renamed.{{ name }} as written_{{ name }},
        {%- endfor %}
        raw_record,
        {{ ad_funnel.is_erased(raw) }} as is_erased
    from renamed

),

found_out as (

    select
        *,
        -- NULL where the log cannot tell whether the page was reached: it does not say, or not legibly, or there was no
        -- page to reach.
        case
            when landed_at is not null then true
            {%- if 'landed_at' in ad_funnel.may_be_unreadable(raw, 'clicks') %}
            when written_landed_at is not null then null
            {%- endif %}
            {%- if ad_funnel.has_column(raw, 'landed_at') %}
            when {{ 'landing_url is not null' if ad_funnel.has_column(raw, 'landing_url') else 'true' }} then false
            {%- endif %}
        end as is_landed,
        {{ ad_funnel.booking_day('clicked_at') }} as date_day,
        {{ ad_funnel.ledger_day(ad_funnel.reporting_day('clicked_at')) }} as ledger_day,
        {{ ad_funnel.early_partition_day(ad_funnel.reporting_day('clicked_at')) }} as early_partition_day,
        has_cost and cost is null as is_cost_unreadable,
        coalesce(
            case when click_id is null then 'missing_id' end,
            {{ ad_funnel.time_fault('clicked_at') }},
            case when has_cost and cost is null then 'invalid_number' when cost < 0 then 'negative_cost' end
        ) as reject_reason,
        {{ ad_funnel.unreadable_columns(raw, 'clicks') }} as unreadable_columns,
        {{ ad_funnel.row_stamp('clicks', raw, ad_funnel.is_in_future('clicked_at')) }} as row_stamp
    from typed

)

select
    {{ ad_funnel.staged_columns('clicks') }}
from found_out

-- One row per raw conversion or adjustment: renamed, typed, trimmed, with its own reject reason. Nothing is dropped.
{% set raw = ad_funnel.raw_table('conversions') %}

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
        conversion_id,
        {{ ad_funnel.read_time(raw, 'converted_at') }} as converted_at,
        coalesce(conversion_type, 'unknown') as conversion_type,
        coalesce(platform, '{{ ad_funnel.setting("ad_funnel__default_platform") }}') as platform,
        -- The advertiser's own log names no platform: then an event of any platform may be credited.
        renamed.platform is not null as is_platform_known,
        click_id,
        impression_id,
        user_id,
        {{ ad_funnel.read_decimal(raw, 'value') }} as value,
        renamed.value is not null as has_value,
        coalesce(currency, '{{ ad_funnel.default_currency() }}') as currency,
        order_id,
        adjusts_conversion_id,
        -- The longer words are Google's.
        case adjustment_type
            when 'restatement' then 'restate'
            when 'retraction' then 'retract'
            else adjustment_type
        end as adjustment_type,
        renamed.adjusts_conversion_id is not null or renamed.adjustment_type is not null as is_adjustment,
        {{ ad_funnel.read_optional_time(raw, 'loaded_at') }} as loaded_at,
        {{ ad_funnel.read_date(raw, 'partition_day') }} as partition_day,
        {%- for name in ad_funnel.may_be_unreadable(raw, 'conversions') %}
        renamed.{{ name }} as written_{{ name }},
        {%- endfor %}
        raw_record,
        {{ ad_funnel.is_erased(raw) }} as is_erased
    from renamed

),

found_out as (

    select
        *,
        {{ ad_funnel.booking_day('converted_at') }} as date_day,
        {{ ad_funnel.ledger_day(ad_funnel.reporting_day('converted_at')) }} as ledger_day,
        {{ ad_funnel.early_partition_day(ad_funnel.reporting_day('converted_at')) }} as early_partition_day,
        has_value and value is null as is_value_unreadable,
        coalesce(
            case when conversion_id is null then 'missing_id' end,
            {{ ad_funnel.time_fault('converted_at') }},
            case
                when has_value and value is null then 'invalid_number'
                when is_adjustment and (
                    adjusts_conversion_id is null
                    or coalesce(adjustment_type, '') not in ('restate', 'retract')
                    or adjustment_type = 'restate' and value is null
                ) then 'invalid_adjustment'
                when value < 0 and not is_adjustment then 'negative_value'
            end
        ) as reject_reason,
        {{ ad_funnel.unreadable_columns(raw, 'conversions') }} as unreadable_columns,
        {{ ad_funnel.row_stamp('conversions', raw, ad_funnel.is_in_future('converted_at')) }} as row_stamp
    from typed

)

select
    {{ ad_funnel.staged_columns('conversions') }}
from found_out

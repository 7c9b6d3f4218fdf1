-- An adjustment whose conversion has not come within ad_funnel__allowed_lateness: its money is not taken off, or added.
-- Cure: load the conversion, or correct adjusts_conversion_id (and platform) of the adjustment.
{{ config(severity='warn') }}

with conversions as (

    select * from {{ ref('fct_ads__conversions') }}

),

namesakes as (

    select
        conversion_id,
        sum(case when is_adjustment then 1 else 0 end) as adjustments,
        count(*) as all_rows
    from conversions
    group by conversion_id

)

select
    case
        when namesakes.conversion_id is null then 'no conversion has this id'
        when namesakes.all_rows = namesakes.adjustments then 'it adjusts another adjustment'
        else 'other platforms have this id'
    end as found,
    conversions.platform,
    conversions.conversion_id,
    conversions.adjusts_conversion_id,
    conversions.adjustment_type,
    conversions.converted_at,
    conversions.value,
    conversions.currency
from conversions
left join namesakes
    on conversions.adjusts_conversion_id = namesakes.conversion_id
where
    conversions.is_waiting
    and {{ ad_funnel.add_seconds('conversions.converted_at', ad_funnel.seconds('ad_funnel__allowed_lateness')) }}
    < {{ ad_funnel.time_literal(ad_funnel.as_of()) }}

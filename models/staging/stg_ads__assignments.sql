-- One row per raw assignment: a user was given a variant of an experiment. Renamed, typed, trimmed, with its own reject
-- reason. Nothing is dropped.
{{ config(enabled=ad_funnel.has_experiments()) }}
{% set raw = ad_funnel.raw_table('assignments') %}

with source as (

    select * from {{ raw.relation }}

),

trimmed as (

    select {{ ad_funnel.trimmed_columns(raw) }}
    from source

),

renamed as (

    select {{ ad_funnel.raw_columns(raw) }}
    from trimmed

),

typed as (

    select
        experiment,
        user_id,
        variant,
        {{ ad_funnel.read_time(raw, 'assigned_at') }} as assigned_at,
        {{ ad_funnel.is_erased(raw) }} as is_erased
    from renamed

)

select
    experiment,
    variant,
    assigned_at,
    {{ ad_funnel.booking_day('assigned_at') }} as date_day,
    case when not is_erased then user_id end as user_id,
    case
        when is_erased then 'erased'
        when experiment is null or user_id is null or variant is null then 'missing_id'
        else {{ ad_funnel.time_fault('assigned_at') }}
    end as reject_reason
from typed

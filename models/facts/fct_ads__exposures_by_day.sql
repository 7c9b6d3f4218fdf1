-- One row per reporting day, platform, campaign (the ad, where the impression does not name it) and user: how often the
-- user was shown it, valid impressions only. Those of no known user are a row without one.
{{ config(
    enabled=ad_funnel.has_frequency() or ad_funnel.setting('ad_funnel__reach') == 'exact',
    **ad_funnel.stored_by_day('date_day')
) }}
{% set inputs %}
    select
        date_day,
        max(built_from) as built_from
    from {{ ref('ledger_ads__impressions_by_day') }}
    where disposition = 'accepted'
    group by date_day
{% endset %}
{% set days = ad_funnel.changed_days(inputs) %}
{{ ad_funnel.replaces_days(days) }}
with inputs as (

    {{ inputs }}

),

exposures as (

    {{ ad_funnel.exposures_of_days(days) }}

)

select
    exposures.*,
    inputs.built_from
from exposures
left join inputs
    on exposures.date_day = inputs.date_day

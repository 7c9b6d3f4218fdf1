-- One row per accepted visit of the website, with its channel; marked where a click explains it.
{{ config(enabled=ad_funnel.has_attribution()) }}

with visits as (

    select *
    from {{ ref('ledger_ads__visits') }}
    where disposition = 'accepted'

),

campaigns as (

    select * from {{ ref('fct_ads__visit_campaigns') }}

),

clicks as (

    select
        user_id,
        clicked_at,
        {{ ad_funnel.add_seconds('clicked_at', ad_funnel.seconds('ad_funnel__click_visit_window')) }} as explains_until
    from {{ ref('fct_ads__clicks') }}
    where user_id is not null

),

-- The page that a click opens is seen twice: by the ad's log and by the website's. It is one touch, the click. An
-- invalid click explains its page, too: that visit is as little the user's own.
explained as (

    select distinct visits.visit_id
    from visits
    inner join clicks
        on
            visits.user_id = clicks.user_id
            and visits.visited_at >= clicks.clicked_at
            and visits.visited_at < clicks.explains_until

)

select
    visits.visit_id,
    visits.visited_at,
    visits.date_day,
    visits.user_id,
    {{ ad_funnel.visit_channel() }} as channel,
    coalesce(campaigns.campaign_id, visits.utm_campaign, 'unknown') as campaign_id,
    visits.landing_url,
    campaigns.click_id_platform,
    explained.visit_id is not null as is_explained,
    visits.is_invalid,
    visits.invalid_reason
from visits
left join campaigns
    on visits.visit_id = campaigns.visit_id
left join explained
    on visits.visit_id = explained.visit_id

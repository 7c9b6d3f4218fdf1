-- One row per reporting day, platform and ad whose spend lines are not placed. The ad is in no campaign that we know,
-- and campaigns have lines of their own for that platform and day: those may hold its money already.
with lines as (

    select *
    from {{ ref('ledger_ads__spend') }}
    where disposition = 'accepted'

),

reported_by_campaign as (

    select distinct
        date_day,
        platform
    from lines
    where ad_id is null and not is_credit and amount is not null

)

select distinct
    lines.date_day,
    lines.platform,
    lines.ad_id
from lines
inner join reported_by_campaign
    on
        lines.date_day = reported_by_campaign.date_day
        and lines.platform = reported_by_campaign.platform
left join {{ ref('dim_ads__ads') }} as ads
    on
        lines.platform = ads.platform
        and lines.ad_id = ads.ad_id
        and lines.date_day >= ads.valid_from
        and lines.date_day < ads.valid_to
where lines.ad_id is not null and lines.campaign_id is null and ads.campaign_id is null

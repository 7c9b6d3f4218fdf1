-- Events whose ad is in no campaign that we know stand in the campaign `unknown`. Cure: add the ads to the ads table.
{{ config(severity='warn') }}

select
    platform,
    ad_id,
    count(*) as row_count
from {{ ref('fct_ads__daily') }}
where campaign_id = 'unknown' and ad_id <> 'unknown'
group by platform, ad_id

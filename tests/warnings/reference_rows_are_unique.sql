-- An ad or campaign that is described twice from the same day on: the latest load counts. Cure: remove the other row.
{{ config(severity='warn') }}

select
    'ads' as source_table,
    platform,
    ad_id as id,
    valid_from,
    count(*) as row_count
from {{ ref('stg_ads__ads') }}
group by platform, ad_id, valid_from
having count(*) > 1 or ad_id is null

union all

select
    'campaigns' as source_table,
    platform,
    campaign_id as id,
    valid_from,
    count(*) as row_count
from {{ ref('stg_ads__campaigns') }}
group by platform, campaign_id, valid_from
having count(*) > 1 or campaign_id is null

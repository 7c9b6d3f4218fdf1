with numbered as (
    select
        *,
        row_number() over (
            partition by date_day, platform, campaign_id, ad_id, currency, is_credit order by loaded_at desc
        ) as copy_number
    from {{ ref('stg_spend') }}
)

select * exclude (copy_number)
from numbered
where copy_number = 1

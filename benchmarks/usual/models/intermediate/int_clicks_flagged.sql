with clicks as (
    select
        clicks.*,
        impressions.is_bot as is_on_bot,
        clicks.impression_id is not null and clicks.clicked_at < interval 10 seconds + lag(clicks.clicked_at) over (
            partition by clicks.platform, clicks.impression_id order by clicks.clicked_at, clicks.click_id
        ) as is_repeat,
        clicks.user_id is not null and clicks.clicked_at < interval 1 minute + lag(clicks.clicked_at, 20) over (
            partition by clicks.platform, clicks.user_id order by clicks.clicked_at, clicks.click_id
        ) as is_flood
    from {{ ref('int_clicks_deduplicated') }} as clicks
    left join {{ ref('int_impressions_deduplicated') }} as impressions
        on
            clicks.platform = impressions.platform
            and clicks.impression_id = impressions.impression_id
)

select
    *,
    coalesce(is_bot or is_on_bot or is_repeat or is_flood, false) as is_invalid,
    case
        when is_repeat and not is_bot and not coalesce(is_on_bot, false) then last_value(
            case when not coalesce(is_repeat, false) then click_id end ignore nulls
        ) over (partition by platform, impression_id order by clicked_at, click_id rows unbounded preceding)
        else click_id
    end as meant_click_id
from clicks

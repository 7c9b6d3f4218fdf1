{#-
    Shopify orders, as Fivetran and most other loaders name them.

    **Reads** `orders`: one row per order. `transactions`, for refunds: one row per payment or refund; or `refunds`: one
    row per refund with its amount.

    **Conversions** are the orders, of the type `purchase`; their value is `total_price`, with tax and shipping, unless
    you name another column in `value`, such as `subtotal_price`. Two currencies of one shop stay two. Each refund is an
    adjustment: it restates the order's value as what is left of it. They have no window: the package attributes them,
    and needs the user id of your clicks or visits for that: name the column that has it in `user_id`.

    **Restated** when an order is edited; Fivetran updates the rows in place.

    **Leaves out** test orders, cancelled orders with their refunds, failed transactions. A refund of an order that is
    not there is handed on, for the package to reject.
-#}
{%- macro conversions_from_shopify_orders(
    orders, transactions=none, refunds=none, value='total_price', user_id='customer_id', time_zone='UTC'
) -%}
    {%- set adapter_name = 'conversions_from_shopify_orders' -%}
    {%- set order = ad_funnel.adapter_table(
        adapter_name, 'orders', orders, ['id|order_id', 'created_at', 'currency', value, user_id],
        ['test', 'cancelled_at', '_fivetran_synced']
    ) -%}
    {%- set counts -%}
        not {{ ad_funnel.adapter_is_true(order.test) }} and nullif(trim({{ order.cancelled_at }}), '') is null
    {%- endset %}
select
    {{ order.id }} as conversion_id,
    {{ ad_funnel.adapter_time(order, 'created_at', time_zone) }} as converted_at,
    'purchase' as conversion_type,
    {{ ad_funnel.no_text() }} as platform,
    {{ ad_funnel.no_text() }} as click_id,
    {{ ad_funnel.no_text() }} as impression_id,
    {{ order[user_id] }} as user_id,
    {{ order[value] }} as value,
    {{ order.currency }} as currency,
    {{ order.id }} as order_id,
    {{ ad_funnel.no_text() }} as adjusts_conversion_id,
    {{ ad_funnel.no_text() }} as adjustment_type,
    {{ order._fivetran_synced }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ orders }} as orders
where {{ counts }}
    {%- if transactions is not none or refunds is not none -%}
        {%- set refund = ad_funnel.adapter_table(
            adapter_name, 'transactions', transactions,
            ['id', 'order_id', 'created_at', 'amount', 'kind', 'status'], ['test', '_fivetran_synced']
        ) if refunds is none else ad_funnel.adapter_table(
            adapter_name, 'refunds', refunds, ['id|refund_id', 'order_id', 'created_at', 'amount|refund_amount'],
            ['_fivetran_synced']
        ) -%}
        {%- set refunded_at = ad_funnel.adapter_time(refund, 'created_at', time_zone) %}
union all
select
    'refund.' || refund_id as conversion_id,
    refunded_at as converted_at,
    'purchase' as conversion_type,
    {{ ad_funnel.no_text() }} as platform,
    {{ ad_funnel.no_text() }} as click_id,
    {{ ad_funnel.no_text() }} as impression_id,
    user_id,
    {{ ad_funnel.value_text(
        ad_funnel.try_decimal('value - refunded', 'number', ad_funnel.type_money()), 'number'
    ) }} as value,
    currency,
    order_id,
    order_id as adjusts_conversion_id,
    'restate' as adjustment_type,
    loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from (
    select
        {{ refund.id }} as refund_id,
        {{ refunded_at }} as refunded_at,
        {{ refund.order_id }} as order_id,
        {{ order[user_id] }} as user_id,
        {{ order.currency }} as currency,
        {{ refund._fivetran_synced }} as loaded_at,
        {{ ad_funnel.try_decimal(order[value], 'text', ad_funnel.type_money()) }} as value,
        sum({{ ad_funnel.try_decimal(refund.amount, 'text', ad_funnel.type_money()) }}) over (
            partition by {{ refund.order_id }}
            order by {{ refunded_at }} asc nulls last, {{ refund.id }} asc nulls last
            rows between unbounded preceding and current row
        ) as refunded
    from {{ transactions if refunds is none else refunds }} as {{ 'transactions' if refunds is none else 'refunds' }}
    left join {{ orders }} as orders
        on {{ refund.order_id }} = {{ order.id }}
    where ({{ order.id }} is null or ({{ counts }}))
        {%- if refunds is none %}
        and {{ refund.kind }} = 'refund' and {{ refund.status }} = 'success'
        and not {{ ad_funnel.adapter_is_true(refund.test) }}
        {%- endif %}
) as refunded_orders
    {%- endif -%}
{%- endmacro -%}

{#-
    HubSpot's deals and form submissions, by Fivetran.

    **Reads** `deal` with `deal_pipeline_stage`: one row per deal, and per stage. `deal_contact`, for the contact of a
    deal. `contact_form_submission`: one row per submission.

    **Conversions** are the deals in a stage that is `closed_won`, of the type `deal_won`, at their close date, with
    their amount; and the submissions, of the type `form_submission`, without a value. The user is the contact: for
    attribution, your visits need the contact's id, too. They have no window: the package attributes them.

    **Restated** whenever a deal is edited: Fivetran updates the rows in place.

    **Leaves out** deleted deals, and those that are open or lost. A deal without an amount is handed on, with the value
    NULL.
-#}
{%- macro conversions_from_hubspot(
    deal=none, deal_pipeline_stage=none, deal_contact=none, contact_form_submission=none, currency=none,
    time_zone='UTC'
) -%}
    {%- set adapter_name = 'conversions_from_hubspot' -%}
    {%- do ad_funnel.adapter_needs_one_of(
        adapter_name, {'deal': deal, 'contact_form_submission': contact_form_submission}
    ) -%}
    {%- if deal is not none -%}
        {%- set row = ad_funnel.adapter_table(
            adapter_name, 'deal', deal, ['deal_id', 'deal_pipeline_stage_id', 'property_amount', 'property_closedate'],
            ['is_deleted|_fivetran_deleted', 'property_deal_currency_code', '_fivetran_synced']
        ) -%}
        {%- set stage = ad_funnel.adapter_table(
            adapter_name, 'deal_pipeline_stage', deal_pipeline_stage, ['stage_id', 'closed_won']
        ) %}
select
    'deal.' || {{ row.deal_id }} as conversion_id,
    {{ ad_funnel.adapter_time(row, 'property_closedate', time_zone) }} as converted_at,
    'deal_won' as conversion_type,
    {{ ad_funnel.no_text() }} as platform,
    {{ ad_funnel.no_text() }} as click_id,
    {{ ad_funnel.no_text() }} as impression_id,
    contact.contact_id as user_id,
    {{ row.property_amount }} as value,
    coalesce({{ row.property_deal_currency_code }}, {{ ad_funnel.text_or_null(currency) }}) as currency,
    {{ ad_funnel.no_text() }} as order_id,
    {{ ad_funnel.no_text() }} as adjusts_conversion_id,
    {{ ad_funnel.no_text() }} as adjustment_type,
    {{ row._fivetran_synced }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ deal }} as deal
left join (
    {#- Of several contacts, one: a deal is one conversion. -#}
    select
        deal_id,
        min(contact_id) as contact_id
    from {{ ad_funnel.adapter_rows(adapter_name, 'deal_contact', deal_contact, ['deal_id', 'contact_id']) }} as contacts
    group by deal_id
) as contact
    on {{ row.deal_id }} = contact.deal_id
where not {{ ad_funnel.adapter_is_true(row.is_deleted) }}
    and {{ row.deal_pipeline_stage_id }} in (
        select {{ stage.stage_id }}
        from {{ deal_pipeline_stage }} as deal_pipeline_stage
        where {{ ad_funnel.adapter_is_true(stage.closed_won) }}
    )
    {%- endif -%}
    {%- if contact_form_submission is not none -%}
        {%- set form = ad_funnel.adapter_table(
            adapter_name, 'contact_form_submission', contact_form_submission,
            ['conversion_id', 'contact_id', 'timestamp'], ['_fivetran_synced']
        ) %}
        {%- if deal is not none %}
union all
        {% endif %}
select
    'form.' || {{ form.conversion_id }} as conversion_id,
    {{ ad_funnel.adapter_time(form, 'timestamp', time_zone) }} as converted_at,
    'form_submission' as conversion_type,
    {{ ad_funnel.no_text() }} as platform,
    {{ ad_funnel.no_text() }} as click_id,
    {{ ad_funnel.no_text() }} as impression_id,
    {{ form.contact_id }} as user_id,
    {{ ad_funnel.no_text() }} as value,
    {{ ad_funnel.no_text() }} as currency,
    {{ ad_funnel.no_text() }} as order_id,
    {{ ad_funnel.no_text() }} as adjusts_conversion_id,
    {{ ad_funnel.no_text() }} as adjustment_type,
    {{ form._fivetran_synced }} as loaded_at,
    {{ ad_funnel.no_text() }} as partition_day
from {{ contact_form_submission }} as contact_form_submission
    {%- endif -%}
{%- endmacro -%}

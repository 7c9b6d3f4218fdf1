{#- Expressions that several facts share. -#}

{#-
    Money in the reporting currency, converted once, per row, rounded half away from zero; NULL where there is no rate.
    Money out of the type's range after conversion is as unknown as money without a rate.
-#}
{%- macro in_reporting_currency(amount, currency, rate, type) -%}
    case
            when {{ currency }} = '{{ ad_funnel.setting('ad_funnel__reporting_currency') }}' then {{ amount }}
            else {{ ad_funnel.try_product(amount, rate, type) }}
        end
{%- endmacro -%}


{#- The click or view window of a conversion in seconds, by its type where a type has its own; `sign` -1 looks back. -#}
{%- macro window_of_type(windows, touch, sign=1) -%}
    {%- if windows.types -%}
        case conversion_type
            {%- for type, seconds in windows.types.items() %}
            when '{{ type | lower }}' then {{ sign * seconds[touch] }}
            {%- endfor %}
            else {{ sign * windows.default[touch] }}
        end
    {%- else -%}
        {{- sign * windows.default[touch] -}}
    {%- endif -%}
{%- endmacro -%}


{#- Whether conversions of a type count; without a list every type does. -#}
{%- macro is_primary_type(conversion_type) -%}
    {%- set primary_types = ad_funnel.setting('ad_funnel__primary_conversion_types') -%}
    {%- if primary_types -%}
        ({{ conversion_type }} in ('{{ primary_types | map('lower') | join("', '") }}'))
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro -%}


{#- Money (or a platform's claim) that a campaign's lines tell beyond those of its ads: never less than 0. -#}
{%- macro untold_rest(column) -%}
    case
            when by_campaign.{{ column }} > coalesce(told_by_ads.{{ column }}, 0)
                then by_campaign.{{ column }} - coalesce(told_by_ads.{{ column }}, 0)
            when by_campaign.{{ column }} is not null then 0
        end
{%- endmacro -%}


{#-
    Versions of an ad or a campaign leave no gap: an event of a day that no row speaks of still belongs somewhere. So the
    first version reaches back to the beginning, and each lasts until the next.
-#}
{%- macro version_neighbours(id) -%}
    {%- set versions = '(partition by platform, ' ~ id ~ ' order by valid_from asc nulls first)' -%}
    lag(1) over {{ versions }} is null as is_first,
        lead(valid_from) over {{ versions }} as next_from
{%- endmacro -%}

{%- macro version_days() -%}
    case when is_first then date '1900-01-01' else valid_from end as valid_from,
    coalesce(next_from, date '9999-12-31') as valid_to,
    next_from is null as is_current
{%- endmacro -%}

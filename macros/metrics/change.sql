{#-
    What each cause did to a change. A cause is a factor `x` of a product, its value before in `base_x`. Its part is
    what its own change does, averaged over all orders in which the factors may have changed (Shapley): so the parts add
    up to the whole, none depends on an order, and zeros do no harm, as they do to logarithms.
-#}

{#- By how much of the base it changed: -0.333 is a third less. -#}
{%- macro change_rate(name) -%}
    {{- ad_funnel.ratio('(' ~ name ~ ' - base_' ~ name ~ ')', 'base_' ~ name) -}}
{%- endmacro -%}

{%- macro difference(name) -%}
    {{- return('(' ~ name ~ ' - base_' ~ name ~ ')') -}}
{%- endmacro -%}

{#- What the change of a factor is to be multiplied by: the other factor's mean, or that of two others' product. -#}
{%- macro mean_of(name) -%}
    {{- return('((base_' ~ name ~ ' + ' ~ name ~ ') / 2)') -}}
{%- endmacro -%}

{%- macro mean_product_of(one, other) -%}
    (
        (2 * (base_{{ one }} * base_{{ other }} + {{ one }} * {{ other }})
            + base_{{ one }} * {{ other }} + {{ one }} * base_{{ other }}) / 6
    )
{%- endmacro -%}

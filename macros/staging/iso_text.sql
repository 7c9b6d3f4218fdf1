{#-
    Dates and times as loaders, exports and spreadsheets write them, in the one form that the engines' macros read
    (`text_to_utc` and `text_to_date` in macros/cross_db/): YYYY-MM-DD, then a blank or T, hours with two digits, and an
    offset or Z right behind. docs/reading-values.md lists the forms. What has none of them stays as it is.

    Few texts need it, and each is looked at, so the first two branches are cheap: they let the usual forms through.
    The third is what cloud warehouses write (`… UTC`, `… +0000`), then in each row of a table.
-#}
{%- macro iso_text(text, format, is_null) -%}
    {%- set day = ad_funnel.split_part(ad_funnel.split_part(text, ' ', 1), 'T', 1) -%}
    {%- set clock = 'substr(' ~ text ~ ', length(' ~ day ~ ') + 2)' -%}
    case
            when {{ is_null }} then null
            when {{ text }} like '____-__-_____:__%' and {{ text }} not like '___________% %' then {{ text }}
            when {{ text }} like '____-__-__' then {{ text }}
            when {{ text }} like '____-__-_____:__%' and lower(right({{ text }}, 1)) <> 'm'
                then left({{ text }}, 11) || {{ ad_funnel.joined_offset('substr(' ~ text ~ ', 12)') }}
            else coalesce(
                {{ ad_funnel.iso_day(day, format) }} || case
                    when length({{ text }}) = length({{ day }}) then ''
                    else ' ' || {{ ad_funnel.iso_clock(clock) }}
                end, {{ text }}
            )
        end
{%- endmacro -%}


{#- A clock's offset without the blank before it; UTC and GMT are Z. -#}
{%- macro joined_offset(clock) -%}
    {%- set sql = namespace(text=clock) -%}
    {%- for written, joined in [
        (' UTC', 'Z'), (' GMT', 'Z'), (' Z', 'Z'), (' +', '+'), (' -', '-'), ('+0000Z', 'Z')
    ] -%}
        {%- set sql.text = 'replace(' ~ sql.text ~ ", '" ~ written ~ "', '" ~ joined ~ "')" -%}
    {%- endfor -%}
    {{- return(sql.text) -}}
{%- endmacro -%}


{#-
    The year comes first, or, where the column map says so, last. 03/04/2025 is 4 March or 3 April, and only the map can
    say which; a year of two digits is never guessed at.
-#}
{%- macro iso_day(day, format) -%}
    {%- set parts = "translate(" ~ day ~ ", '/.', '--')" -%}
    {%- set order = {'day_first': [3, 2, 1], 'month_first': [3, 1, 2]} -%}
    case
                    when {{ ad_funnel.fits_pattern(day, '[0-9]{8}([.]0+)?') }}
                        then left({{ day }}, 4) || '-' || substr({{ day }}, 5, 2) || '-' || substr({{ day }}, 7, 2)
                    when {{ ad_funnel.fits_pattern(day, '[0-9]{4}[/.-][0-9]{1,2}[/.-][0-9]{1,2}') }}
                        then {{ ad_funnel.iso_parts(parts, [1, 2, 3]) }}
                    {%- if format in order %}
                    when {{ ad_funnel.fits_pattern(day, '[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{4}') }}
                        then {{ ad_funnel.iso_parts(parts, order[format]) }}
                    {%- endif %}
                end
{%- endmacro -%}

{%- macro iso_parts(parts, order) -%}
    {%- set year, month, day = order -%}
    {{- return(
        ad_funnel.split_part(parts, '-', year) ~ " || '-' || lpad(" ~ ad_funnel.split_part(parts, '-', month)
        ~ ", 2, '0') || '-' || lpad(" ~ ad_funnel.split_part(parts, '-', day) ~ ", 2, '0')"
    ) -}}
{%- endmacro -%}


{#- Hours of one digit, and of twelve with AM or PM: 12 AM is midnight, 12 PM is noon. -#}
{%- macro iso_clock(clock) -%}
    {%- set of_twelve = '(0?[1-9]|1[0-2]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)? ?[AaPp][Mm]' -%}
    {%- set hour = ad_funnel.split_part(clock, ':', 1) -%}
    case
                        when {{ ad_funnel.fits_pattern(clock, of_twelve) }}
                            then lpad(cast(
                                mod({{ ad_funnel.try_whole(hour, 'text') }}, 12)
                                + case when lower(right({{ clock }}, 2)) = 'pm' then 12 else 0 end
                                as {{ dbt.type_string() }}
                            ), 2, '0') || rtrim(substr(
                                left({{ clock }}, length({{ clock }}) - 2), length({{ hour }}) + 1
                            ))
                        when {{ ad_funnel.fits_pattern(clock, '[0-9]:.*') }}
                            then '0' || {{ ad_funnel.joined_offset(clock) }}
                        when {{ ad_funnel.fits_pattern(clock, '[0-9]{2}:.*') }}
                            then {{ ad_funnel.joined_offset(clock) }}
                    end
{%- endmacro -%}

{#- The page around the data: its frame, its style (light, dark, phone, print), and then page_script.sql. -#}
{%- macro page_html(data) -%}
    {#- What the data holds is text for JSON.parse() only: no `<` of it ends a script. -#}
    {%- set json = tojson(data) | replace('<', '\\u003c') | replace('>', '\\u003e') | replace('&', '\\u0026') -%}
    {#- Put together here: dbt docs has the text of macros inside a script, which the whole tag would end. -#}
    {%- set end_of_script = '</' ~ 'script>' -%}
    {%- set page -%}
{% raw %}<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>Ad funnel report</title>
<link rel="icon" href="data:,">
<style>
:root {
  --ink: #17202b; --dim: #57636f; --line: #e1e5ea; --soft: #eef1f4; --page: #f7f8f9; --card: #fff;
  --accent: #2a5bd7; --mid: #0e7490; --deep: #15803d; --good: #15703a; --bad: #b42318; --warn: #92500b; --warn-soft: #fdf3e1;
  --young: #f3e6cf; --grey: #8a96a3; --c0: #2a5bd7; --c1: #b42318; --c2: #c2780c; --c3: #7446c0; --c4: #64748b; --c5: #0f766e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e8ecf0; --dim: #a3afbb; --line: #2b343e; --soft: #222a33; --page: #0f1317; --card: #171c22;
    --accent: #7fa6ff; --mid: #4cc0d8; --deep: #58c98a; --good: #5fd394; --bad: #ff8d83; --warn: #f2b45c; --warn-soft: #2c2415;
    --young: #35301f; --grey: #7f8b97; --c0: #7fa6ff; --c1: #ff8d83; --c2: #f2b45c; --c3: #b99bf5; --c4: #94a3b8; --c5: #4fd1c0;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 92px; }
body { margin: 0; font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  color: var(--ink); background: var(--page); }
.wrap { max-width: 1080px; margin: 0 auto; padding: 0 20px; }
header.top { padding: 28px 0 14px; }
h1 { margin: 0 0 2px; font-size: 26px; letter-spacing: -.01em; line-height: 1.2; }
h2 { margin: 0 0 2px; font-size: 18px; letter-spacing: -.005em; line-height: 1.3; }
h3 { margin: 0; font-size: 14px; line-height: 1.35; }
p { margin: 0; }
.meta, .note, .small { color: var(--dim); }
.note { max-width: 76ch; margin-bottom: 14px; }
.small { font-size: 13px; }
a { color: var(--accent); }
.filters { position: sticky; top: 0; z-index: 5; background: var(--page); border-bottom: 1px solid var(--line); padding: 10px 0; }
.filters form { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: end; }
.filters label, .pick { display: flex; flex-direction: column; font-size: 12px; color: var(--dim); gap: 2px; }
.pick { flex-direction: row; align-items: center; gap: 8px; font-size: 13px; }
select, input, button { font: inherit; font-size: 14px; color: var(--ink); background: var(--card); border: 1px solid var(--grey);
  border-radius: 7px; padding: 5px 9px; min-height: 34px; max-width: 260px; }
button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 20px 22px 18px; margin: 16px 0; }
.head { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 8px 16px; align-items: start; }
.tiles { display: grid; grid-template-columns: repeat(6, 1fr); gap: 1px; background: var(--line);
  border: 1px solid var(--line); border-radius: 9px; overflow: hidden; }
.tile { background: var(--card); padding: 11px 13px 10px; }
.tile dt { color: var(--dim); font-size: 13px; }
.tile dd { margin: 0; font-size: 21px; font-weight: 600; letter-spacing: -.01em; font-variant-numeric: tabular-nums; line-height: 1.3; }
.tile dd small { font-size: 12px; font-weight: 400; color: var(--dim); letter-spacing: 0; }
.none { color: var(--dim); font-weight: 400; }
ul.unknown { list-style: none; margin: 12px 0 0; padding: 10px 14px; background: var(--warn-soft); border-left: 3px solid var(--warn);
  border-radius: 0 8px 8px 0; }
ul.unknown li { margin: 3px 0; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(260px, 1fr)); gap: 12px; margin-bottom: 16px; }
.card { border: 1px solid var(--line); border-radius: 9px; padding: 12px 15px; }
.card .big { font-size: 17px; font-weight: 600; line-height: 1.3; }
.card.bad { border-left: 4px solid var(--bad); }
.card.good { border-left: 4px solid var(--good); }
.card dl { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 8px 0 0; font-variant-numeric: tabular-nums; }
.card dt { color: var(--dim); font-size: 12px; }
.card dd { margin: 0; font-weight: 600; }
.minis { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 12px; margin-top: 16px; }
.minis figcaption { font-size: 13px; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
figure { margin: 0; min-width: 0; }
svg { display: block; width: 100%; overflow: visible; }
svg text { fill: var(--ink); font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums; unicode-bidi: plaintext; }
svg .dim { fill: var(--dim); } svg .strong { font-weight: 600; font-size: 14px; }
.grid { stroke: var(--line); } .axis { stroke: var(--grey); } .young { fill: var(--young); }
.s0 { fill: var(--accent); } .s1 { fill: var(--mid); } .s2 { fill: var(--deep); } .open { opacity: .55; }
.link { fill: var(--soft); }
.trend { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round; } .dot { fill: var(--accent); }
.sl { stroke-width: 2; } .sl.good { stroke: var(--good); } .sl.bad { stroke: var(--bad); } .sl.same { stroke: var(--grey); stroke-width: 1.25; }
circle.good { fill: var(--good); } circle.bad { fill: var(--bad); } circle.same { fill: var(--grey); }
text.good { fill: var(--good); font-weight: 600; } text.bad { fill: var(--bad); font-weight: 600; }
.d0 { fill: var(--c0); } .d1 { fill: var(--c1); } .d2 { fill: var(--c2); } .d3 { fill: var(--c3); } .d4 { fill: var(--c4); } .d5 { fill: var(--c5); }
.key { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 8px 0 0; padding: 0; list-style: none; font-size: 13px; color: var(--dim); }
.key svg { display: inline-block; width: 12px; height: 12px; margin-right: 6px; vertical-align: -1px; }
.scroll { overflow: auto; max-height: 460px; border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--dim); padding: 8px 10px; }
th, td { padding: 6px 9px; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; background: var(--card); }
tbody tr:last-child > * { border-bottom: 0; }
thead th { position: sticky; top: 0; z-index: 2; color: var(--dim); font-weight: 600; white-space: normal; vertical-align: bottom; line-height: 1.25; min-width: 58px; }
tbody th { position: sticky; left: 0; z-index: 1; font-weight: 500; max-width: 190px; overflow: hidden; text-overflow: ellipsis; }
thead th:first-child { left: 0; z-index: 3; }
.num { text-align: right; }
th button { all: unset; cursor: pointer; font-weight: 600; }
th button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
th[aria-sort] button::after { content: " \2193"; } th[aria-sort="ascending"] button::after { content: " \2191"; }
td.heat { position: relative; }
td.wrapped { white-space: normal; min-width: 240px; }
details { margin-top: 12px; } summary { cursor: pointer; color: var(--dim); font-size: 13px; }
details[open] > summary { margin-bottom: 8px; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 24px; }
.empty { color: var(--dim); padding: 8px 0; }
footer { color: var(--dim); font-size: 13px; padding: 10px 0 44px; max-width: 76ch; }
.skip { position: absolute; left: -9999px; } .skip:focus { left: 12px; top: 8px; background: var(--card); padding: 6px 10px; z-index: 9; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 900px) { .tiles { grid-template-columns: repeat(4, 1fr); } }
@media (max-width: 640px) {
  body { font-size: 15px; } .wrap { padding: 0 12px; } section { padding: 16px 14px; border-radius: 10px; margin: 12px 0; }
  h1 { font-size: 22px; } .filters { position: static; } html { scroll-padding-top: 0; } .filters form { display: grid; grid-template-columns: 1fr 1fr; }
  .filters select, .filters input, .filters button { width: 100%; max-width: none; min-height: 40px; } .two { grid-template-columns: 1fr; }
  .tiles { grid-template-columns: 1fr 1fr; } .tile dd { font-size: 19px; } .minis { grid-template-columns: 1fr 1fr; }
  tbody th { max-width: 140px; }
}
@media print {
  :root { --page: #fff; } body { font-size: 11pt; } .filters form, details:not([open]), .pick { display: none; } .filters { position: static; border: 0; padding: 0; }
  section { break-inside: avoid; border-color: #ccc; } section.long { break-inside: auto; } .scroll { max-height: none; overflow: visible; } table { font-size: 8pt; }
  th, td { padding: 3px 5px; } thead th, tbody th { position: static; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
@media print and (prefers-color-scheme: dark) {
  :root { --ink: #17202b; --dim: #57636f; --line: #e1e5ea; --soft: #eef1f4; --card: #fff; --accent: #2a5bd7; --mid: #0e7490; --deep: #15803d;
    --good: #15703a; --bad: #b42318; --warn: #92500b; --warn-soft: #fdf3e1; --young: #f3e6cf; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
</style>
</head>
<body>
<a class="skip" href="#content">To the figures</a>
<div class="wrap"><header class="top"><h1>Ad funnel report</h1><p class="meta" id="about"></p></header></div>
<div class="filters"><div class="wrap">
<form aria-label="Filters"></form>
<p class="small" id="chosen" role="status" aria-live="polite"></p>
</div></div>
<div class="wrap"><main id="content"><noscript><p>This page draws its figures with a script that is inside it. Allow scripts to see them.</p></noscript></main>
<footer></footer></div>
<script type="application/json" id="data">{% endraw %}{{ json }}{{ end_of_script }}{% raw %}
<script>{% endraw %}{{ ad_funnel.page_script() }}{{ end_of_script }}{% raw %}
</body>
</html>{% endraw %}
    {%- endset -%}
    {{- return(page | trim | string) -}}
{%- endmacro -%}

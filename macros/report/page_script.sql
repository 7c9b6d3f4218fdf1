{#-
    The script of the report: SVG drawn by hand, no library (docs/report.md says why). Names from data are set as text
    nodes and attributes only, never as HTML.
-#}
{%- macro page_script() -%}{% raw %}
'use strict';
const D = JSON.parse(document.getElementById('data').textContent);
const main = document.querySelector('main');

// ---------------------------------------------------------------------------------------------------- numbers
// Money is a whole number of billionths: its sums are exact, as those of the database are.
const toMoney = text => {
  if (/e/i.test(text)) return BigInt(Math.round(Number(text) * 1e9));
  const minus = text[0] === '-', [whole, part = ''] = (minus ? text.slice(1) : text).split('.');
  const value = BigInt(whole || '0') * 1000000000n + BigInt((part + '000000000').slice(0, 9));
  return minus ? -value : value;
};
const toNumber = v => {
  if (typeof v !== 'bigint') return v;
  const minus = v < 0n, digits = (minus ? -v : v).toString().padStart(10, '0');
  return Number((minus ? '-' : '') + digits.slice(0, -9) + '.' + digits.slice(-9));
};
const isMoney = D.measures.map(name => name in D.money);
const lines = text => text ? text.split('\n').map(line => line.split(',')) : [];
const numberOf = text => text === '' || text == null ? null : Number(text);
const rows = lines(D.daily).map(cells => ({
  d: +cells[0], c: +cells[1],
  v: D.measures.map((_, i) => cells[i + 2] === '' ? null : isMoney[i] ? toMoney(cells[i + 2]) : Number(cells[i + 2])),
}));

// A sum is that of the values that are there; money only where some of it is known or there was nothing to pay.
function rollUp(some) {
  const sums = {};
  D.measures.forEach((name, i) => {
    let sum = null;
    for (const row of some) if (row.v[i] !== null) sum = sum === null ? row.v[i] : sum + row.v[i];
    sums[name] = sum;
  });
  for (const [name, rule] of Object.entries(D.money)) {
    if (name in sums && !(sums[rule.known] > 0 || sums[rule.of] === 0)) sums[name] = null;
  }
  return sums;
}
const ratio = (a, b) => a === null || b === null || !(b > 0) ? null : toNumber(a) / toNumber(b);
const costOf = s => s.unknown_cost_events === 0 || D.partial ? s.spend : null;
const valueOf = s => s.unknown_value_conversions === 0 || D.partial ? s.conversion_value : null;
const minus = (a, b) => a === null || b === null ? null : a - b;
const METRICS = {
  ctr: s => ratio(s.clicked_impressions, s.impressions),
  cvr: s => ratio(s.converted_clicks, s.clicks),
  conversion_per_impression: s => ratio(s.converted_impressions, s.impressions),
  viewability_rate: s => ratio(s.viewable_impressions, s.measurable_impressions),
  invalid_impression_rate: s => ratio(minus(s.gross_impressions, s.impressions), s.gross_impressions),
  invalid_click_rate: s => ratio(minus(s.gross_clicks, s.clicks), s.gross_clicks),
  cpm: s => ratio(costOf(s) === null ? null : 1000n * costOf(s), s.impressions),
  cpc: s => ratio(costOf(s), s.clicks),
  cpa: s => ratio(costOf(s), s.conversions),
  roas: s => ratio(valueOf(s), costOf(s)),
};
const figure = (sums, name) => name in METRICS ? METRICS[name](sums) : toNumber(sums[name] ?? null);

// The interval of a share of n rows (Wilson, 95 %), as in the marts.
function wilson(share, n) {
  if (share === null || !(n > 0)) return [null, null];
  const z = 1.959963984540054, middle = share + z * z / (2 * n);
  const reach = z * Math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)), whole = 1 + z * z / n;
  return [share === 0 ? 0 : Math.max(0, (middle - reach) / whole), share === 1 ? 1 : Math.min(1, (middle + reach) / whole)];
}

// ---------------------------------------------------------------------------------------------------- words
const formats = {};
const format = (value, options) => {
  const key = JSON.stringify(options);
  return (formats[key] ||= new Intl.NumberFormat('en', options)).format(value);
};
const NONE = '–';
const whole = v => v === null || v === undefined ? NONE : format(v, {maximumFractionDigits: 0});
const plain = v => v === null || v === undefined ? NONE : format(v, {minimumFractionDigits: 2, maximumFractionDigits: 2});
const money = v => v === null || v === undefined ? NONE : Math.abs(v) > 0 && Math.abs(v) < 0.1
  ? format(v, {maximumSignificantDigits: 2}) : format(v, {minimumFractionDigits: 2, maximumFractionDigits: 2});
const share = v => v === null || v === undefined ? NONE : format(v, {style: 'percent', minimumFractionDigits: 2, maximumFractionDigits: v < 0.01 ? 3 : 2});
const short = v => v === null ? NONE : Math.abs(v) >= 10000 ? format(v, {notation: 'compact', maximumFractionDigits: 1})
  : format(v, {maximumFractionDigits: Math.abs(v) < 1 ? 3 : Math.abs(v) < 10 ? 2 : 1});
const KINDS = {count: v => count(v), money, price: money, share, ratio: plain};
// Platforms report fractions of conversions.
const count = v => v === null || v === undefined || Number.isInteger(v) ? whole(v) : plain(v);
const shown = (name, v) => KINDS[D.displays[name].kind](v);
const label = name => D.displays[name].label;
const place = n => n + (n % 100 > 10 && n % 100 < 14 ? 'th' : ['th', 'st', 'nd', 'rd'][n % 10] || 'th');
const many = (n, one, more = one + 's') => whole(n) + ' ' + (n === 1 ? one : more);
const cut = (text, length) => { const letters = [...text]; return letters.length > length ? letters.slice(0, length - 1).join('') + '…' : text; };
const campaignName = c => D.campaigns[c] ? D.campaigns[c][2] : 'other';
const list = (names, most = 4) => names.slice(0, most).join(', ') + (names.length > most ? ` and ${names.length - most} more` : '');

// ---------------------------------------------------------------------------------------------------- elements
function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === 'function') element.addEventListener(name, value); else if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat(4).filter(child => child !== null && child !== undefined));
  return element;
}
const h = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) => build(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
const tip = (element, text) => { element.append(s('title', {}, text)); return element; };
const chart = (width, height, what, ...children) =>
  s('svg', {viewBox: `0 0 ${width} ${height}`, height, role: 'img', 'aria-label': what}, ...children);
const bdi = text => h('bdi', {}, text);

// A table with a heading for each column: [title, cell, 'num' or '', sort value]. The first column names the row.
function table(what, columns, data, options = {}) {
  const body = h('tbody'), most = options.most || 200;
  const cell = (column, row, first) => {
    let content = column[1](row);
    const value = column[3] ? column[3](row) : undefined;
    if (typeof content === 'string' && !first && column[2] !== 'num') content = bdi(content);
    return h(first ? 'th' : 'td', {scope: first ? 'row' : null, class: [column[2], column[4] ? column[4](row) : null].filter(Boolean).join(' ') || null,
      'data-metric': column[5], 'data-value': value === undefined ? null : value === null ? '' : String(value), style: column[6] ? column[6](row) : null,
      title: first && typeof content === 'string' ? content : null},
    first && typeof content === 'string' ? bdi(content) : content);
  };
  const fill = () => body.replaceChildren(...data.slice(0, most).map(row => h('tr', options.key ? {'data-key': options.key(row)} : {},
    columns.map((column, i) => cell(column, row, i === 0)))));
  const heads = columns.map(column => h('th', {scope: 'col', class: column[2] || null}, column[3] && data.length > 2 ? h('button', {type: 'button',
    click: () => sort(column)}, column[0]) : column[0]));
  const sort = column => {
    const head = heads[columns.indexOf(column)], up = head.getAttribute('aria-sort') === 'descending';
    heads.forEach(each => each.removeAttribute('aria-sort'));
    head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
    const value = row => { const v = column[3](row); return v === null ? -Infinity : v; };
    data.sort((a, b) => { const [x, y] = [value(a), value(b)]; return (x < y ? -1 : x > y ? 1 : 0) * (up ? 1 : -1); });
    fill();
  };
  fill();
  return [h('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': what}, h('table', {}, h('caption', {class: 'hidden'}, what),
    h('thead', {}, h('tr', {}, heads)), body)),
  data.length > most ? h('p', {class: 'small'}, `The first ${most} of ${whole(data.length)} rows. Filter to see the others.`) : null];
}
const folded = (title, ...content) => h('details', {}, h('summary', {}, title), ...content);
const picker = (title, values, chosen, change) => h('label', {class: 'pick'}, title, h('select', {id: 'pick-' + title.toLowerCase(), change: event => change(event.target.value)},
  values.map(([value, text]) => h('option', {value, selected: value === chosen ? '' : null}, text))));
const empty = text => h('p', {class: 'empty'}, text);

// ---------------------------------------------------------------------------------------------------- periods
const iso = day => new Date(day).toISOString().slice(0, 10);
const at = text => Date.parse(text + 'T00:00:00Z');
const DAY = 86400000;
// Every day (week, month) from the first to the last: the marts leave out long gaps.
const calendar = (() => {
  const known = new Map(D.days.map((day, i) => [day[0], i])), all = [];
  if (!D.days.length) return all;
  const last = at(D.days[D.days.length - 1][0]);
  let click = 1, mature = 1;
  for (let day = at(D.days[0][0]); day <= last;) {
    const text = iso(day), i = known.get(text);
    if (i !== undefined) [, click, mature] = D.days[i];
    all.push({day: text, i: i === undefined ? null : i, click, mature});
    const date = new Date(day);
    day = D.period === 'month' ? Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) : day + DAY * (D.period === 'week' ? 7 : 1);
  }
  return all;
})();
const firstDay = calendar.length ? calendar[0].day : '', lastDay = calendar.length ? calendar[calendar.length - 1].day : '';
const months = [...new Set(D.days.map(day => day[0].slice(0, 7)))];
const monthName = text => new Date(text.slice(0, 7) + '-01T00:00:00Z').toLocaleDateString('en', {month: 'long', year: 'numeric', timeZone: 'UTC'});
const endOfMonth = month => iso(Date.UTC(+month.slice(0, 4), +month.slice(5, 7), 0));

// ---------------------------------------------------------------------------------------------------- filters
const state = {period: 'all', from: firstDay, to: lastDay, platform: '', campaign: ''};
const platforms = [...new Set(D.campaigns.map(campaign => campaign[0]))].sort();
const fits = c => D.campaigns[c] !== undefined && (state.platform === '' || D.campaigns[c][0] === state.platform)
  && (state.campaign === '' || c === +state.campaign);
const isAll = () => state.from === firstDay && state.to === lastDay;
const inDays = day => isAll() || (day !== '' && day >= state.from && day <= state.to);
const chosenRows = () => rows.filter(row => fits(row.c) && inDays(D.days[row.d][0]));
const byCampaign = some => {
  const groups = new Map();
  for (const row of some) groups.has(row.c) ? groups.get(row.c).push(row) : groups.set(row.c, [row]);
  return [...groups].map(([c, group]) => ({c, name: campaignName(c), platform: D.campaigns[c][0], s: rollUp(group)}));
};

function setPeriod(period) {
  state.period = period;
  if (period === 'all') [state.from, state.to] = [firstDay, lastDay];
  else if (/^[0-9]+$/.test(period)) [state.from, state.to] = [iso(Math.max(at(firstDay), at(lastDay) - DAY * (period - 1))), lastDay];
  else if (period !== 'own') [state.from, state.to] = [period + '-01', endOfMonth(period)];
}

const drawFilters = () => keepFocus(makeFilters);
function makeFilters() {
  const form = document.querySelector('form'), select = (title, name, values, change) => h('label', {for: 'filter-' + name}, title,
    h('select', {id: 'filter-' + name, change}, values.map(([value, text]) => h('option', {value, dir: 'auto', selected: String(state[name]) === value ? '' : null}, text))));
  const periods = [['all', 'All days'], ...(D.period === 'day' ? [['7', 'Last 7 days'], ['28', 'Last 28 days']] : []),
    ...(D.period === 'week' ? [] : months.map(month => [month, monthName(month)])), ['own', 'From … to …']];
  const day = (title, name) => h('label', {for: 'filter-' + name}, title, h('input', {id: 'filter-' + name, type: 'date', min: firstDay, max: lastDay,
    value: state[name], change: event => { if (event.target.value) { state[name] = event.target.value; draw(); } }}));
  const campaigns = D.campaigns.map((campaign, c) => [String(c), `${campaign[2]} (${campaign[0]})`, campaign[0]])
    .filter(campaign => state.platform === '' || campaign[2] === state.platform).sort((a, b) => a[1].localeCompare(b[1]));
  form.replaceChildren(
    select('Period', 'period', periods, event => { setPeriod(event.target.value); drawFilters(); draw(); }),
    ...(state.period === 'own' ? [day('From', 'from'), day('To', 'to')] : []),
    ...(platforms.length > 1 ? [select('Platform', 'platform', [['', 'All platforms'], ...platforms.map(each => [each, each])], event => {
      state.platform = event.target.value;
      if (state.campaign !== '' && !fits(+state.campaign)) state.campaign = '';
      drawFilters(); draw();
    })] : []),
    select('Campaign', 'campaign', [['', 'All campaigns'], ...campaigns], event => { state.campaign = event.target.value; draw(); }),
    h('button', {type: 'button', id: 'reset', click: () => { Object.assign(state, {platform: '', campaign: ''}); setPeriod('all'); drawFilters(); draw(); }}, 'Show all'),
  );
}

// ---------------------------------------------------------------------------------------------------- sections
const sections = [];
// A section is drawn again when a filter changes or the window is resized: draw(body, width of its body).
function section(id, title, note, drawBody, options = {}) {
  const body = h('div'), tools = h('div'), notes = h('p', {class: 'note'});
  const element = h('section', {id, 'aria-labelledby': id + '-title', class: options.long ? 'long' : null},
    h('div', {class: 'head'}, h('h2', {id: id + '-title'}, title), tools), notes, body);
  main.append(element);
  sections.push(() => {
    const open = [...body.querySelectorAll('details')].map(each => each.open);
    notes.replaceChildren(typeof note === 'function' ? note() : note);
    body.replaceChildren(...drawBody(Math.max(220, Math.floor(body.clientWidth || 900)), tools).flat().filter(Boolean));
    body.querySelectorAll('details').forEach((each, i) => { each.open = open[i] || false; });
  });
}
// What has the focus is made again: it has it again.
function keepFocus(change) {
  const id = document.activeElement ? document.activeElement.id : '';
  change();
  const again = id && document.getElementById(id);
  if (again && again !== document.activeElement) again.focus({preventScroll: true});
}
const redraw = () => keepFocus(() => sections.forEach(each => each()));
function draw() {
  const where = [state.campaign !== '' ? campaignName(+state.campaign) : state.platform || 'All platforms and campaigns',
    isAll() ? `all ${D.period}s` : state.from === state.to ? state.from : `${state.from} to ${state.to}`];
  document.getElementById('chosen').replaceChildren('Showing ', bdi(where[0]), `, ${where[1]}${D.period === 'day' || isAll() ? '' : ` (${D.period}s that begin in it)`}.`);
  redraw();
}

// 1 ---------------------------------------------------------------------------------------------- totals
const TOTALS = ['impressions', 'clicks', 'conversions', 'spend', 'conversion_value', 'roas', 'ctr', 'cvr', 'conversion_per_impression', 'cpm', 'cpc', 'cpa'];
section('totals', 'Totals', `A dash (${NONE}) is not measured, unknown or undefined. It is never 0.`, () => {
  const some = chosenRows(), sums = rollUp(some), each = byCampaign(some), notes = [];
  const tiles = h('dl', {class: 'tiles'}, TOTALS.map(name => {
    const v = figure(sums, name), unit = D.displays[name].unit === 'reporting currency' && v !== null ? ' ' + D.currency : '';
    return h('div', {class: 'tile', 'data-metric': name, 'data-value': v === null ? '' : String(v)}, h('dt', {}, label(name)),
      h('dd', {class: v === null ? 'none' : null}, shown(name, v), unit ? h('small', {}, unit) : null));
  }));
  const say = (...text) => notes.push(h('li', {}, ...text));
  const names = test => list([...new Set(each.filter(test).map(row => row.name))]);
  if (sums.unknown_cost_events > 0) say(`${many(sums.unknown_cost_events, 'cost')} cannot be converted to ${D.currency} or ${sums.unknown_cost_events === 1 ? 'has' : 'have'} no amount: not in spend${D.partial ? '' : ', so CPM, CPC, CPA and ROAS are unknown'} (`, bdi(names(row => row.s.unknown_cost_events > 0)), ').');
  if (sums.unknown_value_conversions > 0) say(`The value of ${many(sums.unknown_value_conversions, 'conversion')} cannot be converted to ${D.currency}: not in the conversion value${D.partial ? '' : ', so ROAS is unknown'} (`, bdi(names(row => row.s.unknown_value_conversions > 0)), ').');
  if (each.some(row => row.s.spend === null)) say('No spend is reported for ', bdi(names(row => row.s.spend === null)), '.');
  if (each.some(row => row.s.conversion_value === null && row.s.conversions > 0)) say('Conversions without a value: ', bdi(names(row => row.s.conversion_value === null && row.s.conversions > 0)), '.');
  if (sums.unattributed_conversions > 0) say(`${many(sums.unattributed_conversions, 'conversion')} led back to no click or impression: not in conversions.`);
  const young = calendar.filter(day => inDays(day.day) && !day.mature).length, all = calendar.filter(day => inDays(day.day)).length;
  if (young > 0) say(young === all ? `All of these ${D.period}s can still gain clicks and conversions.` : `${young} of ${many(all, D.period)} can still gain clicks and conversions.`);
  return [some.length ? tiles : empty('Nothing happened in this selection.'), notes.length ? h('ul', {class: 'unknown', 'aria-label': 'What is unknown'}, notes) : null];
});

// 2 ---------------------------------------------------------------------------------------------- funnel
const STEPS = [['impressions', 'Impressions'], ['clicked_impressions', 'Clicked'], ['converted_impressions', 'Converted']];
function pyramid(sums, width, big) {
  const counts = STEPS.map(([name]) => sums[name]), top = Math.max(1, counts[0] || 0), high = big ? 40 : 16, gap = big ? 30 : 18;
  const wide = counts.map(v => v === null ? 0 : v === 0 ? 1 : Math.max(3, width * Math.sqrt(v / top)));
  const parts = [], say = STEPS.map(([, title], i) => `${title} ${whole(counts[i])}`).join(', ');
  counts.forEach((v, i) => {
    const y = i * (high + gap) + gap - 4, rate = i ? ratio(v, counts[i - 1]) : null;
    if (i < 2 && counts[i + 1] !== null && v) parts.push(s('path', {class: 'link', d: `M${(width - wide[i]) / 2} ${y + high}H${(width + wide[i]) / 2}L${(width + wide[i + 1]) / 2} ${y + high + gap}H${(width - wide[i + 1]) / 2}Z`}));
    if (v !== null) parts.push(tip(s('rect', {x: (width - wide[i]) / 2, y, width: wide[i], height: high, rx: big ? 4 : 2, class: 's' + i}), `${STEPS[i][1]}: ${whole(v)}`));
    parts.push(s('text', {x: width / 2, y: y - (big ? 8 : 5), 'text-anchor': 'middle'}, s('tspan', {class: big ? 'strong' : ''}, whole(v)),
      s('tspan', {class: 'dim'}, big ? `  ${STEPS[i][1].toLowerCase()}${rate === null ? '' : `, ${share(rate)} of the step before`}` : rate === null ? '' : `  ${share(rate)}`)));
  });
  return chart(width, 3 * (high + gap), 'Funnel: ' + say, parts);
}
section('funnel', 'Funnel', 'Each step is a part of the one before: impressions, those that were clicked, those whose click led to a conversion. Widths are square roots of counts, so that small steps can be seen.', width => {
  const some = chosenRows(), each = byCampaign(some).filter(row => row.s.impressions > 0).sort((a, b) => b.s.impressions - a.s.impressions), sums = rollUp(some);
  if (sums.impressions === null) return [empty('Impressions are not measured in this selection.')];
  const all = [...each];
  return [h('figure', {}, pyramid(sums, Math.min(width, 640), true)),
    each.length > 1 ? h('div', {class: 'minis'}, each.slice(0, 12).map(row => h('figure', {}, h('figcaption', {title: row.name}, bdi(row.name)), h('p', {class: 'small'}, row.platform), pyramid(row.s, 150, false)))) : null,
    each.length > 12 ? h('p', {class: 'small'}, `The 12 campaigns with most impressions. All ${each.length} are in the table.`) : null,
    folded('Table', ...table('Funnel by campaign', [['Campaign', row => row.name], ['Platform', row => row.platform],
      ...['impressions', 'clicked_impressions', 'converted_impressions', 'ctr', 'conversion_per_impression'].map(name =>
        [label(name), row => shown(name, figure(row.s, name)), 'num', row => figure(row.s, name), null, name])], all))];
});

// 3 ---------------------------------------------------------------------------------------------- looks and sells
const RANKED = {vanity: ['impressions', 'clicks', 'ctr'], value: ['conversions', 'conversion_value', 'roas']};
// The rule of mart_ads__campaign_ranking: the place of the mean of three places; equals share one; NULL has none.
function ranks(values, less) {
  return values.map(v => v === null ? null : 1 + values.filter(other => other !== null && (less ? other < v : other > v)).length);
}
function ranking(each) {
  const places = {};
  for (const [side, names] of Object.entries(RANKED)) {
    const three = names.map(name => ranks(each.map(row => figure(row.s, name)), false));
    const means = each.map((_, i) => { const known = three.map(place => place[i]).filter(v => v !== null);
      return known.length ? known.reduce((a, b) => a + b) * 6 / known.length : null; });
    places[side] = ranks(means, true);
  }
  return each.map((row, i) => ({...row, vanity: places.vanity[i], value: places.value[i]}));
}
section('looks', 'What looks good, and what sells', 'Left: the place by impressions, clicks and CTR. Right: the place by conversions, their value and ROAS. A line that falls looks better than it sells. Places say nothing of how sure they are.', width => {
  const each = ranking(byCampaign(chosenRows())), both = each.filter(row => row.vanity !== null && row.value !== null);
  if (both.length < 2) return [empty('Fewer than two campaigns to compare in this selection.')];
  const gap = row => row.value - row.vanity;
  const looks = [...both].sort((a, b) => a.vanity - b.vanity || b.value - a.value)[0], sells = [...both].sort((a, b) => a.value - b.value || a.vanity - b.vanity)[0];
  const card = (row, kind) => h('div', {class: 'card ' + kind}, h('p', {class: 'big'}, bdi(row.name)),
    h('p', {class: 'small'}, `${place(row.vanity)} by what looks good, ${place(row.value)} by what sells, of ${both.length}`),
    h('dl', {}, ['impressions', 'ctr', 'conversions', 'roas'].map(name => h('div', {}, h('dt', {}, label(name)), h('dd', {}, shown(name, figure(row.s, name)))))));
  const cards = looks.c === sells.c ? h('div', {class: 'pair'}, card(looks, 'good')) : h('div', {class: 'pair'}, card(looks, gap(looks) > 0 ? 'bad' : 'good'), card(sells, 'good'));
  const drawn = both.length <= 20 ? both : [...both].sort((a, b) => Math.abs(gap(b)) - Math.abs(gap(a))).slice(0, 20);
  // Drawn at the place among those that are drawn: with many campaigns places lie far apart.
  const levels = side => [...new Set(drawn.map(row => row[side]))].sort((a, b) => a - b), left = levels('vanity'), right = levels('value');
  const step = 26, most = Math.max(left.length, right.length), inner = Math.min(260, width * 0.3), x1 = (width - inner) / 2, x2 = x1 + inner, y = n => 30 + n * step;
  const far = Math.max(2, Math.ceil(drawn.length / 4)), kind = row => gap(row) >= far || row.c === looks.c && gap(row) > 0 ? 'bad' : gap(row) <= -far || row.c === sells.c ? 'good' : 'same', parts = [], letters = Math.floor((x1 - 36) / 7.4);
  const tellers = {vanity: new Map(), value: new Map()};
  [...drawn].sort((a, b) => Math.abs(gap(a)) - Math.abs(gap(b))).forEach(row => {
    const a = y(left.indexOf(row.vanity)), b = y(right.indexOf(row.value));
    parts.push(tip(s('path', {class: 'sl ' + kind(row), fill: 'none', d: `M${x1} ${a}C${x1 + inner / 2} ${a} ${x2 - inner / 2} ${b} ${x2} ${b}`}), `${row.name}: ${place(row.vanity)} by what looks good, ${place(row.value)} by what sells`),
      s('circle', {class: kind(row), cx: x1, cy: a, r: 4}), s('circle', {class: kind(row), cx: x2, cy: b, r: 4}));
    for (const side of ['vanity', 'value']) tellers[side].set(row[side], [...(tellers[side].get(row[side]) || []), row]);
  });
  const write = (side, all, x, anchor) => all.forEach((n, i) => {
    const group = tellers[side].get(n).sort((a, b) => (kind(a) === 'same') - (kind(b) === 'same')), names = group.map(row => row.name).join(', '), strong = group.find(row => kind(row) !== 'same');
    parts.push(tip(s('text', {x, y: y(i) + 4, 'text-anchor': anchor, class: strong ? kind(strong) : null}, anchor === 'end' ? `${cut(names, letters)}\u2002${n}` : `${n}\u2002${cut(names, letters)}`), names));
  });
  write('vanity', left, x1 - 10, 'end'); write('value', right, x2 + 10, 'start');
  parts.push(s('text', {x: x1 - 10, y: 10, class: 'dim', 'text-anchor': 'end'}, 'Looks good'), s('text', {x: x2 + 10, y: 10, class: 'dim'}, 'Sells'));
  return [cards, h('figure', {}, chart(width, y(most) - 8, 'Places by what looks good and by what sells; the table has them.', parts)),
    both.length > drawn.length ? h('p', {class: 'small'}, `The 20 campaigns whose places differ most, of ${both.length}.`) : null,
    folded('Table', ...table('Places of campaigns', [['Campaign', row => row.name], ['Looks good', row => whole(row.vanity), 'num', row => row.vanity, null, 'vanity_rank'],
      ['Sells', row => whole(row.value), 'num', row => row.value, null, 'value_rank'],
      ...[...RANKED.vanity, ...RANKED.value].map(name => [label(name), row => shown(name, figure(row.s, name)), 'num', row => figure(row.s, name)])],
    [...each].sort((a, b) => (a.value ?? 1e9) - (b.value ?? 1e9)), {key: row => row.c}))];
});

// 4 ---------------------------------------------------------------------------------------------- trends
const TRENDS = ['impressions', 'clicks', 'conversions', 'spend', 'conversion_value', 'ctr', 'cvr', 'cpc', 'cpa', 'roas'];
let trend = 'clicks';
const niceTop = v => { if (!(v > 0)) return 1; const unit = 10 ** Math.floor(Math.log10(v)); return [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].map(n => n * unit).find(n => n >= v * 0.999); };
section('trends', 'Trends', () => `By ${D.period}. Shaded: ${D.period}s that can still grow, since a click or a conversion may yet come; do not compare them with finished ones. A gap is a ${D.period} without rows, not a 0.`, (width, tools) => {
  tools.replaceChildren(picker('Show', TRENDS.map(name => [name, label(name)]), trend, value => { trend = value; redraw(); }));
  const groups = new Map();
  for (const row of chosenRows()) groups.has(row.d) ? groups.get(row.d).push(row) : groups.set(row.d, [row]);
  const days = calendar.filter(day => inDays(day.day)).map(day => ({...day, v: day.i !== null && groups.has(day.i) ? figure(rollUp(groups.get(day.i)), trend) : null}));
  if (!days.some(day => day.v !== null)) return [empty(`${label(trend)}: nothing is known in this selection.`)];
  const high = 210, x0 = 52, y0 = 12, step = (width - x0 - 8) / days.length, top = niceTop(Math.max(...days.map(day => day.v ?? 0))), y = v => y0 + high - Math.max(0, v) / top * high;
  const isRatio = trend in METRICS, ripe = day => trend === 'cvr' || trend === 'cpa' || trend === 'roas' || trend === 'conversions' || trend === 'conversion_value' ? day.click && day.mature : day.mature, parts = [];
  for (let i = 0; i < days.length; i++) if (!ripe(days[i])) parts.push(s('rect', {class: 'young', x: x0 + i * step, y: y0, width: step + 0.5, height: high}));
  const axis = v => D.displays[trend].kind === 'share' ? format(v, {style: 'percent', maximumFractionDigits: 2}) : short(v);
  [0, 0.25, 0.5, 0.75, 1].forEach(part => parts.push(s('line', {class: part ? 'grid' : 'axis', x1: x0, x2: width - 8, y1: y(part * top), y2: y(part * top)}),
    part * 4 % 2 === 0 ? s('text', {x: x0 - 8, y: y(part * top) + 4, class: 'dim', 'text-anchor': 'end'}, axis(part * top)) : null));
  const middle = i => x0 + (i + 0.5) * step, say = day => `${day.day}: ${shown(trend, day.v)}${ripe(day) ? '' : ', can still grow'}`;
  if (isRatio) {
    let path = '', pen = false;
    days.forEach((day, i) => { if (day.v === null) { pen = false; return; } path += `${pen ? 'L' : 'M'}${middle(i).toFixed(1)} ${y(day.v).toFixed(1)}`; pen = true; });
    parts.push(s('path', {class: 'trend', d: path}));
    days.forEach((day, i) => day.v !== null && parts.push(tip(s('circle', {class: 'dot', cx: middle(i), cy: y(day.v), r: Math.min(3.5, Math.max(1.6, step / 3))}), say(day))));
  } else days.forEach((day, i) => day.v !== null && parts.push(tip(s('rect', {class: 's0' + (ripe(day) ? '' : ' open'), x: x0 + i * step + step * 0.12, width: Math.max(1, step * 0.76), y: Math.min(y(day.v), y0 + high - (day.v > 0 ? 1.5 : 0)), height: Math.max(day.v > 0 ? 1.5 : 0, y0 + high - y(day.v)), rx: Math.min(2, step / 4)}), say(day))));
  for (let i = 0, from = 0; i <= days.length; i++) if (i === days.length || days[i].v !== null) {
    if ((i - from) * step > 90) parts.push(s('text', {x: x0 + (from + i) / 2 * step, y: y0 + high - 10, class: 'dim', 'text-anchor': 'middle'}, 'no rows'));
    from = i + 1;
  }
  const every = Math.max(1, Math.ceil(days.length / Math.max(2, Math.floor(width / 130))));
  days.forEach((day, i) => i % every === 0 && i + every / 2 <= days.length && parts.push(s('text', {x: Math.max(x0, middle(i) - step / 2), y: y0 + high + 18, class: 'dim'}, day.day)));
  const table1 = days.filter(day => day.v !== null);
  return [h('figure', {}, chart(width, y0 + high + 26, `${label(trend)} by ${D.period}, ${days[0].day} to ${days[days.length - 1].day}; the table has the values.`, parts)),
    folded('Table', ...table(`${label(trend)} by ${D.period}`, [[D.period[0].toUpperCase() + D.period.slice(1), day => day.day], [label(trend), day => shown(trend, day.v), 'num', day => day.v, null, trend], ['Can still grow', day => ripe(day) ? 'no' : 'yes']], table1, {most: 800, key: day => day.day}))];
});

// 5 ---------------------------------------------------------------------------------------------- costs
section('costs', 'Costs and returns', () => `In ${D.currency}. Every figure of a campaign is the mart's: counts and money are added up, then divided. Choose a heading to sort.`, width => {
  const each = byCampaign(chosenRows()).sort((a, b) => toNumber(b.s.spend ?? -1n) - toNumber(a.s.spend ?? -1n));
  if (!each.length) return [empty('Nothing happened in this selection.')];
  const sum = name => each.reduce((a, row) => a + (figure(row.s, name) ?? 0), 0), spend = sum('spend'), value = sum('conversion_value'), parts = [];
  const drawn = each.filter(row => row.s.spend !== null || row.s.conversion_value > 0n).slice(0, 12), left = Math.min(190, width * 0.34), right = 56, step = 38;
  const longest = Math.max(1e-9, ...drawn.flatMap(row => [spend > 0 ? (figure(row.s, 'spend') ?? 0) / spend : 0, value > 0 ? (figure(row.s, 'conversion_value') ?? 0) / value : 0])), full = (width - left - right) / longest;
  if (spend > 0 || value > 0) drawn.forEach((row, i) => {
    const y = i * step + 4;
    parts.push(tip(s('text', {x: left - 10, y: y + 19, 'text-anchor': 'end'}, cut(row.name, Math.floor((left - 10) / 7))), row.name));
    [['spend', spend, 's0'], ['conversion_value', value, 's2']].forEach(([name, all, kind], j) => {
      const v = figure(row.s, name), part = v === null || !(all > 0) ? null : v / all;
      if (part !== null) parts.push(tip(s('rect', {x: left, y: y + j * 14, width: Math.max(1, full * Math.max(0, part)), height: 11, rx: 2, class: kind}), `${row.name}, ${label(name)}: ${money(v)}`));
      parts.push(s('text', {x: left + 6 + (part === null ? 0 : Math.max(1, full * Math.max(0, part))), y: y + j * 14 + 10, class: 'dim', style: 'font-size:11px'}, part === null ? NONE : format(part, {style: 'percent', maximumFractionDigits: 1})));
    });
  });
  const columns = ['spend', 'conversion_value', 'roas', 'cpm', 'cpc', 'cpa', 'impressions', 'clicks', 'conversions', 'ctr', 'cvr', 'conversion_per_impression'];
  return [parts.length ? h('figure', {}, chart(width, drawn.length * step, 'Share of spend and of conversion value by campaign; the table has the amounts.', parts),
    h('ul', {class: 'key'}, ['Share of the known spend', 'Share of the known conversion value'].map((text, i) => h('li', {}, s('svg', {viewBox: '0 0 12 12', 'aria-hidden': 'true'}, s('rect', {width: 12, height: 12, rx: 2, class: i ? 's2' : 's0'})), text)))) : null,
  h('div', {style: 'height:14px'}),
  ...table('Costs and returns by campaign', [['Campaign', row => row.name], ['Platform', row => row.platform],
    ...columns.map(name => [label(name), row => shown(name, figure(row.s, name)), 'num', row => figure(row.s, name), null, name])], each, {key: row => row.c, most: 500})];
}, {long: true});

// 6 ---------------------------------------------------------------------------------------------- reported
if (D.performance) section('reported', 'Reported against measured', 'What platforms claim beside what the logs measure, by platform. Never add claims of platforms: each may claim the same order.', () => {
  const P = D.performance, all = lines(P.lines).map(cells => ({day: cells[0].slice(0, 10), p: +cells[1], c: numberOf(cells[2]), series: +cells[3], best: cells[4] === '1',
    v: P.columns.map((name, i) => cells[i + 5] === '' ? null : name.includes('spend') || name.includes('value') && !name.startsWith('unknown') || name === 'conversions' ? toMoney(cells[i + 5]) : Number(cells[i + 5]))}))
    .filter(row => inDays(row.day) && (state.platform === '' || P.platforms[row.p] === state.platform) && (state.campaign === '' || row.c === +state.campaign));
  const groups = new Map();
  for (const row of all) { const key = row.p; groups.has(key) || groups.set(key, [[], []]); groups.get(key)[row.series].push(row); }
  if (!groups.size) return [empty('Neither measured nor reported in this selection.')];
  const add = (some, i) => some.reduce((a, row) => row.v[i] === null ? a : a === null ? row.v[i] : a + row.v[i], null), out = [];
  for (const [p, [measured, reported]] of groups) for (const name of ['impressions', 'clicks', 'conversions', 'conversion_value', 'spend']) {
    const i = P.columns.indexOf(name), [a, b] = [add(measured, i), add(reported, i)].map(toNumber);
    if (a !== null || b !== null) out.push({platform: P.platforms[p], name, a, b, off: a > 0 && b !== null ? b / a - 1 : null});
  }
  return table('Reported against measured', [['Platform', row => row.platform], ['Measure', row => label(row.name)], ['Measured', row => shown(row.name, row.a), 'num', row => row.a, null, 'measured'],
    ['Reported', row => shown(row.name, row.b), 'num', row => row.b, null, 'reported'], ['Reported beyond measured', row => row.off === null ? NONE : format(row.off, {style: 'percent', maximumFractionDigits: 1, signDisplay: 'exceptZero'}), 'num', row => row.off]],
  out, {key: row => row.platform + ' ' + row.name});
});

// 7 ---------------------------------------------------------------------------------------------- attribution
if (D.attribution) section('attribution', 'Attribution by model', () => `Conversions that each model credits, by channel and by the ${D.attribution.period} of the conversion. Shades show the difference from last click: green more, red less. No model says what the ads caused.`, () => {
  const A = D.attribution, all = lines(A.lines).map(cells => ({day: cells[0].slice(0, 10), channel: +cells[1], c: numberOf(cells[2]), v: A.models.map((_, i) => numberOf(cells[i + 3]))}))
    .filter(row => inDays(row.day) && (state.platform === '' || A.channels[row.channel] === state.platform) && (state.campaign === '' || row.c === +state.campaign));
  const groups = new Map();
  for (const row of all) { groups.has(row.channel) || groups.set(row.channel, A.models.map(() => null)); row.v.forEach((v, i) => { if (v !== null) groups.get(row.channel)[i] = (groups.get(row.channel)[i] ?? 0) + v; }); }
  const last = A.models.indexOf('last_click'), data = [...groups].map(([channel, v]) => ({channel: A.channels[channel], v})).sort((a, b) => (b.v[last] ?? 0) - (a.v[last] ?? 0));
  if (!data.length) return [empty('No conversions in this selection.')];
  const most = Math.max(1e-9, ...data.flatMap(row => row.v.map(v => Math.abs((v ?? 0) - (row.v[last] ?? 0)))));
  const heat = i => row => { const off = row.v[i] === null ? 0 : row.v[i] - (row.v[last] ?? 0); if (i === last || Math.abs(off) < 1e-9) return null;
    return `background:color-mix(in srgb, var(${off > 0 ? '--good' : '--bad'}) ${Math.round(6 + 26 * Math.abs(off) / most)}%, var(--card))`; };
  return table('Conversions by channel and model', [['Channel', row => row.channel], ...A.models.map((model, i) => [model[0].toUpperCase() + model.slice(1).replace(/_/g, ' '),
    row => plain(row.v[i]), 'num', row => row.v[i], null, model, heat(i)])], data, {key: row => row.channel, most: 100});
});

// 8 ---------------------------------------------------------------------------------------------- experiments
if (D.experiments && D.experiments.length) section('experiments', 'Experiments', 'Lift over the control with its interval of 95 %. Where the interval holds 0, no difference is shown, which does not show that there is none. An experiment is read over its own days: filters do not change it.', width => {
  const all = D.experiments.filter(row => !row.is_control), drawn = all.filter(row => row.lift !== null).slice(0, 40), parts = [];
  const ends = drawn.flatMap(row => [row.lift_low ?? row.lift, row.lift_high ?? row.lift, 0]), low = Math.max(-1, Math.min(...ends, -0.2)), high = Math.min(4, Math.max(...ends, 0.2));
  const name = row => `${row.experiment}, ${row.variant}: ${D.displays[row.metric] ? label(row.metric) : row.metric}`, narrow = width < 560, step = narrow ? 40 : 28, left = narrow ? 0 : Math.min(330, width * 0.4), right = narrow ? 0 : 150;
  const x = v => left + 8 + (Math.max(low, Math.min(high, v)) - low) / (high - low) * (width - left - right - 16), bottom = drawn.length * step + 24;
  const kind = row => row.verdict === 'better' ? 'good' : row.verdict === 'worse' ? 'bad' : 'same', pct = v => format(v, {style: 'percent', maximumFractionDigits: 1, signDisplay: 'exceptZero'});
  const unit = high - low > 2 ? 1 : high - low > 1 ? 0.5 : high - low > 0.4 ? 0.2 : 0.1;
  for (let v = Math.ceil(low / unit) * unit; v <= high + 1e-9; v += unit) parts.push(s('line', {class: Math.abs(v) < 1e-9 ? 'axis' : 'grid', x1: x(v), x2: x(v), y1: 18, y2: bottom}), s('text', {x: x(v), y: 11, class: 'dim', 'text-anchor': 'middle'}, pct(Math.abs(v) < 1e-9 ? 0 : v)));
  drawn.forEach((row, i) => {
    const y = 36 + i * step + (narrow ? 12 : 0), say = `${name(row)}: lift ${pct(row.lift)}${row.lift_low === null ? '' : ` (${pct(row.lift_low)} to ${pct(row.lift_high)})`}, ${row.verdict}`;
    parts.push(tip(s('text', {x: 0, y: narrow ? y - 12 : y + 4}, cut(narrow ? `${name(row)}: ${row.verdict}` : name(row), Math.floor((narrow ? width : left) / 6.6))), say));
    if (row.lift_low !== null && row.lift_high !== null) parts.push(s('line', {class: 'sl ' + kind(row), x1: x(row.lift_low), x2: x(row.lift_high), y1: y, y2: y}));
    parts.push(tip(s('circle', {class: kind(row), cx: x(row.lift), cy: y, r: 4.5}), say));
    if (!narrow) parts.push(s('text', {x: width - right + 8, y: y + 4, class: kind(row)}, row.verdict));
  });
  const number = v => v === null ? NONE : short(v), range = (a, b, f) => a === null || b === null ? NONE : `${f(a)} to ${f(b)}`;
  const problems = new Map();
  for (const row of D.experiments) if (row.problem) problems.set(row.experiment, new Set([...(problems.get(row.experiment) || []), ...row.problem.split('; ')]));
  return [drawn.length ? h('figure', {}, chart(width, bottom + 6, 'Lifts of experiments with intervals; the table has the values.', parts)) : empty('No experiment can be compared yet: the table says why.'),
    problems.size ? h('ul', {class: 'unknown', 'aria-label': 'Problems of experiments'}, [...problems].slice(0, 8).map(([experiment, all]) => h('li', {}, h('strong', {}, bdi(experiment)), ': ', bdi([...all].join('; ') + '.')))) : null,
    folded('Table', ...table('Experiments', [['Experiment', row => row.experiment], ['Variant', row => row.variant], ['Metric', row => D.displays[row.metric] ? label(row.metric) : row.metric], ['Units', row => whole(row.units), 'num'],
      ['Value', row => number(row.value), 'num', row => row.value, null, 'value'], ['95 %', row => range(row.value_low, row.value_high, short), 'num'], ['Lift', row => row.lift === null ? NONE : pct(row.lift), 'num', row => row.lift, null, 'lift'], ['95 %', row => range(row.lift_low, row.lift_high, pct), 'num'],
      ['p', row => number(row.p_value), 'num'], ['Verdict', row => row.verdict], ['Problem', row => row.problem || '', 'wrapped']], D.experiments, {key: row => [row.experiment, row.variant, row.metric].join(' ')}))];
});

// 9 ---------------------------------------------------------------------------------------------- reach
if (D.reach || D.frequency) section('reach', 'Reach and frequency', 'How many users were reached, and how often. Users do not add up over days or campaigns: they are shown for all days or for one whole month.', width => {
  const out = [];
  if (D.reach) {
    const month = isAll() ? '' : state.from.slice(8) === '01' && state.to === endOfMonth(state.from.slice(0, 7)) ? state.from : null;
    const data = month === null ? [] : lines(D.reach.lines).filter(cells => cells[0].slice(0, 10) === month && fits(+cells[1])).map(cells => ({c: +cells[1], v: cells.slice(2).map(numberOf)})).sort((a, b) => (b.v[0] ?? 0) - (a.v[0] ?? 0));
    out.push(month === null ? empty('Choose all days or one month to see reach.') : data.length ? table('Reach by campaign', [['Campaign', row => campaignName(row.c)], ['Users', row => (row.v[3] ? '≈ ' : '') + whole(row.v[0]), 'num', row => row.v[0], null, 'users'],
      ['Impressions per user', row => plain(row.v[1]), 'num', row => row.v[1], null, 'frequency'], ['Impressions', row => whole(row.v[4]), 'num', row => row.v[4]], ['Of these with a known user', row => share(row.v[2]), 'num', row => row.v[2]]], data, {key: row => row.c, most: 100}) : empty('Nobody is known to have been reached in this selection.'));
  }
  if (D.frequency) {
    const all = lines(D.frequency.lines).map(cells => ({c: +cells[0], name: D.frequency.exposures[+cells[1]], first: numberOf(cells[2]), v: cells.slice(3).map(numberOf)})).filter(row => fits(row.c));
    const size = new Map(); for (const row of all) size.set(row.c, (size.get(row.c) || 0) + (row.v[1] || 0));
    const top = [...size].sort((a, b) => b[1] - a[1])[0];
    if (top) {
      const data = all.filter(row => row.c === top[0]).slice(0, 24);
      out.push(h('h3', {style: 'margin:20px 0 2px'}, 'One more impression: ', bdi(campaignName(top[0]))), h('p', {class: 'note'}, `Of the impressions that were a user's first, second and so on, the share that was followed by the user's conversion before the next one, with its interval of 95 %. ${state.campaign === '' ? 'The campaign with most impressions; choose another above. ' : ''}Over all days. People who see more ads also browse more: this is no proof of effect.`),
        intervals(data.map(row => ({name: row.name + (row.name === '1' ? ' impression' : ' impressions'), v: row.v[2], low: row.v[3], high: row.v[4], n: row.v[1]})), width, 'Conversion rate by number of impressions', 'Impressions'));
    }
  }
  return out;
});

// A dot with its interval for each row, and the table beside it: {name, v, low, high, n}.
function intervals(data, width, what, unit, hasTable = true) {
  const left = Math.min(210, width * 0.36), right = 92, step = 26, top = niceTop(Math.max(1e-9, ...data.map(row => row.high ?? row.v ?? 0))), x = v => left + v / top * (width - left - right), parts = [];
  const drawn = data.slice(0, 16);
  [0, 0.5, 1].forEach(part => parts.push(s('line', {class: part ? 'grid' : 'axis', x1: x(part * top), x2: x(part * top), y1: 18, y2: 22 + drawn.length * step}), s('text', {x: x(part * top), y: 11, class: 'dim', 'text-anchor': 'middle'}, format(part * top, {style: 'percent', maximumFractionDigits: 2}))));
  drawn.forEach((row, i) => {
    const y = 34 + i * step, say = `${row.name}: ${share(row.v)}${row.low === null ? '' : ` (${share(row.low)} to ${share(row.high)})`}, ${whole(row.n)} ${unit.toLowerCase()}`;
    parts.push(tip(s('text', {x: left - 12, y: y + 4, 'text-anchor': 'end'}, cut(row.name, Math.floor((left - 12) / 7))), say));
    if (row.low !== null && row.high !== null) parts.push(s('line', {class: 'sl same', x1: x(row.low), x2: x(Math.min(top, row.high)), y1: y, y2: y}));
    if (row.v !== null) parts.push(tip(s('circle', {class: 'dot', cx: x(row.v), cy: y, r: 4.5}), say));
    parts.push(s('text', {x: width - right + 12, y: y + 4, class: row.v === null ? 'dim' : null}, row.v === null ? NONE : share(row.v)));
  });
  return [h('figure', {}, chart(width, drawn.length * step + 26, what + '; the table has the values.', parts)),
    hasTable ? folded('Table', ...table(what, [['', row => row.name], [unit, row => whole(row.n), 'num', row => row.n], ['Rate', row => share(row.v), 'num', row => row.v, null, 'rate'], ['From', row => share(row.low), 'num', row => row.low], ['To', row => share(row.high), 'num', row => row.high]], data, {key: row => row.name})) : null];
}

// 10 --------------------------------------------------------------------------------------------- segments
if (D.segments && D.segments.types.length) {
  let type = D.segments.types.includes('device_type') ? 'device_type' : D.segments.types[0], rate = 'ctr';
  const S = D.segments, all = lines(S.lines).map(cells => ({day: cells[0].slice(0, 10), c: numberOf(cells[1]), p: +cells[2], type: +cells[3], segment: +cells[4], v: cells.slice(5).map(numberOf)}));
  const cuts = S.period !== 'all', words = text => (text[0].toUpperCase() + text.slice(1)).replace(/_/g, ' ');
  section('segments', 'Segments', () => `A rate with its interval of 95 %: where two intervals overlap, the segments may well be alike.${cuts ? S.period === 'day' ? '' : ` By ${S.period}.` : ' Over all days: there are too many segments to filter them by day.'}${S.keeps_campaigns ? '' : ' By platform: there are too many to filter them by campaign.'}`, (width, tools) => {
    tools.replaceChildren(h('div', {style: 'display:flex;flex-wrap:wrap;gap:8px 14px'}, picker('By', S.types.map(each => [each, words(each)]), type, value => { type = value; redraw(); }),
      picker('Rate', [['ctr', 'CTR'], ['cvr', 'CVR']], rate, value => { rate = value; redraw(); })));
    const groups = new Map(), at2 = rate === 'ctr' ? [1, 0] : [3, 2];
    for (const row of all) if (S.types[row.type] === type && (!cuts || inDays(row.day)) && (S.keeps_campaigns ? fits(row.c) : state.platform === '' || S.platforms[row.p] === state.platform)) {
      const sum = groups.get(row.segment) || [null, null, null, null, null];
      row.v.forEach((v, i) => { if (v !== null) sum[i] = (sum[i] ?? 0) + v; });
      groups.set(row.segment, sum);
    }
    const data = [...groups].map(([segment, v]) => { const value = ratio(v[at2[0]], v[at2[1]]), [low, high] = wilson(value, v[at2[1]]); return {name: S.segments[segment], v: value, low, high, n: v[at2[1]]}; });
    type === 'hour_of_day' ? data.sort((a, b) => a.name < b.name ? -1 : 1) : data.sort((a, b) => (b.n ?? 0) - (a.n ?? 0));
    if (!data.length) return [empty('Nothing is known of these segments in this selection.')];
    return [intervals(data, width, `${rate.toUpperCase()} by ${words(type).toLowerCase()}`, rate === 'ctr' ? 'Impressions' : 'Clicks'), data.length > 16 ? h('p', {class: 'small'}, `16 of ${data.length} are drawn; the table has all.`) : null];
  });
}

// 11 --------------------------------------------------------------------------------------------- landing pages
if (D.pages && D.pages.length) section('pages', 'Landing pages', () => `Of the clicks whose log can tell, the share that reached the page, with its interval of 95 %; and what the clicks sold. By whole months that lie in the period.${D.pages.length >= D.limits.landing_pages ? ` Of pages by month and campaign, the ${D.limits.landing_pages} with most clicks.` : ''}`, width => {
  const groups = new Map();
  for (const [month, c, page, ...v] of D.pages) if (fits(c) && (isAll() || (month >= state.from.slice(0, 7) + (state.from.slice(8) > '01' ? '-99' : '') && endOfMonth(month.slice(0, 7)) <= state.to))) {
    const sum = groups.get(page) || [null, null, null, null, null];
    v.forEach((each, i) => { if (each !== null) sum[i] = (sum[i] ?? 0) + each; });
    groups.set(page, sum);
  }
  const data = [...groups].map(([page, v]) => { const value = ratio(v[2], v[1]), [low, high] = wilson(value, v[1]); return {name: page === null ? 'unknown' : page, v: value, low, high, n: v[1], clicks: v[0], cvr: ratio(v[3], v[0]), conversions: v[4]}; }).sort((a, b) => (b.clicks ?? 0) - (a.clicks ?? 0));
  if (!data.length) return [empty('No whole month with clicks lies in this selection.')];
  const known = data.filter(row => row.v !== null).slice(0, 12);
  return [known.length ? intervals(known, width, 'Landing rate by page', 'Clicks with known landing', false) : null,
    h('div', {style: 'height:14px'}), ...table('Landing pages', [['Page', row => row.name], ['Clicks', row => whole(row.clicks), 'num', row => row.clicks, null, 'clicks'], ['Landing rate', row => share(row.v), 'num', row => row.v, null, 'landing_rate'],
      ['From', row => share(row.low), 'num', row => row.low], ['To', row => share(row.high), 'num', row => row.high],
      ['CVR', row => share(row.cvr), 'num', row => row.cvr, null, 'cvr'], ['Conversions', row => whole(row.conversions), 'num', row => row.conversions, null, 'conversions']], data, {key: row => row.name, most: 60})];
});

// 12 --------------------------------------------------------------------------------------------- ledger
if (D.ledger) section('ledger', 'What became of the rows', () => `Every raw row ends in exactly one place.${D.ledger.period === 'day' ? '' : ' By whole months.'} Rows without a day are shown with all days only. Platforms and campaigns do not filter it: a rejected row may name none.`, width => {
  const L = D.ledger, groups = new Map(), why = new Map(), kinds = ['accepted', ...L.dispositions.filter(each => each !== 'accepted')];
  for (const cells of lines(L.lines)) if (inDays(cells[0].slice(0, 10))) {
    const [t, d, r, n] = [L.tables[+cells[1]], L.dispositions[+cells[2]], L.reasons[+cells[3]], Number(cells[4])];
    groups.has(t) || groups.set(t, new Map()); groups.get(t).set(d, (groups.get(t).get(d) || 0) + n);
    const key = JSON.stringify([t, d, r]); why.set(key, (why.get(key) || 0) + n);
  }
  if (!groups.size) return [empty('No raw rows in this selection.')];
  const parts = [], left = Math.min(110, width * 0.28), right = 84, full = width - left - right, data = [...groups].map(([name, counts]) => ({name, counts, n: [...counts.values()].reduce((a, b) => a + b, 0)})).sort((a, b) => b.n - a.n);
  data.forEach((row, i) => {
    let x = left; const y = i * 34;
    parts.push(s('text', {x: left - 10, y: y + 16, 'text-anchor': 'end'}, row.name));
    kinds.forEach((kind, k) => { const n = row.counts.get(kind) || 0; if (!n) return; const w = n / row.n * full; parts.push(tip(s('rect', {x, y, width: Math.max(1, w - 1), height: 22, class: 'd' + Math.min(k, 5)}), `${row.name}, ${kind}: ${whole(n)} of ${whole(row.n)}`)); x += w; });
    parts.push(s('text', {x: width - right + 8, y: y + 16, class: 'dim'}, many(row.n, 'row')));
  });
  const reasons = [...why].map(([key, n]) => { const [t, d, r] = JSON.parse(key); return {t, d, r, n}; }).sort((a, b) => (a.d === 'accepted' && a.r === 'valid' ? 1 : 0) - (b.d === 'accepted' && b.r === 'valid' ? 1 : 0) || b.n - a.n);
  return [h('figure', {}, chart(width, data.length * 34, 'Raw rows by table and disposition; the table has the counts.', parts),
    h('ul', {class: 'key'}, kinds.filter(kind => data.some(row => row.counts.get(kind))).map(kind => h('li', {}, s('svg', {viewBox: '0 0 12 12', 'aria-hidden': 'true'}, s('rect', {width: 12, height: 12, rx: 2, class: 'd' + Math.min(kinds.indexOf(kind), 5)})), kind)))),
  folded('Table', ...table('Raw rows by table, disposition and reason', [['Table', row => row.t], ['Disposition', row => row.d], ['Reason', row => row.r], ['Rows', row => whole(row.n), 'num', row => row.n, null, 'row_count']], reasons, {key: row => [row.t, row.d, row.r].join(' '), most: 300}))];
});

// ---------------------------------------------------------------------------------------------------- page
const minute = text => text === null ? NONE : text.slice(0, 16) + ' UTC';
document.getElementById('about').replaceChildren(bdi(D.project), ` · money in ${D.currency} · days of ${D.zone} · data through ${minute(D.data_through)} · built ${minute(D.built_at)}`);
document.querySelector('footer').replaceChildren(
  h('p', {}, `Made by ad_funnel from the marts of one build; nothing is loaded from elsewhere. Counts and money are added up and divided here by the rule that the build checks.${D.period === 'day' ? '' : ` There are too many rows for days: the smallest period is a ${D.period}.`}${D.all_campaigns > D.limits.campaigns ? ` The ${D.limits.campaigns} campaigns with most spend are shown by themselves, the others together by platform.` : ''}`),
  h('p', {}, 'CTR: clicked impressions / impressions. CVR: clicks that led to a conversion / clicks. CPM, CPC, CPA: spend per 1,000 impressions, per click, per conversion. ROAS: conversion value / spend.'));
drawFilters();
draw();
let wide = window.innerWidth;
window.addEventListener('resize', () => { if (window.innerWidth !== wide) { wide = window.innerWidth; redraw(); } });
{% endraw %}{%- endmacro -%}

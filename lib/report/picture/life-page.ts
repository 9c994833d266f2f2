import { day, moment } from '../../x509/validity.js';
import { lifeWords, type Lifetime } from '../../x509/life.js';
import { escaped } from './markup.js';
import { pageStyle } from './page-style.js';

/** How urgent a row is. Each has a sign, a word and a pattern of its own beside its colour. */
export type Urgency = 'ok' | 'unknown' | 'due' | 'bad';

const signs: Readonly<Record<Urgency, string>> = { ok: '✓', unknown: '?', due: '!', bad: '✗' };

/** A certificate, or what is in its place. */
export interface PageRow {
  readonly urgency: Urgency;
  /** `ok`, `due`, `not yet valid`. */
  readonly state: string;
  /** Its file, or its host. */
  readonly name: string;
  /** Its role and its common name. */
  readonly detail: string;
  /** Undefined for what cannot be read. */
  readonly life: Lifetime | undefined;
  /** What is to say beside its dates. */
  readonly findings: readonly string[];
  /** The commands that renew it, each in a line of its own. */
  readonly commands: readonly string[];
}

/** When a CA ends, which is a line across the rows below it. */
export interface CaEnd {
  readonly name: string;
  readonly at: Date;
}

/** Rows that belong together, and the ends of the CAs above them. */
export interface PageGroup {
  readonly title: string;
  readonly rows: readonly PageRow[];
  readonly ends: readonly CaEnd[];
}

export interface LifePage {
  readonly title: string;
  /** How many are in which state. */
  readonly summary: string;
  readonly now: Date;
  readonly groups: readonly PageGroup[];
}

/**
 * A page of HTML that stands alone: styles are inside, and there is no script, no picture and no link in it. It is well-formed
 * XML, too. All lives share one axis of time.
 */
export function lifePage({ title, summary, now, groups }: LifePage): string {
  const lives = groups.flatMap(({ rows }) => rows.flatMap(({ life }) => life ?? []));
  const axis = axisOf(lives, now);
  const ends = new Map(
    groups.flatMap((group) => group.ends.map((end) => [`${end.name} ${day(end.at)}`, end])),
  );
  return [
    '<!DOCTYPE html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8" />',
    '<meta name="viewport" content="width=device-width, initial-scale=1" />',
    '<meta name="color-scheme" content="light dark" />',
    `<title>${escaped(title)}</title>`,
    `<style>${pageStyle}</style>`,
    '</head>',
    '<body>',
    `<h1>${escaped(title)}</h1>`,
    `<p>${escaped(summary)}</p>`,
    '<ul class="legend">',
    `<li><span class="sample now"></span>now: ${moment(now)}</li>`,
    ...[...ends.values()].map(
      ({ name, at }) => `<li><span class="sample end"></span>end of ${escaped(name)}: ${day(at)}</li>`,
    ),
    '</ul>',
    `<div class="wide" role="region" aria-label="${escaped(title)}" tabindex="0">`,
    '<table>',
    '<caption>The lifetime of each certificate, the next to expire first</caption>',
    '<thead>',
    '<tr><th scope="col">State</th><th scope="col">Certificate</th>',
    `<th scope="col" class="life"><span class="hidden">Lifetime</span>${axisTicks(axis)}</th>`,
    '<th scope="col">Ends</th><th scope="col">What to do</th></tr>',
    '</thead>',
    ...groups.flatMap((group) => groupLines(group, axis, now)),
    '</table>',
    '</div>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

/** From the first begin to the last end. */
interface Axis {
  readonly from: number;
  readonly to: number;
}

function axisOf(lives: readonly Lifetime[], now: Date): Axis {
  let [from, to] = [now.getTime(), now.getTime()];
  for (const { notBefore, notAfter } of lives) {
    from = Math.min(from, notBefore.getTime());
    to = Math.max(to, notAfter.getTime());
  }
  return { from, to: Math.max(to, from + 1) };
}

/** Where a moment lies on the axis, in percent. */
function placeOn({ from, to }: Axis, at: Date): number {
  return ((at.getTime() - from) / (to - from)) * 100;
}

const css = (percent: number): string => `${percent.toFixed(2)}%`;

function axisTicks({ from, to }: Axis): string {
  const ticks = [0, 1, 2].map(
    (part) => `<span class="tick">${day(new Date(from + ((to - from) * part) / 2))}</span>`,
  );
  return `<span class="axis">${ticks.join('')}</span>`;
}

function groupLines({ title, rows, ends }: PageGroup, axis: Axis, now: Date): string[] {
  return [
    '<tbody>',
    `<tr><th scope="rowgroup" colspan="5" class="group">${escaped(title)}</th></tr>`,
    ...rows.map((row) => rowLine(row, ends, axis, now)),
    '</tbody>',
  ];
}

function rowLine(row: PageRow, ends: readonly CaEnd[], axis: Axis, now: Date): string {
  const { urgency, state, name, detail, life, findings, commands } = row;
  const cells = [
    `<td class="${urgency}"><span aria-hidden="true">${signs[urgency]}</span> ${escaped(state)}</td>`,
    `<th scope="row">${escaped(name)}${detail === '' ? '' : `<br /><small>${escaped(detail)}</small>`}</th>`,
    `<td class="life">${life ? track(urgency, life, ends, axis, now) : ''}</td>`,
    `<td>${life ? `<small>${escaped(lifeWords(life, now))}</small>` : ''}</td>`,
    `<td>${[
      ...findings.map((text) => `<p>${escaped(text)}</p>`),
      ...commands.map((line) => `<code>${escaped(line)}</code>`),
    ].join('')}</td>`,
  ];
  return `<tr>${cells.join('')}</tr>`;
}

function track(urgency: Urgency, life: Lifetime, ends: readonly CaEnd[], axis: Axis, now: Date): string {
  const left = placeOn(axis, life.notBefore);
  const width = Math.max(0, placeOn(axis, life.notAfter) - left);
  const words = [
    `valid from ${day(life.notBefore)} to ${day(life.notAfter)}`,
    ...ends.map(({ name, at }) => `${name} ends on ${day(at)}`),
  ].join('; ');
  return [
    `<span class="track" role="img" aria-label="${escaped(words)}">`,
    `<span class="bar ${urgency}" style="left:${css(left)};width:${css(width)}"></span>`,
    `<span class="now" style="left:${css(placeOn(axis, now))}"></span>`,
    ...ends.map(({ at }) => `<span class="end" style="left:${css(placeOn(axis, at))}"></span>`),
    '</span>',
  ].join('');
}

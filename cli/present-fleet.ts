/** The words about fleets; their voice is that of present.ts. */
import { basename, dirname } from 'node:path';
import type { AppliedFleet, CollectedCsrs, FleetEvent, FleetItem, FleetPlan } from '../lib/index.js';
import { fleetFileNames } from '../lib/internal.js';
import { ownLine, spelled } from './own-command.js';
import { counted, spelledNotes } from './present.js';
import type { Style } from './streams.js';

export const fleetWords = {
  fileEmpty: '--file is empty',
  confirmPrune: (count: number) =>
    `Revoke ${counted(count, 'certificate')} that the fleet file does not name?`,
  unconfirmed: 'a revocation cannot be taken back, and there is no terminal to ask at',
  unconfirmedHint: 'look at what it does with fleet plan --prune, then add --yes',
  notPruned: 'nothing was revoked, and nothing else was changed',
} as const;

const kinds = { ca: 'CA', host: 'host', client: 'client' } as const;

/** The order of what is shown: what a run does first, what a person has to do last. */
const actions = ['make', 'sign', 'renew', 'revoke', 'wait', 'leave'] as const;

/** As many to which the same happens are shown one by one without --verbose. */
const MOST_LINES = 20;

/** What would be done, and why, a line for each. `all`: also those with which nothing is to be done. */
export function describeFleetPlan(plan: FleetPlan, style: Style, all: boolean): string[] {
  const shown = plan.items.filter(({ action }) => all || action !== 'none');
  return [
    ...describeItems(shown, style, all),
    ...(shown.length > 0 ? [''] : []),
    summaryOf(plan),
    ...collecting(shown, plan.file),
  ];
}

/** How the CSRs come that are waited for. */
function collecting(items: readonly FleetItem[], file: string | undefined): string[] {
  if (!items.some(({ reasons }) => reasons.some(({ code }) => code === 'no-csr'))) return [];
  return ['Collect the CSRs that are needed:', `  ${fleetLine(file, 'csr')}`];
}

/** How certificates that are new come to their hosts. */
function installing({ done, file }: AppliedFleet): string[] {
  const isNew = ({ kind, action }: AppliedFleet['done'][number]): boolean =>
    kind === 'host' && ['make', 'sign', 'renew'].includes(action);
  if (!done.some(isNew)) return [];
  return [
    'Install them on the hosts, with Ansible or with a script for each, and look at the result:',
    `  ${fleetLine(file, 'ansible', 'playbooks')}`,
    `  ${fleetLine(file, 'script')} HOST`,
    `  ${fleetLine(file, 'status')}`,
  ];
}

/** A command for the fleet of a file. */
function fleetLine(file: string | undefined, ...words: readonly string[]): string {
  const names: readonly string[] = fleetFileNames;
  const isFound = file !== undefined && dirname(file) === process.cwd() && names.includes(basename(file));
  return ownLine('fleet', ...words, ...(file === undefined || isFound ? [] : ['--file', file]));
}

function describeItems(items: readonly FleetItem[], style: Style, all: boolean): string[] {
  const width = (texts: readonly string[]): number => Math.max(0, ...texts.map((text) => text.length));
  const groups = all ? [items] : actions.map((action) => items.filter((item) => item.action === action));
  const few = groups.map((group) => (all ? group : group.slice(0, MOST_LINES)));
  const shown = few.flat();
  const [kind, name] = [width(shown.map((one) => kinds[one.kind])), width(shown.map((one) => one.name))];
  const colour: Partial<Record<FleetItem['action'], (text: string) => string>> = {
    make: style.green,
    sign: style.green,
    renew: style.green,
    revoke: style.red,
    wait: style.yellow,
    leave: style.yellow,
  };
  return few.flatMap((group, at) => {
    const left = (groups[at]?.length ?? 0) - group.length;
    const lines = group.map((item) => {
      const action = item.action === 'none' ? 'ok' : item.action;
      const padded = action.padEnd(6);
      const why = item.action === 'none' && item.endsOn ? `until ${dayOf(item.endsOn)}` : spelled(item.words);
      return `${colour[item.action]?.(padded) ?? padded}  ${kinds[item.kind].padEnd(kind)}  ${item.name.padEnd(name)}  ${why}`.trimEnd();
    });
    return left === 0 ? lines : [...lines, `… and ${left} more to ${group[0]?.action ?? ''} (--verbose)`];
  });
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function summaryOf({ counts, changes }: FleetPlan): string {
  const texts = actions.flatMap((action) => (counts[action] > 0 ? [`${counts[action]} to ${action}`] : []));
  const unchanged = counts.none > 0 ? [`${counts.none} unchanged`] : [];
  const all = [...texts, ...unchanged].join(', ');
  return changes ? `${all}.` : all === '' ? 'Nothing to do.' : `Nothing to do: ${all}.`;
}

/** What was done, what failed, and what is left. */
export function describeApplied(applied: AppliedFleet, style: Style, verbose: boolean): string[] {
  const { done, failed, left, file, directory, archived } = applied;
  const count = (action: AppliedFleet['done'][number]['action']): number =>
    done.filter((one) => one.action === action).length;
  const did = deeds
    .flatMap(([action, word]) => (count(action) > 0 ? [`${count(action)} ${word}`] : []))
    .join(', ');
  return [
    ...(verbose || done.length <= MOST_LINES ? describeDone(done, style) : []),
    done.length > 0
      ? `${style.green('Done')} in ${directory}: ${did}.`
      : failed.length > 0
        ? `Nothing was done in ${directory}.`
        : `Nothing to do in ${directory}.`,
    ...(archived.length > 0 ? [`What was replaced is kept in ${archived.join(', ')}.`] : []),
    ...failed.map(
      ({ kind, name, action, words }) =>
        `${style.red('failed')}  ${action}  ${kinds[kind]}  ${name}  ${spelled(words)}`,
    ),
    ...failures(failed, done),
    ...describeItems(left, style, verbose),
    ...collecting(left, file),
    ...installing(applied),
  ];
}

/** What happened, in the order in which it is counted. */
const deeds = [
  ['make', 'made'],
  ['sign', 'signed'],
  ['renew', 'renewed'],
  ['revoke', 'revoked'],
  ['deliver', 'delivered'],
  ['install', 'installed'],
] as const;

function describeDone(done: AppliedFleet['done'], style: Style): string[] {
  const width = Math.max(0, ...done.map(({ kind }) => kinds[kind].length));
  return done.map(({ kind, name, action }) => {
    const word = deeds.find(([of]) => of === action)?.[1] ?? action;
    return `${style.green(word.padEnd(9))}  ${kinds[kind].padEnd(width)}  ${kind === 'ca' ? '' : name}`.trimEnd();
  });
}

/** How many failed, and that they stopped nobody else. */
function failures(failed: readonly unknown[], others: readonly unknown[]): string[] {
  if (failed.length === 0) return [];
  return [`${counted(failed.length, 'failure')}${others.length > 0 ? '; the others went on' : ''}.`];
}

/** One line that is written again and again: how far it has come. */
export function describeFleetProgress(event: Extract<FleetEvent, { type: 'progress' }>): string {
  const { done, failed, total, perSecond, msLeft } = event;
  const rate = perSecond >= 10 ? Math.round(perSecond) : Number(perSecond.toFixed(1));
  const left = msLeft === undefined || done + failed >= total ? '' : `, ${spanOf(msLeft)} left`;
  const failures = failed > 0 ? `, ${failed} failed` : '';
  return `${done} of ${total} done${failures}, ${rate} a second${left}`;
}

function spanOf(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The object that `fleet plan --json` prints. */
export function fleetPlanAsJson({ file, directory, items, counts, changes, notes }: FleetPlan): object {
  return {
    ok: true,
    command: 'fleet plan',
    file: file ?? null,
    directory,
    changes,
    counts,
    items: items.map(itemAsJson),
    notes: spelledNotes(notes),
  };
}

function itemAsJson({ kind, name, action, reasons, words, certificate, endsOn }: FleetItem): object {
  return { kind, name, action, reasons, why: spelled(words), certificate, endsOn: endsOn ?? null };
}

/** The object that `fleet apply --json` and `fleet sign --json` print. */
export function appliedAsJson(command: string, applied: AppliedFleet): object {
  const { file, directory, done, failed, left, archived, notes } = applied;
  return {
    ok: failed.length === 0,
    command,
    dryRun: false,
    file: file ?? null,
    directory,
    done,
    failed: failed.map(({ words, ...rest }) => ({ ...rest, why: spelled(words) })),
    left: left.map(itemAsJson),
    archived,
    notes: spelledNotes(notes),
  };
}

/** Which CSRs have come, and what to do next. */
export function describeCollected({ collected, failed, csrs }: CollectedCsrs, style: Style): string[] {
  const count = (state: string): number => collected.filter((one) => one.state === state).length;
  const texts = [
    [count('new'), 'new'],
    [count('replaced'), 'replaced'],
    [count('unchanged'), 'unchanged'],
  ] as const;
  const states = texts.flatMap(([number, word]) => (number > 0 ? [`${number} ${word}`] : [])).join(', ');
  return [
    ...(collected.length > 0
      ? [`${style.green('Collected')} ${counted(collected.length, 'CSR')} in ${csrs}: ${states}.`]
      : []),
    ...failed.map(
      ({ kind, name, words }) => `${style.red('failed')}  ${kinds[kind]}  ${name}  ${spelled(words)}`,
    ),
    ...failures(failed, collected),
    ...(count('new') + count('replaced') > 0 ? ['Sign them:', `  ${ownLine('fleet', 'sign')}`] : []),
  ];
}

/** The object that `fleet csr --json` prints. */
export function collectedAsJson({ file, csrs, collected, failed }: CollectedCsrs): object {
  return {
    ok: failed.length === 0,
    command: 'fleet csr',
    dryRun: false,
    file: file ?? null,
    csrs,
    collected: collected.map(({ keyType, ...rest }) => ({ ...rest, key: keyType })),
    failed: failed.map(({ words, ...rest }) => ({ ...rest, why: spelled(words) })),
  };
}

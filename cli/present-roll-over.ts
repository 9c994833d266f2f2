/** The words of `fleet roll-over`; their voice is that of present.ts. */
import { join } from 'node:path';
import type { X509Certificate } from 'node:crypto';
import { type RollOver, type RollOverChange, type RollOverStatus } from '../lib/index.js';
import {
  abortSteps,
  commonNameOf,
  isStep,
  notAfter,
  rollOverSteps,
  type MemberName,
  type StepVerdict,
} from '../lib/internal.js';
import { ownLine } from './own-command.js';
import { counted, spelledNotes } from './present.js';
import type { Style } from './streams.js';

export const rollOverWords = {
  looked: (looked: number, all: number) => `looked at ${looked} of ${counted(all, 'host')}`,
} as const;

/** What each stage means for the files, and for whom they are. */
const rollouts: Readonly<Record<RollOver['stage'], string>> = {
  'trust-daemons':
    'ca.pem beside each host now has both CAs. Copy it to every host, and restart each daemon.',
  'trust-clients': 'ca.pem beside each client now has both CAs. Copy it to every client.',
  servers:
    'Every host has a certificate of the new CA. Copy server-cert.pem to each, and restart its daemon.',
  clients: 'Every client has a certificate of the new CA. Copy cert.pem to each.',
  'drop-old': 'ca.pem now has the new CA alone. Copy it to every host and client, and restart each daemon.',
  'restore-certificates':
    'Every host and client has a certificate of the old CA again; both CAs stay trusted. Copy server-cert.pem or cert.pem to each, and restart each daemon.',
  'drop-new': 'ca.pem now has the old CA alone. Copy it to every host and client, and restart each daemon.',
  finished: 'Only the new CA is trusted. The probe was removed.',
  aborted: 'Only the old CA is trusted, as before the roll-over. The probe was removed.',
};

/** What was done, and what is to be done next. `file`: as it was given. */
export function describeRollOverChange(
  { directory, stage, advanced, prepared, failed }: RollOverChange,
  file: string | undefined,
  dryRun: boolean,
  style: Style,
): string[] {
  const further = (action: string, ...more: readonly string[]): string =>
    ownLine('fleet', 'roll-over', action, ...(file === undefined ? [] : ['--file', file]), ...more);
  const lines = [
    dryRun
      ? `${style.yellow('Would')} ${advanced ? `come to the step ${stage}` : `complete the step ${stage}`} in ${directory}.`
      : `${style.green(advanced ? 'Step' : 'Completed')}: ${stage}, in ${directory}.`,
  ];
  if (isStep(stage) && prepared.length > 0)
    lines.push(`${dryRun ? 'It would write' : 'Wrote'} the files of ${listed(prepared)}.`);
  if (failed.length > 0)
    lines.push(
      `${style.red('Failed')}:`,
      ...failed.map(({ role, name, why }) => `  ${role} ${name}: ${why}`),
      'Fix these, and run `fleet roll-over next` again: the roll-over waits for them.',
    );
  if (dryRun) return lines;
  lines.push('', rollouts[stage]);
  if (!isStep(stage)) return lines;
  lines.push(
    '',
    'Run your rollout, such as the playbook of `fleet ansible`. Docker contexts and bundles on this machine are updated by',
    `  ${ownLine('fleet', 'apply', ...(file === undefined ? [] : ['--file', file]))}`,
    'Then look how far it has come, and go on:',
    `  ${further('status')}`,
    `  ${further('next')}`,
    'Clients whose files are used elsewhere cannot be seen: add --confirmed NAME for each once it has them.',
  );
  return lines;
}

const MOST_LISTED = 20;

function listed(members: readonly MemberName[]): string {
  const names = members.slice(0, MOST_LISTED).map(({ name }) => name);
  const more = members.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** How each verdict is shown. */
const states = {
  confirmed: ['yes', 'green'],
  'not-confirmed': ['no', 'red'],
  unknown: ['unknown', 'yellow'],
  'not-applicable': ['-', 'dim'],
} as const satisfies Record<StepVerdict['state'], readonly [string, keyof Style]>;

/** The steps of a roll-over for each host and client. */
export function describeRollOverStatus(
  { directory, rollOver, next, pending, hosts, clients, unconfirmed, ready }: RollOverStatus,
  style: Style,
): string[] {
  if (!rollOver) return [`No roll-over was ever started in ${directory}.`];
  const { stage } = rollOver;
  if (!isStep(stage))
    return [
      `No roll-over is under way in ${directory}: the last one was ${stage} on ${day(rollOver.stageSince)}.`,
    ];
  const isBack = (abortSteps as readonly string[]).includes(stage);
  const steps: readonly string[] = isBack ? abortSteps : rollOverSteps;
  const at = steps.indexOf(stage);
  const lines = [
    `${style.bold('Roll-over')} in ${directory}, ${isBack ? 'being aborted' : `started on ${day(rollOver.startedAt)}`}: ${stage}, step ${at + 1} of ${steps.length}, since ${day(rollOver.stageSince)}.`,
    `  old CA: ${caWords(rollOver.old)}`,
    `  new CA: ${caWords(rollOver.new)}`,
    '',
  ];
  const members = [
    ...hosts.map((one) => ({ ...one, where: one.endpoint })),
    ...clients.map((one) => ({ ...one, where: one.places.join(', ') })),
  ];
  const width = Math.max(4, ...members.map(({ name }) => name.length));
  lines.push(style.bold(['NAME'.padEnd(width), ...steps.map((step) => step.toUpperCase())].join('  ')));
  for (const { name, verdict } of members) {
    const [word, colour] = states[verdict.state];
    const cells = steps.map((step, column) => {
      const text = column < at ? 'done' : column > at ? '' : word;
      const padded = text.padEnd(step.length);
      return column === at ? style[colour](padded) : padded;
    });
    lines.push([name.padEnd(width), ...cells].join('  ').trimEnd());
  }
  const reasons = members.flatMap(({ name, where, verdict }) =>
    'why' in verdict && verdict.state !== 'not-applicable' ? [`  ${name} (${where}): ${verdict.why}`] : [],
  );
  if (reasons.length > 0) lines.push('', 'Not confirmed:', ...reasons);
  if (pending.length > 0)
    lines.push(
      '',
      `Not written yet in the directory: the files of ${listed(pending)}. The next call writes them.`,
    );
  lines.push(
    '',
    ready
      ? `${style.green('Ready')} for ${next ?? ''}.`
      : `${style.yellow('Not ready')}${unconfirmed.length > 0 ? `: ${unconfirmed.length} of ${members.length} have not taken this step` : ''}.`,
  );
  return lines;
}

function caWords(certificate: X509Certificate): string {
  return `'${commonNameOf(certificate) ?? ''}', valid until ${day(notAfter(certificate))}`;
}

const day = (date: Date): string => date.toISOString().slice(0, 10);

export function rollOverChangeAsJson(
  action: string,
  { directory, stage, advanced, prepared, failed, notes }: RollOverChange,
  dryRun: boolean,
): object {
  return {
    ok: failed.length === 0,
    command: `fleet roll-over ${action}`,
    directory,
    dryRun,
    stage,
    advanced,
    prepared,
    failed,
    notes: spelledNotes(notes),
  };
}

export function rollOverStatusAsJson({
  directory,
  rollOver,
  next,
  pending,
  hosts,
  clients,
  ready,
}: RollOverStatus): object {
  return {
    ok: true,
    command: 'fleet roll-over status',
    directory,
    stage: rollOver?.stage ?? null,
    next: next ?? null,
    ready,
    startedAt: rollOver?.startedAt ?? null,
    stageSince: rollOver?.stageSince ?? null,
    old: rollOver ? caAsJson(rollOver.old) : null,
    new: rollOver ? caAsJson(rollOver.new) : null,
    archive: rollOver ? join(directory, rollOver.archive) : null,
    pending,
    hosts: hosts.map(({ name, endpoint, verdict }) => ({ name, endpoint, ...verdictAsJson(verdict) })),
    clients: clients.map(({ name, places, verdict }) => ({ name, places, ...verdictAsJson(verdict) })),
  };
}

function verdictAsJson(verdict: StepVerdict): object {
  return { state: verdict.state, why: 'why' in verdict ? verdict.why : null };
}

function caAsJson(certificate: X509Certificate): object {
  const { fingerprint256 } = certificate;
  return { commonName: commonNameOf(certificate) ?? null, notAfter: notAfter(certificate), fingerprint256 };
}

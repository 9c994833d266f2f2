/** Every word of `fleet status`. The voice is that of present.ts. */
import {
  fleetWarnings,
  formatEndpoint,
  memberStates,
  type DiskStatus,
  type FleetMemberState,
} from '../lib/internal.js';
import type { FleetClientStatus, FleetHostStatus, FleetStatus, FleetStatusEvent } from '../lib/index.js';
import { counted } from './present.js';
import { visible, type Style } from './streams.js';

export const fleetStatusWords = {
  jsonAndFormat: (format: string) => `--json and --format ${format} cannot be combined`,
  htmlAlone: '--html cannot be combined with --json, --format or --output',
} as const;

const stateColours = {
  ok: 'green',
  'not-checked': 'dim',
  due: 'yellow',
  invalid: 'red',
} as const satisfies Record<FleetMemberState, keyof Style>;

/** So many members are shown whole; of more, those that are not well. */
const MOST_ROWS = 50;

/** A line for each host and client, then how many are in which state. */
export function describeFleetStatus(status: FleetStatus, style: Style, all: boolean): string[] {
  const { cas, hosts, clients } = status;
  const rows = [
    ...cas.map((ca): Row => {
      const state = ca.state === 'ok' ? 'ok' : ['due', 'missing'].includes(ca.state) ? 'due' : 'invalid';
      return {
        state,
        cells: [wordOf(state), 'ca', ca.path, endOf(ca.life?.notAfter), wordOf(ca.state), ''],
        tail: '',
      };
    }),
    ...hosts.map((host) => rowOf('host', host, wordOf(host.served.state))),
    ...clients.map((client) => rowOf('client', client, '')),
  ];
  const isLong = !all && hosts.length + clients.length > MOST_ROWS;
  const shown = isLong ? rows.filter(({ state }) => state === 'due' || state === 'invalid') : rows;
  return [...table(shown, style), ...(shown.length > 0 ? [''] : []), ...summary(status, style, isLong)];
}

interface Row {
  readonly state: FleetMemberState;
  readonly cells: readonly string[];
  /** The last column, which is as long as it is. */
  readonly tail: string;
}

function table(rows: readonly Row[], style: Style): string[] {
  if (rows.length === 0) return [];
  const heading = ['STATE', 'ROLE', 'NAME', 'ENDS', 'ON DISK', 'SERVED'];
  const widths = heading.map((word, at) =>
    rows.reduce((most, { cells }) => Math.max(most, cells[at]?.length ?? 0), word.length),
  );
  const line = (cells: readonly string[], tail: string, paint = (text: string) => text): string => {
    const [first = '', ...rest] = cells.map((cell, at) => cell.padEnd(widths[at] ?? 0));
    return [paint(first), ...rest, tail].join('  ').trimEnd();
  };
  return [
    style.bold(line(heading, 'NOTE')),
    ...rows.map(({ state, cells, tail }) => line(cells, tail, style[stateColours[state]])),
  ];
}

function rowOf(role: string, member: FleetHostStatus | FleetClientStatus, served: string): Row {
  const { state, name, disk, findings } = member;
  return {
    state,
    cells: [wordOf(state), role, name, endOf(disk.certificate?.notAfter), wordOf(disk.state), served],
    tail: visible(findings.map(({ text }) => text).join('; ')),
  };
}

const otherWords: Readonly<Record<string, string>> = {
  csr: 'CSR waits',
  'no-csr': 'needs a CSR',
  'other-ca': 'other CA',
  'no-tls': 'no TLS',
};

function wordOf(state: string): string {
  return otherWords[state] ?? state.replaceAll('-', ' ');
}

function endOf(date: Date | undefined): string {
  return date ? date.toISOString().slice(0, 10) : '';
}

function summary({ hosts, clients, counts, unnamed }: FleetStatus, style: Style, isShort: boolean): string[] {
  const states = (of: Readonly<Record<FleetMemberState, number>>): string =>
    memberStates
      .filter((state) => of[state] > 0)
      .map((state) => style[stateColours[state]](`${of[state]} ${wordOf(state)}`))
      .join(', ');
  const served = Object.entries(counts.served).map(([state, count]) => `${count} ${wordOf(state)}`);
  const unknown = [
    ...unnamed.hosts.map((name) => `servers/${name}`),
    ...unnamed.clients.map((name) => `clients/${name}`),
  ];
  return [
    ...(hosts.length > 0 ? [`${counted(hosts.length, 'host')}: ${states(counts.hosts)}.`] : []),
    ...(served.length > 0 ? [`Served: ${served.join(', ')}.`] : []),
    ...(clients.length > 0 ? [`${counted(clients.length, 'client')}: ${states(counts.clients)}.`] : []),
    ...(unknown.length > 0 ? [`Not in the fleet file: ${visible(some(unknown))}.`] : []),
    ...(isShort ? ['Only what needs attention is listed; --verbose lists all.'] : []),
  ];
}

const MOST_NAMES = 5;

function some(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return `${names.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

export function describeFleetLook({ done, total, host }: FleetStatusEvent): string {
  return `${done} of ${total} hosts: ${visible(host)}`;
}

/** The object that --json prints: docs/json.md describes it. */
export function fleetStatusAsJson(status: FleetStatus): object {
  const { now, directory, state, counts, cas, hosts, clients, unnamed } = status;
  return {
    ok: state === 'ok',
    command: 'fleet status',
    directory,
    now,
    state,
    counts,
    cas: cas.map(({ path, state: one, life }) => ({
      path,
      state: one,
      notBefore: life?.notBefore ?? null,
      notAfter: life?.notAfter ?? null,
    })),
    hosts: hosts.map(({ name, groups, endpoint, state: one, disk, names, served, findings }) => ({
      name,
      groups,
      endpoint: formatEndpoint(endpoint),
      state: one,
      disk: diskAsJson(disk),
      names: names ?? null,
      served: {
        state: served.state,
        why: served.why ?? null,
        certificate: certificateAsJson(served.certificate),
        life: served.life ?? null,
        coversAddress: served.coversAddress ?? null,
      },
      findings,
    })),
    clients: clients.map(({ name, state: one, disk, findings }) => ({
      name,
      state: one,
      disk: diskAsJson(disk),
      findings,
    })),
    unnamed,
    warnings: fleetWarnings(status),
  };
}

function diskAsJson({ state, path, certificate, dueAt, renewsAt }: DiskStatus): object {
  return {
    state,
    path,
    certificate: certificateAsJson(certificate),
    dueAt: dueAt ?? null,
    renewsAt: renewsAt ?? null,
  };
}

function certificateAsJson(certificate: DiskStatus['certificate']): object | null {
  return certificate ? { ...certificate, revokedAt: certificate.revokedAt ?? null } : null;
}

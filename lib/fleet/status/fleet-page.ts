import { lifePage, type CaEnd, type PageRow, type Urgency } from '../../report/picture/life-page.js';
import { countWords } from '../../report/status-texts.js';
import { caRoleOf } from '../../set/authorities.js';
import { call, libraryText, type Text } from '../../words.js';
import { formatEndpoint } from '../../x509/endpoint.js';
import type { CaOnDisk } from './authorities-on-disk.js';
import type { FleetFinding } from './findings.js';
import type { FleetStatus } from './fleet-status.js';
import {
  memberStates,
  type FleetClientStatus,
  type FleetHostStatus,
  type FleetMemberState,
} from './host-status.js';

export interface FleetStatusPageOptions {
  /** The fleet file, for the commands. Default: they name none. */
  readonly file?: string | undefined;
  /** Spells a text that names calls: the command line writes commands. Default: in the library's words, `applyFleet()`. */
  readonly spell?: ((text: Text) => string) | undefined;
}

const urgencies: Readonly<Record<FleetMemberState, Urgency>> = {
  ok: 'ok',
  'not-checked': 'unknown',
  due: 'due',
  invalid: 'bad',
};

/** What `applyFleet` sets right. */
const applied: readonly FleetFinding['id'][] = ['due', 'expired', 'missing', 'names'];

/**
 * Draws the lifetimes of a fleet's certificates as one HTML page, grouped by host: what is on disk and, where that is another one, what
 * the host serves. The ends of the CAs are lines across all bars, and each certificate that is due has the call that renews it. The page
 * has no script and loads nothing.
 */
export function fleetStatusPage(found: FleetStatus, options: FleetStatusPageOptions = {}): string {
  const { file, spell = libraryText } = options;
  const { now, directory, cas, hosts, clients, counts } = found;
  const ends = cas.flatMap(({ path, life }): CaEnd[] => (life ? [{ name: path, at: life.notAfter }] : []));
  const commandsFor = (name: string, findings: readonly FleetFinding[]): string[] =>
    callsFor(name, findings, file).map(spell);
  const members = [
    ...(hosts.length > 0
      ? [
          `${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}: ${countWords(counts.hosts, memberStates)}.`,
        ]
      : []),
    ...(clients.length > 0
      ? [
          `${clients.length} ${clients.length === 1 ? 'client' : 'clients'}: ${countWords(counts.clients, memberStates)}.`,
        ]
      : []),
  ];
  return lifePage({
    title: `Certificates of the fleet in ${directory}`,
    summary: members.join(' '),
    now,
    groups: [
      { title: 'CAs', rows: cas.map((ca) => caRow(ca, caCall(ca, found, file).map(spell))), ends },
      ...hosts.map((host) => ({
        title: `${host.name} (${formatEndpoint(host.endpoint)})`,
        rows: [diskRow(host, commandsFor(host.name, host.findings)), ...servedRows(host)],
        ends,
      })),
      ...(clients.length === 0
        ? []
        : [
            {
              title: 'Clients',
              rows: clients.map((client) => diskRow(client, commandsFor(client.name, client.findings))),
              ends,
            },
          ]),
    ],
  });
}

function caRow({ path, state, life }: CaOnDisk, commands: readonly string[]): PageRow {
  const isDue = state === 'due' || state === 'missing';
  return {
    urgency: state === 'ok' ? 'ok' : isDue ? 'due' : 'bad',
    state: state.replaceAll('-', ' '),
    name: path,
    detail: 'ca',
    life,
    findings: [],
    commands,
  };
}

function caCall(
  { path, state }: CaOnDisk,
  { cas, directory }: FleetStatus,
  file: string | undefined,
): Text[] {
  if (state === 'missing') return [call('applyFleet', { file })];
  if (state !== 'due' && state !== 'expired') return [];
  return [call('renewCa', { role: caRoleOf(path, cas.length > 1) }, directory)];
}

function diskRow(
  { state, disk, findings }: FleetHostStatus | FleetClientStatus,
  commands: readonly string[],
): PageRow {
  return {
    urgency: urgencies[state],
    state: state.replaceAll('-', ' '),
    name: disk.path,
    detail: 'on disk',
    life: disk.certificate,
    findings: findings.map(({ text }) => text),
    commands,
  };
}

/** The certificate that the host serves, where it is not the one on disk. */
function servedRows({ served: { state, certificate, life } }: FleetHostStatus): PageRow[] {
  if (certificate === undefined || state === 'same') return [];
  const isWell = life === 'ok' || life === 'due';
  return [
    {
      urgency: state === 'other-ca' || !isWell ? 'bad' : 'due',
      state: state.replaceAll('-', ' '),
      name: certificate.serial,
      detail: 'served',
      life: certificate,
      findings: [],
      commands: [],
    },
  ];
}

function callsFor(name: string, findings: readonly FleetFinding[], file: string | undefined): Text[] {
  const ids = findings.map(({ id }) => id);
  return [
    ...(ids.some((id) => applied.includes(id)) ? [call('applyFleet', { file })] : []),
    ...(ids.includes('csr') ? [call('signFleet', { hosts: [name], file })] : []),
    ...(ids.includes('no-csr') ? [call('collectCsrs', { hosts: [name], file })] : []),
  ];
}

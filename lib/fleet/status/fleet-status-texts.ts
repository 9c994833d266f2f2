import { lifeWords } from '../../x509/life.js';
import {
  labelled,
  metricsText,
  nagiosLine,
  type Metric,
  type NagiosState,
} from '../../report/status-texts.js';
import type { FleetFinding } from './findings.js';
import type { FleetStatus } from './fleet-status.js';
import { memberStates, type FleetMemberState, type SeenCertificate } from './host-status.js';

/** A host, a client or a CA that is not well, in one line. */
export interface FleetWarning {
  readonly severity: FleetFinding['severity'];
  /** `web1`, `client alice`, `ca.pem`. */
  readonly subject: string;
  readonly text: string;
}

/** All that is not well, the worst first. */
export function fleetWarnings({ cas, hosts, clients, now }: FleetStatus): FleetWarning[] {
  const warnings = [
    ...cas.flatMap(({ path, state, life }): FleetWarning[] => {
      if (state === 'ok') return [];
      const text =
        state === 'missing' ? 'there is no CA yet' : life ? lifeWords(life, now) : 'it cannot be read';
      return [{ severity: state === 'due' || state === 'missing' ? 'due' : 'invalid', subject: path, text }];
    }),
    ...[
      ...hosts.map((host) => ({ subject: host.name, ...host })),
      ...clients.map((client) => ({ subject: `client ${client.name}`, ...client })),
    ].flatMap(({ subject, findings }) =>
      findings.map(({ severity, text }): FleetWarning => ({ severity, subject, text })),
    ),
  ];
  return [
    ...warnings.filter(({ severity }) => severity === 'invalid'),
    ...warnings.filter(({ severity }) => severity === 'due'),
  ];
}

/** The state as a monitoring plugin has it. */
export function fleetNagiosState({ state }: Pick<FleetStatus, 'state'>): NagiosState {
  return state === 'invalid' ? 'CRITICAL' : state === 'due' ? 'WARNING' : 'OK';
}

/** The words of one line say so many findings; the numbers after them count all. */
const MOST_WARNINGS = 3;

/** The one line of a monitoring plugin: the worst in words, then how many are in which state, and the fewest days left. */
export function fleetNagiosText(status: FleetStatus): string {
  const { counts, hosts, clients } = status;
  const warnings = fleetWarnings(status);
  const told = warnings.slice(0, MOST_WARNINGS).map(({ subject, text }) => `${subject}: ${text}`);
  const more = warnings.length > told.length ? [`${warnings.length - told.length} more`] : [];
  const of = (state: FleetMemberState): number => counts.hosts[state] + counts.clients[state];
  const days = [...hosts, ...clients].flatMap(({ disk }) => disk.certificate?.daysLeft ?? []);
  const served = Object.entries(counts.served).filter(([state]) => state !== 'not-checked');
  const isSeen = served.length > 0 || hosts.length === 0;
  return nagiosLine(
    fleetNagiosState(status),
    [
      `${hosts.length} hosts, ${clients.length} clients${isSeen ? '' : ', on disk only'}`,
      ...told,
      ...more,
    ].join('; '),
    [
      `hosts=${hosts.length}`,
      `clients=${clients.length}`,
      ...memberStates.map((state) => `${state.replaceAll('-', '_')}=${of(state)}`),
      `unreachable=${counts.served.unreachable ?? 0}`,
      ...(days.length > 0 ? [`days_left=${days.reduce((least, one) => Math.min(least, one))};;0:`] : []),
    ],
  );
}

/** What node_exporter's textfile collector reads. What was not seen has no sample. */
export function fleetPrometheusText({ cas, hosts, clients, counts }: FleetStatus): string {
  const members = [
    ...hosts.map((host) => ({ role: 'server', ...host, served: host.served.certificate })),
    ...clients.map((client) => ({ role: 'client', ...client, served: undefined })),
  ];
  const seen = members.flatMap(({ role, name, disk, served }) => [
    ...placed({ role, name, source: 'disk' }, disk.certificate),
    ...placed({ role, name, source: 'served' }, served),
  ]);
  const looked = hosts.filter(({ served }) => served.state !== 'not-checked');
  const answering = looked.filter(({ served }) => served.certificate !== undefined);
  const metric = (name: string, help: string, samples: readonly (readonly [Labels, number])[]): Metric => ({
    name,
    help,
    samples: samples.map(([labels, value]) => `${name}${labelled(labels)} ${value}`),
  });
  return metricsText([
    metric(
      'docker_tls_fleet_certificate_not_after_timestamp_seconds',
      'When the certificate ends, in seconds since 1970: the one on disk, or the one that is served.',
      [
        ...cas.flatMap(({ path, life }) =>
          life
            ? [[{ role: 'ca', name: path, source: 'disk', serial: '' }, seconds(life.notAfter)] as const]
            : [],
        ),
        ...seen.map(([labels, { notAfter }]) => [labels, seconds(notAfter)] as const),
      ],
    ),
    metric(
      'docker_tls_fleet_certificate_due',
      'Whether it is time to renew the certificate on disk, by the fleet file; 1 also after its end.',
      members
        .filter(({ disk }) => disk.certificate !== undefined)
        .map(({ role, name, disk }) => [
          { role, name },
          Number(disk.state === 'due' || disk.state === 'expired'),
        ]),
    ),
    metric(
      'docker_tls_fleet_host_up',
      'Whether the host showed a certificate.',
      looked.map(({ name, endpoint, served }) => [
        { name, address: endpoint.host, port: String(endpoint.port) },
        Number(served.certificate !== undefined),
      ]),
    ),
    metric(
      'docker_tls_fleet_host_serves_disk',
      'Whether the host serves the certificate on disk.',
      answering.map(({ name, served }) => [{ name }, Number(served.state === 'same')]),
    ),
    metric(
      'docker_tls_fleet_finding',
      'Something that is not well, by its severity: due or invalid.',
      members.flatMap(({ role, name, findings }) =>
        findings.map(({ id, severity }) => [{ role, name, finding: id, severity }, 1] as const),
      ),
    ),
    metric(
      'docker_tls_fleet_members',
      'How many hosts and clients are in which state.',
      (['hosts', 'clients'] as const).flatMap((role) =>
        memberStates.map(
          (state) => [{ role: role === 'hosts' ? 'server' : 'client', state }, counts[role][state]] as const,
        ),
      ),
    ),
  ]);
}

type Labels = Readonly<Record<string, string>>;

function placed(
  labels: Labels,
  certificate: SeenCertificate | undefined,
): (readonly [Labels, SeenCertificate])[] {
  return certificate ? [[{ ...labels, serial: certificate.serial }, certificate]] : [];
}

function seconds(date: Date): number {
  return date.getTime() / 1000;
}

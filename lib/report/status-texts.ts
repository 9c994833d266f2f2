import { join } from 'node:path';
import { lifeWords, spanMs, type Within } from '../x509/life.js';
import { DAY_MS } from '../x509/validity.js';
import {
  certificateStates,
  type UnreadFile,
  type CertificateState,
  type CertificateStatus,
  type Status,
} from './status.js';

/** A finding that somebody should hear of. */
export interface StatusWarning {
  readonly state: Exclude<CertificateState, 'ok'>;
  readonly directory: string;
  readonly path: string;
  /** What is so: `12 days left, until 2027-11-22`. */
  readonly text: string;
}

/** All that is not well, the worst first. */
export function statusWarnings({ certificates, broken, now }: Status): StatusWarning[] {
  const warnings = [
    ...broken.map(({ why, ...file }): StatusWarning => ({ state: 'broken', ...file, text: why })),
    ...certificates.flatMap((one): StatusWarning[] => {
      const { state, directory } = one;
      return state === 'ok' ? [] : [{ state, directory, path: locationOf(one), text: lifeWords(one, now) }];
    }),
  ];
  const rank = ({ state }: StatusWarning): number => certificateStates.indexOf(state);
  return warnings.sort((one, other) => rank(other) - rank(one));
}

/** A file, and which of its certificates where it is not the first: `bundle.pem#2`. */
export function locationOf({ path, index }: Pick<CertificateStatus, 'path' | 'index'>): string {
  return index === 0 ? path : `${path}#${index + 1}`;
}

/** How many are in which state: `1 due, 1 expired`. */
export function countWords<State extends string>(
  counts: Readonly<Record<State, number>>,
  states: readonly State[],
): string {
  return states
    .filter((state) => counts[state] > 0)
    .map((state) => `${counts[state]} ${state.replaceAll('-', ' ')}`)
    .join(', ');
}

/** The exit codes of a monitoring plugin. */
export const nagiosCodes = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;

export type NagiosState = keyof typeof nagiosCodes;

export function nagiosState({ state }: Pick<Status, 'state'>): NagiosState {
  return state === 'ok' ? 'OK' : state === 'due' ? 'WARNING' : 'CRITICAL';
}

/** The words of one line say so many findings; the numbers after them count all. */
const MOST_FINDINGS = 3;

/**
 * The one line of a monitoring plugin (Monitoring Plugins Development Guidelines): the worst in words, then performance data:
 * how many certificates are in which state, and the fewest days left.
 */
export function nagiosText(status: Status): string {
  const { counts, certificates, within } = status;
  const warnings = statusWarnings(status);
  const told = warnings
    .slice(0, MOST_FINDINGS)
    .map(
      ({ directory, path, text, state }) =>
        `${join(directory, path)} ${state === 'broken' ? `is broken: ${text}` : text}`,
    );
  const more = warnings.length > told.length ? [`${warnings.length - told.length} more`] : [];
  const [first] = certificates;
  const words =
    warnings.length > 0
      ? `${countWords(counts, certificateStates.toReversed().slice(0, -1))}: ${[...told, ...more].join('; ')}`
      : `${countWords(counts, ['ok'])}${first ? `: ${join(first.directory, locationOf(first))} ${lifeWords(first, status.now)}` : ''}`;
  const numbers = [
    `certificates=${certificates.length}`,
    ...certificateStates.slice(1).map((state) => `${state.replaceAll('-', '_')}=${counts[state]}`),
    ...(first ? [`days_left=${first.daysLeft};${warnsBelow(first, within)};0:`] : []),
  ];
  return nagiosLine(nagiosState(status), words, numbers);
}

/** A range of days as performance data has it; none for a share of the life alone. */
function warnsBelow(first: CertificateStatus, within: Within): string {
  return 'days' in within ? `${Math.floor(spanMs(first, within) / DAY_MS)}:` : '';
}

/** Also for what could not be looked at: `UNKNOWN`. */
export function nagiosLine(state: NagiosState, words: string, numbers: readonly string[] = []): string {
  // A bar ends the words.
  const line = `DOCKER TLS ${state} - ${seen(words).replaceAll('|', '\\u007c')}`;
  return numbers.length === 0 ? line : `${line} | ${numbers.join(' ')}`;
}

/** What nobody can see is shown as JSON would escape it: an escape sequence does nothing, and no line is begun. */
export function seen(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (found) =>
    Array.from({ length: found.length }, (_, at) => unit(found.charCodeAt(at))).join(''),
  );
}

function unit(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}

/** A gauge, with a line for each of its values. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly string[];
}

/**
 * What node_exporter's textfile collector reads: the text exposition format of Prometheus. Ends with a line end. Characters
 * that nobody can see stand in a label as `\u001b` in letters, but for line ends, which the format has a spelling for.
 */
export function prometheusText({ certificates, broken }: Status): string {
  const files = new Map<string, readonly [BrokenOrWhole, number]>([
    ...certificates.map((one) => [`${one.directory}\0${one.path}`, [one, 0]] as const),
    ...broken.map((one) => [`${one.directory}\0${one.path}`, [one, 1]] as const),
  ]);
  const labels = certificates.map((one) =>
    labelled({
      directory: one.directory,
      path: locationOf(one),
      role: one.role,
      common_name: one.commonName ?? '',
      serial: one.serial,
    }),
  );
  const metric = (name: string, help: string, value: (one: CertificateStatus) => number): Metric => ({
    name,
    help,
    samples: certificates.map((one, at) => `${name}${labels[at] ?? ''} ${value(one)}`),
  });
  const metrics: Metric[] = [
    metric(
      'docker_tls_certificate_not_after_timestamp_seconds',
      'When the certificate ends, in seconds since 1970.',
      ({ notAfter }) => notAfter.getTime() / 1000,
    ),
    metric(
      'docker_tls_certificate_not_before_timestamp_seconds',
      'When the certificate begins, in seconds since 1970.',
      ({ notBefore }) => notBefore.getTime() / 1000,
    ),
    metric(
      'docker_tls_certificate_due',
      'Whether it is time to renew the certificate, by `within` of the last look; 1 also after its end.',
      ({ state }) => Number(state === 'due' || state === 'expired'),
    ),
    {
      name: 'docker_tls_certificate_broken',
      help: 'Whether a file that should hold a certificate cannot be read.',
      samples: [...files.values()].map(
        ([{ directory, path }, value]) =>
          `docker_tls_certificate_broken${labelled({ directory, path })} ${value}`,
      ),
    },
  ];
  return metricsText(metrics);
}

/** Metrics in the text exposition format; those without a value are left out. */
export function metricsText(metrics: readonly Metric[]): string {
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ name, help, samples }) => [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...samples])
    .map((line) => `${line}\n`)
    .join('');
}

type BrokenOrWhole = Pick<UnreadFile, 'directory' | 'path'>;

/** Labels behind the name of a metric, escaped. */
export function labelled(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapedLabel(value)}"`);
  return `{${pairs.join(',')}}`;
}

/** A backslash, a double quote and a line end are escaped (exposition format 0.0.4). */
function escapedLabel(value: string): string {
  return value
    .split('\n')
    .map((line) => seen(line).replaceAll('\\', '\\\\').replaceAll('"', '\\"'))
    .join('\\n');
}

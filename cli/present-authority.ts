/** Every word that the commands of an authority print; their voice is that of present.ts. */
import { basename, dirname, join, relative } from 'node:path';
import type { MadeCsr, Plan, Signed } from '../lib/index.js';
import { commandLine, planLines } from '../lib/index.js';
import { artifactsOf, formatAltName, formatSubject, shellWord, type AskedRequest } from '../lib/internal.js';
import { ownLine } from './own-command.js';
import { certificateAsJson, counted, spelledNotes } from './present.js';
import { describeArchive } from './present-archive.js';
import type { Style } from './streams.js';

export const authorityWords = {
  unconfirmed: 'the names that the CSRs ask for were not confirmed, and there is no terminal to ask at',
  unconfirmedHint: 'look at them with --dry-run, then add --yes',
  confirm: (count: number) => (count === 1 ? 'Sign it?' : `Sign these ${count}?`),
} as const;

/** What `csr` made, and where the CSR goes next. */
export function describeCsr(made: MadeCsr, style: Style): string[] {
  const { directory, role, name, files, names, kept } = made;
  const paths = made.made.map(({ path }) => path);
  const width = Math.max(files.key.length, files.csr.length);
  const line = (path: string): string => {
    const what =
      path === files.key
        ? `the ${role}'s private key; it stays on this machine`
        : `the request${names.length > 0 ? ` for ${names.map(({ value }) => value).join(', ')}` : ''}; it is not secret`;
    return `  ${path.padEnd(width)}  ${what}`;
  };
  const csr = join(directory, files.csr);
  const allowed = names.filter(({ value }) => !['localhost', '127.0.0.1', '::1'].includes(value));
  const flags =
    role === 'server'
      ? allowed.flatMap(({ value }) => ['--host', value])
      : ['--client-name', made.subject.at(-1)?.value ?? ''];
  const ownName = name === undefined ? [] : ['--name', name];
  const install =
    role === 'server'
      ? ['install', 'daemon', ...ownName, '--dir', directory, '--apply', '--restart']
      : ['install', 'client', ...ownName, '--dir', directory, '--apply'];
  return [
    ...(paths.length > 0 ? [`${style.green('Created')} in ${directory}:`, ...paths.map(line)] : []),
    ...(kept.length > 0
      ? [paths.length > 0 ? 'Unchanged:' : `Nothing to do. Already in ${directory}:`, ...kept.map(line)]
      : []),
    '',
    `Copy ${relative('', csr) || csr} to the machine with the CA, and sign it there:`,
    `  ${ownLine('sign', basename(files.csr), ...flags)}`,
    `Then put the certificate and ca.pem beside the key, in ${dirname(csr)}, and install them:`,
    `  ${ownLine(...install)}`,
  ];
}

/** The object that `csr --json` prints. */
export function csrAsJson(made: MadeCsr, plan?: Plan): object {
  const { directory, role, files, kept, subject, names, notes, commands, openssl } = made;
  return {
    ok: true,
    command: `csr ${role}`,
    dryRun: plan !== undefined,
    directory,
    files,
    made: madeAsJson(made.made),
    kept,
    subject: formatSubject(subject),
    names: names.map(formatAltName),
    notes: spelledNotes(notes),
    ...planAsJson(commands, plan),
    openssl: openssl ? { path: openssl.path, version: openssl.version.text } : null,
  };
}

/** What CSRs ask for, and what they would become. */
export function describeRequests(requests: readonly AskedRequest[], style: Style): string[] {
  return requests.flatMap(({ file, role, subject, names, keyType }) => [
    style.bold(file),
    `  role:     ${role}`,
    `  subject:  ${formatSubject(subject)}`,
    ...(role === 'server' ? [`  names:    ${names.map(({ value }) => value).join(', ')}`] : []),
    `  key:      ${keyType}`,
  ]);
}

/** What `sign` made, and how the certificates get to their keys. */
export function describeSigned(
  { directory, signed, archive }: Omit<Signed, 'certificates'>,
  style: Style,
): string[] {
  const width = Math.max(...signed.map(({ certificate }) => certificate.length));
  const lines = (list: Signed['signed']): string[] =>
    list.map(
      ({ certificate, role, subject, names }) =>
        `  ${certificate.padEnd(width)}  for ${role === 'server' ? names.map(({ value }) => value).join(', ') : `the client '${subject.find(({ type }) => type === 'CN')?.value ?? ''}'`}`,
    );
  const made = signed.filter(({ kept }) => !kept);
  const kept = signed.filter((one) => one.kept);
  const [first] = made;
  return [
    ...(made.length > 0
      ? [`${style.green('Signed')} ${counted(made.length, 'certificate')} in ${directory}:`, ...lines(made)]
      : []),
    ...(archive === undefined ? [] : [describeArchive(directory, archive)]),
    ...(kept.length > 0
      ? [made.length > 0 ? 'Unchanged:' : `Nothing to do. Already in ${directory}:`, ...lines(kept)]
      : []),
    ...(first
      ? [
          '',
          'Carry the certificate and the ca.pem beside it to the machine with the key, such as:',
          `  scp ${shellWord(join(directory, dirname(first.certificate)))}/*.pem HOST:docker-tls/`,
        ]
      : []),
  ];
}

/** The object that `sign --json` prints. */
export function signedAsJson(
  signed: Omit<Signed, 'made' | 'commands' | 'openssl' | 'certificates' | 'pem'> & Partial<Signed>,
  plan?: Plan,
): object {
  const { directory, archive, notes, made = [], commands = [], openssl, certificates } = signed;
  return {
    ok: true,
    command: 'sign',
    dryRun: plan !== undefined,
    directory,
    signed: signed.signed.map(({ file, role, name, subject, names, keyType, certificate, days, kept }) => ({
      ...{ csr: file, role, name, subject: formatSubject(subject), names: names.map(formatAltName) },
      ...{ key: keyType, certificate, days, kept },
      issued: certificateAsJsonOf(certificates?.get(certificate)),
    })),
    made: madeAsJson(plan ? artifactsOf(plan) : made),
    archive: archive ?? null,
    notes: spelledNotes(notes),
    ...planAsJson(commands, plan),
    openssl: openssl ? { path: openssl.path, version: openssl.version.text } : null,
  };
}

function certificateAsJsonOf(
  certificate: Parameters<typeof certificateAsJson>[0] | undefined,
): object | null {
  return certificate ? certificateAsJson(certificate) : null;
}

/** Files that were written, or would be. */
export function madeAsJson(made: Signed['made']): object[] {
  return made.map(({ path, product, mode }) => ({ path, kind: product, mode: `0${mode.toString(8)}` }));
}

/** The commands that ran, or, with the lines of a dry run, would run. */
export function planAsJson(commands: readonly string[], plan: Plan | undefined): object {
  if (!plan) return { commands };
  const own = plan.steps.filter((step) => step.kind === 'openssl').map(commandLine);
  return { commands: own, script: planLines(plan) };
}

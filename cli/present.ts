/**
 * Every word that the program prints. Its voice: short and true; what was done, then what to do next; a line that is to
 * be copied stands alone; an error says what could not be done and why, and a `hint:` what to do; never a secret.
 */
import type { X509Certificate } from 'node:crypto';
import { basename, relative } from 'node:path';
import {
  altNamesOf,
  artifactsOf,
  allCaFiles,
  caFiles,
  commonNameOf,
  endpointUrl,
  formatAltName,
  notAfter,
  notBefore,
  type Note,
  type OpensslStep,
} from '../lib/internal.js';
import {
  certificateDetails,
  commandLine,
  planLines,
  type Issued,
  type Part,
  type Plan,
  type RecipeSummary,
} from '../lib/index.js';
import { flagOf, ownLine, spelled } from './own-command.js';
import { describeArchive } from './present-archive.js';
import type { Style } from './streams.js';

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENXIO: 'it is not a file',
  ELOOP: 'a symbolic link is in the way',
  EBADF: 'it is not open',
};

export const prompts = {
  newPassphrase: (path: string) =>
    `New passphrase for ${/\.(p12|pfx)$/i.test(path) ? '' : allCaFiles.some(({ key }) => key === basename(path)) ? "the CA's private key " : 'the private key '}${path}:`,
  passphrase: (path: string) => `Passphrase of ${path}:`,
  pin: (uri: string) => `PIN of the token for the key ${uri}:`,
  again: 'Repeat passphrase:',
  different: 'Passphrases do not match.',
  wrong: 'Wrong passphrase, try again.',
  neverOnCommandLine: 'every user of this machine can see a passphrase on the command line',
  sameSource: 'the old passphrase and the new one cannot come from the same descriptor',
  sameSourceOfParent: 'the passphrase of the CA and that of its parent cannot come from the same descriptor',
  sameSourceHint: 'give one of them on another descriptor, or in a file',
  stopped: (shown: string) => `stopped while waiting for the passphrase from ${shown}`,
  echoes: (shown: string) => `${shown} is a terminal: it would show the passphrase as it is typed`,
  echoesHint: 'omit the flag to be prompted without echo, or use a file or a pipe',
  unreadable: (shown: string, error: unknown) => {
    const why = unreadable[(error as NodeJS.ErrnoException).code ?? ''];
    return `cannot read the passphrase from ${shown}${why === undefined ? '' : `: ${why}`}`;
  },
  unreadableHint: 'check that it is there and open for reading',
  caThere: (directory: string) =>
    `${directory} has a CA; replacing it invalidates every certificate that it signed`,
  confirmHint: 'to replace it, add --yes to --force ca',
  replaceCa: (directory: string) =>
    `Replace the CA in ${directory}? This invalidates every certificate that it signed, on every host and client.`,
  notReplaced: 'the CA was not replaced',
} as const;

export function describeNote({ text, words }: Note, style: Style): string {
  return `${style.yellow('note:')} ${spelled(words ?? text)}`;
}

/** Notes in the words of the command line, as --json prints them. */
export function spelledNotes(notes: readonly Note[]): Note[] {
  return notes.map(({ code, text, words }) => ({ code, text: spelled(words ?? text) }));
}

export function describeDone(title: string, ms: number): string {
  return `done: ${title} (${(ms / 1000).toFixed(1)} s)`;
}

/** A command that ran. */
export function describeCommand(step: OpensslStep | string, style: Style): string {
  return typeof step === 'string' ? style.dim(step) : style.dim(`$ ${commandLine(step)}`);
}

/** OpenSSL's own words, set apart from ours. */
export function describeStderr(stderr: string, style: Style): string[] {
  return stderr
    .trimEnd()
    .split('\n')
    .map((line) => style.dim(`  openssl: ${line}`));
}

/** What is there now, and what to do next, line by line. */
export function describeIssued(issued: Issued, parts: readonly Part[], style: Style): string[] {
  const { directory, made, kept, archive } = issued;
  const lines: string[] = [];
  const paths = made.map(({ path }) => path);
  const own = paths.filter(
    (path) => !isRecord(path) && (archive === undefined || !path.startsWith(`${archive}/`)),
  );
  if (made.length > 0)
    lines.push(`${style.green('Created')} in ${directory}:`, ...describeFiles(issued, own));
  if (archive !== undefined) lines.push(describeArchive(directory, archive));
  if (kept.length > 0) {
    lines.push(made.length > 0 ? 'Unchanged:' : `Nothing to do. Already in ${directory}:`);
    lines.push(...describeFiles(issued, kept));
  }
  return [...lines, ...describeNext(issued, parts)];
}

/** The index of what was issued, which is kept by the way. */
function isRecord(path: string): boolean {
  return path.startsWith('authority/');
}

function describeFiles({ certificates, files, clientCa }: Issued, paths: readonly string[]): string[] {
  const width = Math.max(...paths.map((path) => path.length));
  const { ca, server, client, clientCa: theirs } = certificates;
  const until = (certificate: typeof ca): string =>
    certificate ? `valid until ${notAfter(certificate).toISOString().slice(0, 10)}` : '';
  const words = new Map<string, string>([
    [files.ca.key, caKeyWords(clientCa ? 'server CA' : 'CA', !clientCa)],
    [files.ca.certificate, `${clientCa ? 'the server CA, which clients trust' : 'the CA'}, ${until(ca)}`],
    ...(clientCa
      ? ([
          [clientCa.key, caKeyWords('client CA', true)],
          [clientCa.certificate, `the client CA, which daemons trust, ${until(theirs)}`],
        ] as const)
      : []),
    [files.server.key, "the server's private key"],
    [files.server.certificate, `for ${server ? serverNames(server) : ''}; ${until(server)}`],
    [files.client.key, "the client's private key: anyone who has it is root on the host"],
    [
      files.client.certificate,
      `for the client '${(client && commonNameOf(client)) ?? ''}'; ${until(client)}`,
    ],
  ]);
  return paths.map((path) =>
    `  ${path.padEnd(width)}  ${words.get(path) ?? describeFile(path, clientCa)}`.trimEnd(),
  );
}

function caKeyWords(called: string, signsClients: boolean): string {
  const danger = signsClients ? ': anyone who has it can create clients' : '';
  return `the ${called}'s private key${danger}. Keep it safe, with a backup elsewhere`;
}

function serverNames(server: X509Certificate): string {
  const names = altNamesOf(server).names.map(({ value }) => value);
  return names.length > 0 ? names.join(', ') : `'${commonNameOf(server) ?? ''}', by its common name only`;
}

/** What else a recipe leaves. */
function describeFile(path: string, clientCa: Issued['clientCa']): string {
  if (clientCa && /^servers\/[^/]+\/ca\.pem$/.test(path)) return `a copy of ${clientCa.certificate}`;
  if (basename(path) === caFiles.certificate) return `a copy of ${caFiles.certificate}`;
  if (basename(path) === caFiles.key) return "a copy of the CA's private key";
  if (basename(path) === 'endpoint.json') return "the daemon's port";
  if (basename(path) === 'ca-key.uri') return "which key in a token is the CA's; no secret";
  if (path.endsWith('.srl')) return 'the serial number used last: the next signature reads it';
  if (path.endsWith('.csr')) return 'a certificate signing request: no longer needed';
  return path.endsWith('.cnf') ? 'extensions for openssl: no longer needed' : '';
}

/** A heading with lines below it that are ready to be copied. */
function copied(heading: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? ['', heading, ...lines.map((line) => `  ${line}`)] : [];
}

/** What comes next: this program's own commands, from the daemon to the timer. */
function describeNextCommands(
  { directory, files, names, port, next, certificates }: Issued,
  parts: readonly Part[],
): string[] {
  const line = (...words: readonly string[]): string => ownLine(...words, '--dir', directory);
  const { basicConstraints } = (certificates.ca && certificateDetails(certificates.ca)) ?? {};
  const signsCas = (basicConstraints?.pathLength ?? 0) > 0;
  if (parts.length === 1 && parts[0] === 'ca' && signsCas)
    return copied('Next:', [ownLine('ca', '--parent', directory, '--dir', 'DIRECTORY')]);
  if (parts.length === 1 && parts[0] === 'ca')
    return copied('Next:', [line('server', '--host', 'HOST'), line('client')]);
  const [server, client] = (['server', 'client'] as const).map((role) => parts.includes(role));
  const nameOf = (path: string): string[] => /^(?:servers|clients)\/([^/]+)\//.exec(path)?.slice(1) ?? [];
  const ofName = nameOf(files.server.certificate).flatMap((name) => ['--name', name]);
  const host = names.find(({ value }) => !value.startsWith('*'))?.value;
  const called = host === undefined ? [] : [endpointUrl({ host, port })];
  const another = server && client ? 'host or client' : server ? 'host' : 'machine';
  const whole = parts.length === 3;
  return [
    ...copied(
      'On the Docker host, as root:',
      server ? [line('install', 'daemon', ...ofName, '--apply', '--restart')] : [],
    ),
    ...copied(`For another ${another}, pack its files:`, [
      ...(server ? [line('bundle', ...nameOf(files.server.certificate), '--server')] : []),
      ...(client ? [line('bundle', ...nameOf(files.client.certificate))] : []),
    ]),
    ...copied(`As the client${whole ? ' (it needs ca.pem, cert.pem and key.pem)' : ''}:`, next.client),
    ...copied('Check the daemon from the client:', whole ? [line('connect', ...called, ...ofName)] : []),
    ...copied(
      'Renew daily what expires soon (an encrypted CA key needs --passphrase-file FILE):',
      whole ? [line('renew', '--install-timer', '--apply')] : [],
    ),
  ];
}

/** The tutorial's last steps with the real paths, each line ready to be copied. */
function describeNext(issued: Issued, parts: readonly Part[]): string[] {
  const { recipe, next } = issued;
  if (recipe === 'recommended') return describeNextCommands(issued, parts);
  return [
    ...copied('On the Docker host, start the daemon with:', next.daemon),
    ...copied('As the client:', next.client),
  ];
}

/** Recipes with what helps against a refusal, as --json prints them. */
export function spelledRecipes(list: readonly RecipeSummary[]): RecipeSummary[] {
  return list.map((recipe) => ({
    ...recipe,
    note: recipe.note === null ? null : `${recipe.note}; --${flagOf('addSan')} fixes it`,
  }));
}

/** A paragraph for each recipe. */
export function describeRecipes(list: readonly RecipeSummary[], style: Style): string[] {
  return spelledRecipes(list).flatMap(({ name, text, marks, docker, note }, at) => {
    const words = note === null ? docker : docker === 'refused' ? note : `${docker}; ${note}`;
    const lines = [...(text === null ? [] : [`text:   ${text}`]), `marks:  ${marks}`, `docker: ${words}`];
    return [...(at === 0 ? [] : ['']), style.bold(name), ...lines.map((line) => `  ${line}`)];
  });
}

/** The object that --json prints: docs/json.md describes it. */
export function issuedAsJson(command: string, issued: Issued, plan?: Plan): object {
  const {
    directory,
    recipe,
    departures,
    made,
    kept,
    names,
    archive,
    notes,
    commands,
    openssl,
    certificates,
  } = issued;
  return {
    ok: true,
    command,
    dryRun: plan !== undefined,
    directory,
    recipe,
    departures,
    made: (plan ? artifactsOf(plan) : made).map(({ path, product, mode }) => ({
      path,
      kind: product,
      mode: `0${mode.toString(8)}`,
    })),
    kept,
    names: names.map(formatAltName),
    archive: archive ?? null,
    notes: spelledNotes(notes),
    commands: plan ? plan.steps.filter((step) => step.kind === 'openssl').map(commandLine) : commands,
    ...(plan ? { script: planLines(plan) } : {}),
    openssl: openssl ? { path: openssl.path, version: openssl.version.text } : null,
    certificates: Object.fromEntries(
      Object.entries(certificates).map(([part, certificate]) => [part, certificateAsJson(certificate)]),
    ),
    next: issued.next,
  };
}

export function certificateAsJson(certificate: X509Certificate): object {
  return {
    subject: certificate.subject,
    issuer: certificate.issuer,
    serial: certificate.serialNumber,
    names: altNamesOf(certificate).names.map(formatAltName),
    notBefore: notBefore(certificate).toISOString(),
    notAfter: notAfter(certificate).toISOString(),
    fingerprint256: certificate.fingerprint256,
  };
}

/** One openssl step done. */
export function describeStep(path: string): string {
  return relative('', path) || path;
}

/** A number of things, one or more. */
export function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

import { issueOptions, shellWord, wordsOf } from '../lib/internal.js';
import type { CallName, CallPart, OptionPart, OptionValue, Text } from '../lib/internal.js';

/** The one place that spells the library's options and functions as flags and commands. */

export const program = 'docker-tls-openssl';

/** npm says in the environment what npx runs: the lines to copy begin as the command line did. */
const { npm_command: npm, npm_lifecycle_event: event, npm_lifecycle_script: script = '' } = process.env;
const byNpx = npm === 'exec' && event === 'npx' && new RegExp(`^['"]?${program}\\b`).test(script);

/** The words that begin a line with a command of this program. */
export const called: readonly string[] = byNpx ? ['npx', program] : [program];

/** The words that start this program from a file that stays; undefined for those of the library, Node and the program by their paths. */
export function programWords(): readonly string[] | undefined {
  return byNpx ? called : undefined;
}

/** One of this program's commands, as a line for a shell. */
export function ownLine(...words: readonly string[]): string {
  return [...called, ...words].map(shellWord).join(' ');
}

/** The flags whose names are not those of their options. */
const otherNames: Readonly<Record<string, string>> = {
  timeoutMs: 'timeout',
  lockTimeoutMs: 'lock-timeout',
  command: 'exec',
  clientNames: 'client-name',
  // Those of a step are openssl's own.
  signKey: 'signkey',
  caSerial: 'CAserial',
  caCreateSerial: 'CAcreateserial',
  setSerial: 'set_serial',
  serial: 'set_serial',
};

/** The flag of an option of the library, without its dashes. `command`: whose flag, where two commands have different ones. */
export function flagOf(option: string, command = ''): string {
  if (option === 'caKey' && command.startsWith('step')) return 'CAkey';
  const options: Readonly<Record<string, { readonly flag: string | undefined }>> = issueOptions;
  return (
    otherNames[option] ??
    options[option]?.flag ??
    option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  );
}

/** The commands of the library's functions; `word`: the option that the command line takes without a flag. */
export const commandOf: Readonly<
  Record<CallName, { readonly words: readonly string[]; readonly word?: string }>
> = {
  all: { words: ['all'] },
  ca: { words: ['ca'] },
  server: { words: ['server'] },
  client: { words: ['client'] },
  renew: { words: ['renew'], word: 'names' },
  renewCa: { words: ['renew', 'ca'] },
  rollback: { words: ['rollback'] },
  runHook: { words: ['renew'] },
  installTimer: { words: ['renew', '--install-timer', '--apply'] },
  removeTimer: { words: ['renew', '--remove-timer', '--apply'] },
  removeCrlTimer: { words: ['crl', '--remove-timer', '--apply'] },
  addPassphrase: { words: ['passphrase', 'add'], word: 'key' },
  changePassphrase: { words: ['passphrase', 'change'], word: 'key' },
  removePassphrase: { words: ['passphrase', 'remove'], word: 'key' },
  sign: { words: ['sign'], word: 'csrs' },
  issued: { words: ['issued'] },
  revoke: { words: ['revoke'], word: 'names' },
  crl: { words: ['crl'] },
  rebuildIndex: { words: ['authority', 'rebuild'] },
  explain: { words: ['explain'], word: 'directory' },
  doctor: { words: ['doctor'] },
  connect: { words: ['connect'], word: 'endpoint' },
  installDaemon: { words: ['install', 'daemon'] },
  installClient: { words: ['install', 'client'] },
  daemonConfiguration: { words: ['daemon', '--format', 'json'] },
  podmanService: { words: ['daemon', '--for', 'podman'] },
  bundle: { words: ['bundle'], word: 'name' },
  syncContext: { words: ['context'], word: 'context' },
  clientEnvironment: { words: ['env'] },
  planFleet: { words: ['fleet', 'plan'] },
  applyFleet: { words: ['fleet', 'apply'] },
  collectCsrs: { words: ['fleet', 'csr'], word: 'hosts' },
  signFleet: { words: ['fleet', 'sign'], word: 'hosts' },
};

/** The words of a call after the program's name. */
export function wordsOfCall({ call, options }: CallPart): string[] {
  const { words, word } = commandOf[call];
  const given = word === undefined ? undefined : options[word];
  const flags = Object.entries(options).filter(([name]) => name !== word);
  return [
    ...words,
    ...(given === undefined ? [] : valuesOf(given)),
    ...flags.flatMap(([name, value]) => flagWords(name, value)),
  ];
}

function flagWords(name: string, value: OptionValue): string[] {
  if (typeof value === 'object' && value !== null && !isList(value)) {
    const more = Object.entries(value).flatMap(([inner, one]) =>
      one === undefined ? [] : flagWords(inner, one),
    );
    return [`--${flagOf(name)}`, ...more];
  }
  const values = valuesOf(value);
  return values.length === 0 ? [`--${flagOf(name)}`] : values.flatMap((one) => [`--${flagOf(name)}`, one]);
}

function valuesOf(value: OptionValue): string[] {
  if (isList(value)) return [...value];
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
}

function isList(value: OptionValue): value is readonly string[] {
  return Array.isArray(value);
}

/** A call as a line for a shell. */
export function callLine(part: CallPart): string {
  return ownLine(...wordsOfCall(part));
}

/** An option as a person types it. */
function shownOption({ option, value }: OptionPart): string {
  if (value === null) return `--no-${flagOf(option)}`;
  if (['passphrase', 'newPassphrase', 'parentPassphrase'].includes(option))
    return `--${flagOf(option)}-file FILE or --${flagOf(option)}-fd N, or run at a terminal`;
  if (option === 'digest' && typeof value === 'string') return `--${value}`;
  if (value === undefined) return option === 'openssl' ? '--openssl PATH' : `--${flagOf(option)}`;
  return flagWords(option, value).map(shellWord).join(' ');
}

/** A text of the library in the words of the command line. */
export function spelled(text: Text): string {
  return wordsOf(text)
    .map((part) => (typeof part === 'string' ? part : 'call' in part ? callLine(part) : shownOption(part)))
    .join('');
}

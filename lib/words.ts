import { resolve } from 'node:path';

/**
 * Texts that name options and functions of this library, as data: a hint, a note, a fix. An error's `hint` is such a text in
 * the library's words; its parts let another program, such as the command line, say it in its own.
 */

/** A value to give to an option. */
export type OptionValue =
  true | null | string | number | readonly string[] | Readonly<Record<string, string | undefined>>;

/** An option by its name in the library, and the value to give it, where there is one to recommend. */
export interface OptionPart {
  readonly option: string;
  readonly value?: OptionValue;
}

/** A call of a function of the library. */
export interface CallPart {
  readonly call: CallName;
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** Plain text, an option or a call. */
export type WordsPart = string | OptionPart | CallPart;

/** A text in its parts. */
export type Words = readonly WordsPart[];

/** A text, in parts where it names options or calls. */
export type Text = WordsPart | Words;

/** Each function that a text can recommend, with the options that it can recommend for it. */
export const calls = {
  all: ['hosts', 'force', 'name', 'key', 'separateCas', 'directory'],
  ca: ['caKey', 'force', 'parent', 'pathLength', 'directory'],
  server: ['name', 'hosts', 'ips', 'force', 'key', 'days', 'directory'],
  client: ['name', 'force', 'key', 'days', 'directory'],
  renew: ['names', 'all', 'days', 'newKey', 'install', 'directory'],
  renewCa: ['role', 'newKey', 'finish', 'permit', 'parent', 'pathLength', 'directory'],
  rollback: ['directory'],
  runHook: ['command'],
  installTimer: ['directory'],
  removeTimer: [],
  removeCrlTimer: [],
  addPassphrase: ['key'],
  changePassphrase: ['key'],
  removePassphrase: ['key'],
  rebuildIndex: ['directory'],
  sign: ['csrs', 'hosts', 'clientNames', 'overwrite', 'directory'],
  issued: ['directory'],
  revoke: ['names', 'directory'],
  crl: ['role', 'directory'],
  explain: ['directory'],
  doctor: [],
  connect: ['endpoint', 'name', 'directory'],
  installDaemon: ['name', 'for', 'apply', 'restart', 'to', 'root', 'directory'],
  installClient: ['name', 'apply', 'directory'],
  daemonConfiguration: ['directory'],
  podmanService: ['directory'],
  bundle: ['name', 'server', 'directory'],
  syncContext: ['context', 'name', 'host', 'use', 'apply', 'directory'],
  clientEnvironment: ['unset'],
  planFleet: ['file'],
  applyFleet: ['prune', 'ignoreWindow', 'file'],
  collectCsrs: ['hosts', 'file'],
  signFleet: ['hosts', 'file'],
} as const;

export type CallName = keyof typeof calls;

export type CallOptions<Name extends CallName> = Readonly<
  Partial<Record<Exclude<(typeof calls)[Name][number], 'directory'>, OptionValue | undefined>>
>;

/** Names an option in a text. */
export function option(name: string, value?: OptionValue): OptionPart {
  return value === undefined ? { option: name } : { option: name, value };
}

/** Names a call in a text. `directory` is left out where it is the default. */
export function call<Name extends CallName>(
  name: Name,
  options?: CallOptions<Name>,
  directory = 'docker-tls',
): CallPart {
  const isDefault = ['docker-tls', resolve('docker-tls')].includes(directory);
  return withOptions({ call: name, options: {} }, { ...options, ...(isDefault ? {} : { directory }) });
}

/** Composes a text: words`renew it with \`${call('renew')}\``. */
export function words(texts: TemplateStringsArray, ...between: readonly (Text | number)[]): Words {
  const parts: WordsPart[] = [];
  const add = (part: WordsPart): void => {
    const last = parts.at(-1);
    if (typeof part === 'string' && typeof last === 'string') parts[parts.length - 1] = last + part;
    else if (part !== '') parts.push(part);
  };
  for (const [at, text] of texts.entries()) {
    add(text);
    const value = between[at];
    if (value === undefined) continue;
    if (typeof value === 'number') add(String(value));
    else if (isWords(value)) value.forEach(add);
    else add(value);
  }
  return parts;
}

function isWords(value: Text): value is Words {
  return Array.isArray(value);
}

/** The parts of a text. */
export function wordsOf(text: Text): Words {
  return isWords(text) ? text : [text];
}

/** The same call with other options; those that are undefined are left out. */
export function withOptions(
  part: CallPart,
  options: Readonly<Record<string, OptionValue | undefined>>,
): CallPart {
  const all = Object.entries({ ...part.options, ...options });
  const given = all.filter((entry): entry is [string, OptionValue] => entry[1] !== undefined);
  return { call: part.call, options: Object.fromEntries(given) };
}

/** A text in the library's words: `hosts`, renewCa({ finish: true }). */
export function libraryText(text: Text): string {
  return wordsOf(text).map(libraryPart).join('');
}

function libraryPart(part: WordsPart): string {
  if (typeof part === 'string') return part;
  if ('call' in part) {
    const options = Object.keys(part.options).length === 0 ? '' : literal(part.options);
    return `${part.call}(${options})`;
  }
  return part.value === undefined ? `\`${part.option}\`` : `\`${part.option}: ${literal(part.value)}\``;
}

function literal(value: OptionValue | CallPart['options']): string {
  if (typeof value === 'string') return `'${value.replace(/['\\]/g, String.raw`\$&`)}'`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return `{ ${entries.map(([name, one]) => `${name}: ${literal(one as OptionValue)}`).join(', ')} }`;
}

/** How to fix what was found. */
export interface Fix {
  /** In the library's words. */
  readonly fix: string;
  /** The parts of `fix`: text, options and calls. */
  readonly remedy: Words;
}

export function fixOf(text: Text): Fix {
  return { fix: libraryText(text), remedy: wordsOf(text) };
}

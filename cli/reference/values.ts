import { keyTypeNames, snippetNames } from '../../lib/internal.js';

/**
 * What can follow a flag or stand as a word. `names`: those of the clients or servers of a certificate directory; with `more`, words
 * of the program's own beside them, and files. `text`: nothing that could be completed. `shown` stands for it in a manual page.
 */
export type Values =
  | { readonly kind: 'file' | 'directory' | 'host' | 'context' | 'text'; readonly shown: string }
  | {
      readonly kind: 'names';
      readonly of: readonly Folder[];
      readonly more?: readonly string[];
      readonly shown: string;
    }
  | { readonly kind: 'words'; readonly words: readonly string[]; readonly shown: string };

export type Folder = 'clients' | 'servers';

const text = (shown: string): Values => ({ kind: 'text', shown });
const file: Values = { kind: 'file', shown: 'FILE' };
const directory: Values = { kind: 'directory', shown: 'DIR' };
const host: Values = { kind: 'host', shown: 'HOST' };
const names = (...of: readonly Folder[]): Values => ({ kind: 'names', of, shown: 'NAME' });
const member = names('clients', 'servers');
const suggested = (shown: string, words: readonly string[]): Values => ({ kind: 'words', words, shown });
const keyType = suggested('TYPE', keyTypeNames);

/** By flag. One that means something else for some commands has those before it, as `COMMAND FLAG`. */
const ofFlags: Readonly<Record<string, Values>> = {
  // Files and directories.
  'passphrase-file': file,
  'new-passphrase-file': file,
  'parent-passphrase-file': file,
  'ca-key': file,
  file,
  output: file,
  html: file,
  'ssh-config': file,
  openssl: file,
  dockerd: file,
  podman: file,
  ca: file,
  in: file,
  out: file,
  config: file,
  extfile: file,
  CA: file,
  CAkey: file,
  CAserial: file,
  CAfile: file,
  untrusted: file,
  'step req key': file,
  'step req-x509 key': file,
  dir: directory,
  parent: directory,
  templates: directory,
  root: directory,
  home: directory,
  bundle: directory,
  from: directory,
  to: directory,
  'bundle to': text('RECIPIENT'),
  // Names.
  name: member,
  'client name': names('clients'),
  'csr client name': names('clients'),
  'env name': names('clients'),
  'install client name': names('clients'),
  'context name': names('clients'),
  'modes name': names('clients'),
  'connect name': names('clients'),
  'server name': names('servers'),
  'csr server name': names('servers'),
  'install daemon name': names('servers'),
  'daemon name': names('servers'),
  client: names('clients'),
  server: names('servers'),
  host,
  // Suggestions.
  key: keyType,
  algorithm: keyType,
  'path-length': suggested('N', ['0', '1']),
  // Anything.
  ip: text('ADDRESS'),
  listen: text('ADDRESS'),
  permit: text('NAME'),
  'client-name': text('NAME'),
  confirmed: text('CLIENT'),
  group: text('GROUP'),
  subject: text('SUBJECT'),
  subj: text('SUBJECT'),
  country: text('C'),
  organization: text('O'),
  unit: text('OU'),
  days: text('DAYS'),
  'ca-days': text('DAYS'),
  within: text('TIME'),
  timeout: text('SECONDS'),
  'lock-timeout': text('SECONDS'),
  'connect-timeout': text('SECONDS'),
  parallel: text('N'),
  'passphrase-fd': text('N'),
  'new-passphrase-fd': text('N'),
  'parent-passphrase-fd': text('N'),
  exec: text('COMMAND'),
  message: text('TEXT'),
  'to-pgp': text('RECIPIENT'),
  passin: text('SOURCE'),
  passout: text('SOURCE'),
  set_serial: text('SERIAL'),
  extensions: text('SECTION'),
  verify_hostname: text('NAME'),
  verify_ip: text('ADDRESS'),
};

/** By word, in the same way. */
const ofWords: Readonly<Record<string, Values>> = {
  hosts: text('HOST'),
  host: text('HOST'),
  'all hosts': host,
  csrs: file,
  from: directory,
  directory,
  directories: file,
  path: file,
  out: directory,
  key: file,
  certificate: file,
  endpoint: host,
  context: { kind: 'context', shown: 'CONTEXT' },
  name: member,
  names: member,
  'renew names': { kind: 'names', of: ['clients', 'servers'], more: ['client', 'server'], shown: 'NAME' },
  language: suggested('LANGUAGE', snippetNames),
  numbits: suggested('BITS', ['2048', '3072', '4096']),
};

type Choices = readonly unknown[] | undefined;

/** Throws for a flag that nothing is known of: the build ends with that. */
export function valuesOfFlag(path: readonly string[], flag: string, choices: Choices): Values {
  return valuesOf(ofFlags, path, flag, choices);
}

/** As `valuesOfFlag`. */
export function valuesOfWord(path: readonly string[], word: string, choices: Choices): Values {
  return valuesOf(ofWords, path, word, choices);
}

function valuesOf(
  table: Readonly<Record<string, Values>>,
  path: readonly string[],
  name: string,
  choices: Choices,
): Values {
  if (choices) return { kind: 'words', words: choices.map(String), shown: name.toUpperCase() };
  const values = table[[...path, name].join(' ')] ?? table[name];
  if (values === undefined)
    throw new Error(`cli/reference/values.ts does not say what ${name} of ${path.join(' ')} takes`);
  return values;
}

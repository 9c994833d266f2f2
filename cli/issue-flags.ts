import type { Options } from 'yargs';
import {
  keyTypeNames,
  recipeNames,
  issueOptions,
  optionNames,
  type HeededOption,
  type OptionName,
} from '../lib/internal.js';
import type { Part } from '../lib/index.js';

/** The flags that say what to make. Which command has which of them, the library's table says. */

const asked = { group: 'What to make:' };

type FlagOf<Name extends OptionName> = Exclude<(typeof issueOptions)[Name]['flag'], undefined>;

/** For the commands that make the whole set. */
export const recipeFlags = {
  recipe: {
    type: 'string',
    choices: recipeNames,
    requiresArg: true,
    describe: 'Recipe to follow; see the recipes command [default: recommended]',
    ...asked,
  },
  'add-san': {
    type: 'boolean',
    describe: "Add the subjectAltNames that a tutorial's server certificate lacks",
    ...asked,
  },
} as const satisfies Record<string, Options>;

const partFlags = {
  host: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe:
      'Name or address of the daemon: HOST, IP or tcp://HOST:PORT; repeatable, or a comma-separated list [default: this machine]',
    ...asked,
  },
  ip: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'IP address of the daemon; repeatable',
    ...asked,
  },
  'no-localhost': {
    type: 'boolean',
    describe: 'Leave out localhost, 127.0.0.1 and ::1',
    ...asked,
  },
  'client-name': {
    type: 'string',
    requiresArg: true,
    describe: 'Common name of the client [default: --name, else client]',
    ...asked,
  },
  name: {
    type: 'string',
    requiresArg: true,
    describe: 'Create a named server or client in servers/NAME or clients/NAME',
    ...asked,
  },
  key: {
    type: 'string',
    requiresArg: true,
    describe: `Key type: ${keyTypeNames.join(', ')} [default: as in the existing set, else rsa:4096]`,
    ...asked,
  },
  'ca-key': {
    type: 'string',
    requiresArg: true,
    describe:
      'Private key of the CA: a key in a token (pkcs11:token=NAME;object=NAME), or a file [default: the one in the directory]',
    ...asked,
  },
  subject: {
    type: 'string',
    requiresArg: true,
    describe: 'Subject attributes before the common name, such as /C=DE/O=Example',
    ...asked,
  },
  country: {
    type: 'string',
    requiresArg: true,
    describe: 'Country (C) in every subject: two letters, such as DE',
    ...asked,
  },
  organization: {
    type: 'string',
    requiresArg: true,
    describe: 'Organization (O) in every subject',
    ...asked,
  },
  unit: {
    type: 'string',
    requiresArg: true,
    describe: 'Organizational unit (OU) in every subject',
    ...asked,
  },
  days: {
    type: 'string',
    requiresArg: true,
    describe: 'Lifetime in days, limited by that of the CA [default: 365]',
    ...asked,
  },
  'ca-days': {
    type: 'string',
    requiresArg: true,
    describe: 'Lifetime of a new CA, in days [default: 3650]',
    ...asked,
  },
  permit: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe:
      'Domain, network or address that a new CA may sign for, and no others: example.com, 10.0.0.0/8; repeatable [default: any]',
    ...asked,
  },
  'path-length': {
    type: 'string',
    requiresArg: true,
    describe: 'How many CAs may be below a new CA: 1 for a root with intermediate CAs [default: 0]',
    ...asked,
  },
  parent: {
    type: 'string',
    requiresArg: true,
    describe: 'Certificate directory of the CA that signs a new CA [default: the new CA is a root]',
    ...asked,
  },
  'separate-cas': {
    type: 'boolean',
    describe: 'Create one CA for servers and another for clients',
    ...asked,
  },
  templates: {
    type: 'string',
    requiresArg: true,
    describe: 'Directory with your own openssl templates',
    ...asked,
  },
} as const satisfies Readonly<
  Record<Exclude<FlagOf<OptionName>, keyof typeof recipeFlags | 'dir' | 'force'>, Options>
>;

type PartFlags = typeof partFlags;

/** For commands that sign with the CA, and make no part of a set. */
export const caKeyFlag = { ...partFlags['ca-key'], group: 'Running:' } as const satisfies Options;

/** The flags of these names. */
export function flagsNamed<const Name extends keyof PartFlags>(
  names: readonly Name[],
): Pick<PartFlags, Name> {
  const flags = names.map((name) => [name, partFlags[name]] as const);
  return Object.fromEntries(flags) as unknown as Pick<PartFlags, Name>;
}

/** The flags of the options that the making of these parts heeds. */
export function flagsFor<const Made extends Part>(
  parts: readonly Made[],
): Pick<PartFlags, FlagOf<HeededOption<Made>> & keyof PartFlags> {
  const heeded = optionNames
    .filter((name) => issueOptions[name].parts.some((part: Part) => parts.some((made) => made === part)))
    .map((name) => issueOptions[name].flag);
  const flags = Object.entries(partFlags).filter(([flag]) => heeded.some((one) => one === flag));
  return Object.fromEntries(flags) as PartFlags;
}

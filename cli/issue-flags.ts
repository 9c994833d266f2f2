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
    describe: 'Whose commands: our own, or exactly those of a tutorial (see recipes)',
    ...asked,
  },
  'add-san': {
    type: 'boolean',
    describe: "Give a tutorial's server the names that its text lacks",
    ...asked,
  },
} as const satisfies Record<string, Options>;

const partFlags = {
  host: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe:
      'A name or address of the daemon: host, 10.0.0.5, tcp://host:2376; repeat it or give a list [default: this machine]',
    ...asked,
  },
  ip: { type: 'string', array: true, requiresArg: true, describe: 'An address of the daemon', ...asked },
  'no-localhost': {
    type: 'boolean',
    describe: 'Leave localhost, 127.0.0.1 and ::1 out',
    ...asked,
  },
  'client-name': {
    type: 'string',
    requiresArg: true,
    describe: "The client's common name [default: client]",
    ...asked,
  },
  name: { type: 'string', requiresArg: true, describe: 'A further one, in a directory of its own', ...asked },
  key: {
    type: 'string',
    requiresArg: true,
    describe: `Kind of the keys: ${keyTypeNames.join(', ')} [default: that of the set, else rsa:4096]`,
    ...asked,
  },
  subject: {
    type: 'string',
    requiresArg: true,
    describe: 'What stands before the common name: /C=DE/O=Example',
    ...asked,
  },
  country: {
    type: 'string',
    requiresArg: true,
    describe: 'The country (C) in every subject: DE',
    ...asked,
  },
  organization: {
    type: 'string',
    requiresArg: true,
    describe: 'The organization (O) in every subject',
    ...asked,
  },
  unit: {
    type: 'string',
    requiresArg: true,
    describe: 'The organizational unit (OU) in every subject',
    ...asked,
  },
  days: {
    type: 'string',
    requiresArg: true,
    describe: 'Lifetime in days, at most to the end of the CA [default: 365]',
    ...asked,
  },
  'ca-days': {
    type: 'string',
    requiresArg: true,
    describe: 'Lifetime of a new CA in days [default: 3650]',
    ...asked,
  },
  templates: {
    type: 'string',
    requiresArg: true,
    describe: 'A directory with templates of your own',
    ...asked,
  },
} as const satisfies Readonly<
  Record<Exclude<FlagOf<OptionName>, keyof typeof recipeFlags | 'dir' | 'force'>, Options>
>;

type PartFlags = typeof partFlags;

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

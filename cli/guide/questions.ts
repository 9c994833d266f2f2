import { InputError, parseAltNames } from '../../lib/index.js';
import { clientCaFiles, parseName } from '../../lib/internal.js';
import type { Facts, SetFacts } from './look.js';
import { guideWords as words } from './words.js';

/** What can be done with a set that exists. */
export const tasks = ['renew', 'verify', 'client', 'status', 'install', 'connect', 'quit'] as const;

export type Task = (typeof tasks)[number];

/** What was answered so far. */
export interface Answers {
  readonly task?: Task;
  /** Whether the daemon is on this machine. */
  readonly here?: boolean;
  /** Names and addresses, between them whitespace or commas. */
  readonly hosts?: string;
  readonly passphrase?: boolean;
  readonly install?: boolean;
  readonly client?: string;
}

interface Asked<Name extends keyof Answers> {
  readonly name: Name;
  readonly message: string;
}

/** A question as data: a choice, a text, or yes or no. */
export type Question =
  | (Asked<'task'> & Choice<Task>)
  | (Asked<'here'> & Choice<boolean>)
  | (Asked<'hosts' | 'client'> & {
      readonly kind: 'text';
      readonly fallback?: string;
      /** What is wrong with a text; undefined where nothing is. */
      readonly fault: (text: string) => string | undefined;
    })
  | (Asked<'passphrase' | 'install'> & { readonly kind: 'yes'; readonly fallback: boolean });

interface Choice<Value> {
  readonly kind: 'choice';
  readonly choices: readonly { readonly name: string; readonly value: Value }[];
  readonly fallback: Value;
}

/** The question that comes after these answers; undefined after the last. */
export function nextQuestion(facts: Facts, answers: Answers): Question | undefined {
  return questionsFor(facts, answers).find(({ name }) => answers[name] === undefined);
}

function questionsFor(facts: Facts, answers: Answers): readonly Question[] {
  const { set, dockerd, isRoot, hosts } = facts;
  if (!('found' in set) || set.found) {
    const client: Question = { kind: 'text', name: 'client', message: words.client, fault: faultOfName };
    return [taskQuestion(facts), ...(answers.task === 'client' ? [client] : [])];
  }
  const where = [true, false].map((value) => ({ name: value ? words.here : words.elsewhere, value }));
  const own = hosts.join(' ');
  return [
    { kind: 'choice', name: 'here', message: words.where, choices: where, fallback: dockerd !== undefined },
    {
      kind: 'text',
      name: 'hosts',
      message: words.hosts,
      ...(answers.here && own !== '' && { fallback: own }),
      fault: faultOfHosts,
    },
    { kind: 'yes', name: 'passphrase', message: words.passphrase, fallback: true },
    ...(answers.here && dockerd !== undefined && isRoot
      ? [{ kind: 'yes', name: 'install', message: words.install, fallback: false } as const]
      : []),
  ];
}

function taskQuestion({ set, dockerd, isRoot, endpoint }: Facts): Question {
  const found = 'found' in set ? set.found : undefined;
  const isOffered: Readonly<Record<Task, boolean>> = {
    renew: found !== undefined && renewals(found).length > 0,
    verify: found?.state !== 'ok',
    client: found !== undefined,
    status: found !== undefined,
    install: found !== undefined && dockerd !== undefined && isRoot,
    connect: found !== undefined && endpoint !== undefined,
    quit: true,
  };
  const offered = tasks.filter((task) => isOffered[task]);
  return {
    kind: 'choice',
    name: 'task',
    message: words.task,
    choices: offered.map((value) => ({ name: words.tasks[value], value })),
    fallback: offered.find((task) => ['renew', 'verify'].includes(task)) ?? 'quit',
  };
}

/** The command lines that do what was answered, each without the program's name; none to quit. */
export function commandsFor({ set, endpoint }: Facts, answers: Answers): string[][] {
  const { task, hosts, passphrase, install, client } = answers;
  const found = 'found' in set ? set.found : undefined;
  const installation = ['install', 'daemon', '--apply', '--restart'];
  switch (task) {
    case undefined: {
      const flags = hostsIn(hosts ?? '').flatMap((host) => ['--host', host]);
      const all = ['all', ...flags, ...(passphrase === false ? ['--no-passphrase'] : [])];
      return [all, ...(install ? [installation] : [])];
    }
    case 'renew':
      return found ? renewals(found) : [];
    case 'client':
      return [['client', '--name', client ?? '']];
    case 'install':
      return [installation];
    case 'connect':
      return [['connect', ...(endpoint === undefined ? [] : [endpoint])]];
    case 'quit':
      return [];
    default:
      return [[task]];
  }
}

/** The renewals of what expires soon or has expired: the CAs first, for no certificate outlives its CA. */
function renewals({ certificates }: SetFacts): string[][] {
  // Behind the first certificate of a file stand others that its readers need, such as the old CA in a roll-over.
  const ending = certificates.filter(({ state, index }) => index === 0 && /^(?:due|expired)$/.test(state));
  const isOfClients = ({ path }: { readonly path: string }): boolean => path === clientCaFiles.certificate;
  const areSeparate = certificates.some(isOfClients);
  const authorities = ending
    .filter(({ role }) => role === 'ca')
    .map((one) => (areSeparate ? ['--role', isOfClients(one) ? 'client' : 'server'] : []));
  return [
    ...authorities.map((role) => ['renew', 'ca', ...role]),
    ...(ending.some(({ role }) => role !== 'ca') ? [['renew', '--all']] : []),
  ];
}

function hostsIn(text: string): string[] {
  return text.split(/[\s,]+/).filter((host) => host !== '');
}

function faultOfHosts(text: string): string | undefined {
  const hosts = hostsIn(text);
  return hosts.length === 0 ? words.noHost : faultOf(() => parseAltNames(hosts));
}

function faultOfName(text: string): string | undefined {
  return text === '' ? words.noName : faultOf(() => parseName(text));
}

/** What a parser of the library refuses, in its words. */
function faultOf(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

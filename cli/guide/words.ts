/** Every word of the guide. The voice is that of ../present.ts. */
import { ownLine } from '../own-command.js';
import { counted } from '../present.js';
import { DIRECTORY, type Facts } from './look.js';

export const guideWords = {
  task: 'What do you want to do?',
  tasks: {
    renew: 'Renew what expires soon',
    verify: 'Check the certificates for problems',
    client: 'Add a client',
    status: 'Show when each certificate expires',
    install: "Install the server's files on this machine, and restart Docker",
    connect: 'Check the daemon from here',
    quit: 'Nothing',
  },
  where: 'Where does the Docker daemon run?',
  here: 'On this machine',
  elsewhere: 'On another machine',
  hosts: 'Names and addresses that clients use for it:',
  noHost: 'give at least one name or address',
  passphrase: "Protect the CA's private key with a passphrase?",
  install: 'Install the certificates on this machine too, and restart Docker?',
  client: 'Name of the client:',
  noName: 'give a name',
  run: 'Run it?',
} as const;

/** What was found, a line each. */
export function describeFacts({ dockerd, isRunning, set, contexts }: Facts): string[] {
  return [
    `Docker:        ${dockerd === undefined ? 'no dockerd on this machine' : `${dockerd}${isRunning ? ', running' : ''}`}`,
    `Certificates:  ${'found' in set ? describeSet(set.found) : notChecked(set.notChecked)}`,
    `Contexts:      ${'found' in contexts ? describeContexts(contexts.found) : notChecked(contexts.notChecked)}`,
    '',
  ];
}

function notChecked(why: string): string {
  return `not checked: ${why}`;
}

type Found<Fact> = Extract<Fact, { readonly found: unknown }>['found'];

function describeSet(set: Found<Facts['set']>): string {
  if (!set) return `none in ${DIRECTORY}`;
  const { certificates, broken } = set;
  const [first] = certificates;
  return [
    `${counted(certificates.length, 'certificate')} in ${DIRECTORY}`,
    ...(first ? [`the first ${ends(first)}`] : []),
    ...(broken.length > 0 ? [`${counted(broken.length, 'file')} unreadable`] : []),
  ].join('; ');
}

function ends({ notAfter, daysLeft }: { readonly notAfter: Date; readonly daysLeft: number }): string {
  const day = dayOf(notAfter);
  return daysLeft < 0 ? `expired on ${day}` : `expires on ${day}, in ${counted(daysLeft, 'day')}`;
}

const MOST_CONTEXTS = 3;

function describeContexts(contexts: Found<Facts['contexts']>): string {
  if (contexts.length === 0) return "none but docker's own";
  const shown = contexts
    .slice(0, MOST_CONTEXTS)
    .map(({ name, notAfter }) => (notAfter ? `${name} (certificate until ${dayOf(notAfter)})` : name));
  const more = contexts.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** The commands, under a heading. */
export function describeCommands(heading: string, commands: readonly (readonly string[])[]): string[] {
  return ['', heading, ...commands.map((words) => `  ${ownLine(...words)}`)];
}

export const headings = {
  before: 'Your answers on the command line:',
  again: 'To do the same again:',
  declined: 'Nothing was run. To do it later:',
} as const;

/** Checked by `npm run typecheck`, and never run: the main job. */
import type { X509Certificate } from 'node:crypto';
import {
  all,
  ca,
  client,
  Passphrase,
  planIssue,
  previewIssue,
  server,
  type AltName,
  type Issued,
  type IssueOptions,
  type IssuePlan,
  type Openssl,
  type Part,
} from '../../lib/index.js';
import { issue, type Artifact, type Note } from '../../lib/internal.js';

// All have defaults.
export const withoutOptions: Promise<Issued>[] = [all(), ca(), server(), client(), issue(['ca', 'server'])];

export const options: IssueOptions = {
  directory: 'docker-tls',
  hosts: ['docker.example'],
  ips: ['10.0.0.5'],
  key: { algorithm: 'rsa', bits: 4096 },
  days: 365,
  caDays: undefined,
  subject: [{ type: 'O', value: 'Example' }],
  force: ['server'],
  signal: new AbortController().signal,
  now: new Date(),
  random: (size) => new Uint8Array(size),
};

// A passphrase comes in every form that is at hand.
export const passphrases: IssueOptions[] = [
  { passphrase: 'correct horse' },
  { passphrase: Passphrase.of('correct horse') },
  { passphrase: null },
  { passphrase: undefined },
  { passphrase: ({ purpose, path }) => (purpose === 'create' ? null : path) },
  { passphrase: () => Promise.resolve(Passphrase.of('correct horse')) },
];

// @ts-expect-error A passphrase is no number.
export const wrongPassphrase: IssueOptions = { passphrase: 1234 };
// @ts-expect-error Hosts are a list.
export const singleHost: IssueOptions = { hosts: 'docker.example' };
// @ts-expect-error There is no such part.
export const wrongPart: IssueOptions = { force: ['intermediate'] };
// @ts-expect-error There is no such option.
export const misspelt: IssueOptions = { host: ['docker.example'] };
// @ts-expect-error The flag's name is not the option's.
export const flag: IssueOptions = { 'ca-days': 100 };
// @ts-expect-error A lifetime is a number, or its digits.
export const lifetime: IssueOptions = { days: true };
// @ts-expect-error The parts are the first argument.
export const partless = issue({ hosts: ['docker.example'] });
// @ts-expect-error There is no such part.
export const unknownPart = issue(['root']);

export async function result(): Promise<string> {
  const issued: Issued = await all(options);
  const made: readonly Artifact[] = issued.made;
  const names: readonly AltName[] = issued.names;
  const notes: readonly Note[] = issued.notes;
  const openssl: Openssl | undefined = issued.openssl;
  const certificate: X509Certificate | undefined = issued.certificates.server;
  // @ts-expect-error What was made is read, not changed.
  issued.made.length = 0;
  const [first] = made;
  return [first?.path, names.length, notes.length, openssl?.version.text, certificate?.subject].join();
}

// @ts-expect-error Where nothing had to run there is no openssl.
export type NoOpenssl = Issued['openssl']['path'];
// @ts-expect-error Only the parts that were asked for are there.
export type NoClient = Issued['certificates']['client']['subject'];
// @ts-expect-error A plan has not run yet.
export type NotMade = IssuePlan['made'];

export function note({ code, text }: Note): string {
  // @ts-expect-error There is no such note.
  return code === 'RSA_CLIENTS' ? '' : text;
}

export async function plan(): Promise<number> {
  const planned: IssuePlan = await previewIssue(['ca'], { passphrase: null });
  return planned.plan.steps.length;
}

export const parts: readonly Part[] = ['ca', 'server', 'client'];

// Each function takes what its parts heed, and nothing else.
export const heeded: Promise<Issued>[] = [
  all({ hosts: ['docker.example'], caDays: 100, clientName: 'alice', name: 'web', force: ['ca', 'server'] }),
  ca({ caDays: 100, country: 'DE', organization: 'Example', unit: 'Ops', force: ['ca'] }),
  server({ hosts: ['docker.example'], localhost: false, days: 30, name: 'web', force: ['server'] }),
  client({ clientName: 'alice', days: 30, name: 'alice', force: ['client'], timeoutMs: 1000 }),
  issue(['ca', 'server'], { hosts: ['docker.example'], caDays: 100, days: 30 }),
  issue(parts, { hosts: ['docker.example'], clientName: 'alice' }),
];
// @ts-expect-error A client's certificate names no host.
export const clientHosts = client({ hosts: ['docker.example'] });
// @ts-expect-error There is one CA in a directory.
export const caName = ca({ name: 'other' });
// @ts-expect-error A CA has a lifetime of its own.
export const caLifetime = ca({ days: 30 });
// @ts-expect-error A server is made with the CA that is there.
export const serverCa = server({ caDays: 100 });
// @ts-expect-error A server is no client.
export const serverClient = server({ clientName: 'alice' });
// @ts-expect-error A part that is not made is not replaced.
export const clientForce = client({ force: ['ca'] });
// @ts-expect-error Neither of the two parts is a client.
export const partsClient = issue(['ca', 'server'], { clientName: 'alice' });
// @ts-expect-error The same for a plan.
export const planHosts = planIssue(['client'], { hosts: ['docker.example'] });
// @ts-expect-error A misspelt option is no option.
export const misspeltName = client({ nam: 'alice' });
// @ts-expect-error The options for a whole set are not those of a part.
export const wholeSet = client(options);

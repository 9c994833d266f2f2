import { join } from 'node:path';
import { isFor, type CertificateView } from '../docker/certificate-view.js';
import { clientIds, clients, type ClientId } from '../docker/clients.js';
import { refusals, rulesFor, type Refused } from '../docker/rules.js';
import { shellWord } from '../plan/command-line.js';
import { parseName, type LeafRole } from '../store/layout.js';
import { formatAltName, localNames, parseAltName, type AltName } from '../x509/alt-names.js';
import { readCertificateSet, type CertificateSet, type FoundLeaf } from './certificate-set.js';

export interface ExplainOptions {
  /** The certificate directory, of any recipe, or a part of one: what a host or a client got. Default: `docker-tls`. */
  readonly directory?: string | undefined;
  /** The further server and client of that name, in `servers/NAME` and `clients/NAME`. */
  readonly name?: string | undefined;
  /** By which name or address the daemon is called. Default: the first that its certificate names, or its common name. */
  readonly host?: string | undefined;
  /** Default: the clock's time. */
  readonly now?: Date | undefined;
}

/** What each client will say to the certificates of a set. */
export interface Explanation {
  readonly directory: string;
  /** Whether every client accepts all of them. */
  readonly accepted: boolean;
  readonly certificates: readonly ExplainedCertificate[];
}

export interface ExplainedCertificate {
  readonly role: LeafRole;
  /** The file, relative to the directory. */
  readonly path: string;
  /** By which name or address the server is called; undefined for a client. */
  readonly host: string | undefined;
  readonly accepted: boolean;
  /** Everyone who judges it: those to whom it is shown, and those who load it with its key. */
  readonly verdicts: readonly ClientVerdict[];
  /** Why it is refused, each reason once; empty where it is accepted. */
  readonly reasons: readonly RefusalReason[];
}

export interface ClientVerdict {
  readonly client: ClientId;
  /** What people call it. */
  readonly name: string;
  readonly accepted: boolean;
  /** What it says, one line for each reason; which of them it says first is its own affair. */
  readonly says: readonly ClientWords[];
}

export interface ClientWords {
  /** The id of the reason. */
  readonly reason: string;
  /** In the client's own words, or the part of them that every version has. */
  readonly words: string;
  /** Which of its versions alone refuse it; undefined for all. */
  readonly only: string | undefined;
}

export interface RefusalReason {
  readonly id: string;
  /** What is wrong, as a sentence about the certificate. */
  readonly what: string;
  readonly clients: readonly ClientId[];
  /** The command that mends it, for a POSIX shell. */
  readonly mend: string;
  /** How it is known. */
  readonly source: string;
}

/**
 * Tells, client by client, whether the certificates in a directory will be accepted, and if not, what that client prints and
 * which command mends it. It reads and changes nothing; no client is run: the answers come from one table of rules, which was
 * measured with the real clients.
 * Errors: `ERR_INPUT` for a host or name that is none; `ERR_FILE` where there is no certificate, `ERR_CA_MISSING`,
 * `ERR_CA_UNUSABLE`, `ERR_LEAF_UNUSABLE` for a file that is not what it should be.
 */
export async function explain(options: ExplainOptions = {}): Promise<Explanation> {
  const { directory = 'docker-tls', now = new Date() } = options;
  const name = options.name === undefined ? undefined : parseName(options.name);
  const asked = options.host === undefined ? undefined : parseAltName(options.host, 'host');
  const set = await readCertificateSet(directory, name);
  const judged = set.leaves.map((leaf) => {
    const host = asked ?? hostOf(leaf);
    return { leaf, host, refused: refusals({ ...leaf.view, host, now }) };
  });
  // A new CA is a new set: what else is wrong is mended with it.
  const anew = judged.some(({ refused }) => refused.some(({ rule }) => rule.mends === 'ca'));
  const names = serverNames(set, asked);
  const certificates = judged.map(({ leaf, host, refused }): ExplainedCertificate => {
    const mend = mendingCommand(leaf, set, anew, { directory, name, names });
    return {
      role: leaf.role,
      path: leaf.path,
      host: leaf.role === 'server' ? host.value : undefined,
      accepted: refused.length === 0,
      verdicts: verdicts(leaf.role, refused),
      reasons: reasons(refused, mend),
    };
  });
  return { directory, accepted: certificates.every(({ accepted }) => accepted), certificates };
}

function verdicts(role: LeafRole, refused: readonly Refused[]): ClientVerdict[] {
  const judges = new Set(rulesFor(role).map(({ client }) => client));
  return clientIds
    .filter((client) => judges.has(client))
    .map((client) => {
      const own = refused.filter((one) => one.client === client);
      return {
        client,
        name: clients[client],
        accepted: own.length === 0,
        says: own.map(({ rule, words }) => ({ reason: rule.id, words, only: rule.only?.[client] })),
      };
    });
}

function reasons(refused: readonly Refused[], mend: string): RefusalReason[] {
  const found = new Set(refused.map(({ rule }) => rule));
  return [...found].map((rule) => ({
    id: rule.id,
    what: rule.what,
    clients: refused.filter((one) => one.rule === rule).map(({ client }) => client),
    mend,
    source: rule.source,
  }));
}

/** Stands for a name that nobody knows. */
const unknownHost: AltName = { type: 'DNS', value: 'HOST' };

/** The first that the certificate names and a host can have, or else its common name. */
function hostOf({ view }: FoundLeaf): AltName {
  const called = namedIn(view).find(({ value }) => !value.startsWith('*'));
  return called ?? hostNamed(view.commonName) ?? unknownHost;
}

/** Names in the certificate, also those that stand there as what they are not. */
function namedIn({ certificate }: Pick<CertificateView, 'certificate'>): AltName[] {
  return (certificate.subjectAltName?.names ?? [])
    .filter(({ type }) => type !== 'other')
    .flatMap(({ value }) => hostNamed(value.replace(/\.$/, '')) ?? []);
}

function hostNamed(text: string | undefined): AltName | undefined {
  try {
    return text === undefined ? undefined : parseAltName(text);
  } catch {
    return undefined;
  }
}

/** Whom the server's next certificate is to name; those that it names by itself are left out. */
function serverNames({ leaves }: CertificateSet, asked: AltName | undefined): readonly AltName[] {
  const server = leaves.find(({ role }) => role === 'server');
  const before = server ? namedIn(server.view) : [];
  const all = [...(asked ? [asked] : []), ...before];
  const unique = [...new Map(all.map((one) => [formatAltName(one), one])).values()];
  const local = localNames.map(formatAltName);
  const others = unique.filter((one) => !local.includes(formatAltName(one)));
  if (others.length > 0) return others;
  return unique.length > 0 ? unique.slice(0, 1) : [server ? hostOf(server) : unknownHost];
}

/** What makes it anew, signed by the CA that is there, or with a new one. */
function mendingCommand(
  { role, ours, view }: FoundLeaf,
  { leaves, caKey }: CertificateSet,
  anew: boolean,
  where: {
    readonly directory: string;
    readonly name: string | undefined;
    readonly names: readonly AltName[];
  },
): string {
  const { directory, name, names } = where;
  const hosts = names.flatMap(({ value }) => ['--host', value]);
  const dir = (path: string): string[] => (path === 'docker-tls' ? [] : ['--dir', path]);
  const named = name === undefined ? [] : ['--name', name];
  // The names of a tutorial are not those that would be written: a new set lies beside it.
  if (!leaves.every((leaf) => leaf.ours) && (anew || !ours))
    return line(['all', ...hosts, ...dir(`${join(directory)}-new`)]);
  const here = dir(caKey ? directory : 'DIRECTORY-OF-THE-CA');
  if (anew) return line(['all', ...hosts, '--force', 'ca', ...named, ...here]);
  const leaf = [role, ...(role === 'server' ? hosts : [])];
  // What is the other's by mistake is not replaced: the right one lies beside it.
  const other = role === 'server' ? 'client' : 'server';
  if (!isFor(view.certificate, role) && isFor(view.certificate, other))
    return line([...leaf, '--name', name === undefined ? 'new' : `${name}-new`, ...here]);
  return line([...leaf, '--force', role, ...named, ...here]);
}

function line(words: readonly string[]): string {
  return ['docker-tls-openssl', ...words.map(shellWord)].join(' ');
}

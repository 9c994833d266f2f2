import { clientIds, clients, type ClientId } from '../judge/clients.js';
import { refusals, rulesFor, type Refused } from '../judge/rules.js';
import { parseName } from '../set/layout.js';
import type { LeafRole } from '../x509/role.js';
import { parseAltName } from '../x509/alt-names.js';
import { readSetToJudge, type LeafToJudge } from './set-to-judge.js';
import { readSet } from '../set/certificate-set.js';
import { hostOf, isOnlyOver, mendingCommand, serverNames } from './mending-command.js';
import { renewalsOf } from '../renew/renewals.js';
import { refuseUnknown, type OptionNames } from '../known-options.js';

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

const optionNames: OptionNames<ExplainOptions> = {
  directory: true,
  name: true,
  host: true,
  now: true,
};

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
  refuseUnknown(options, optionNames);
  const { directory = 'docker-tls', now = new Date() } = options;
  const name = options.name === undefined ? undefined : parseName(options.name);
  const asked = options.host === undefined ? undefined : parseAltName(options.host, 'host');
  const set = await readSetToJudge(directory, name);
  const judged = set.leaves.map((leaf) => {
    const host = asked ?? hostOf(leaf);
    return { leaf, host, refused: refusals({ ...leaf.view, host, now }) };
  });
  const isOver = judged.some(({ refused }) => refused.some(({ rule }) => isOnlyOver(rule)));
  const renewals = isOver ? renewalsOf(await readSet(directory), directory, now) : undefined;
  const renewal = (rule: Refused['rule'], { path }: LeafToJudge): string | undefined =>
    isOnlyOver(rule) ? (rule.mends === 'ca' ? renewals?.caOf(path) : renewals?.leaf(path)) : undefined;
  // A new CA is a new set: what else is wrong is mended with it.
  const anew = judged.some(({ leaf, refused }) =>
    refused.some(({ rule }) => rule.mends === 'ca' && renewal(rule, leaf) === undefined),
  );
  const names = serverNames(set, asked);
  const certificates = judged.map(({ leaf, host, refused }): ExplainedCertificate => {
    const mend = mendingCommand(leaf, set, anew, { directory, name, names });
    // What is made anew for another reason gets a new time with it.
    const isMade = refused.some(({ rule }) => rule.mends !== 'ca' && renewal(rule, leaf) === undefined);
    const mendFor = (rule: Refused['rule']): string =>
      isMade && rule.mends !== 'ca' ? mend : (renewal(rule, leaf) ?? mend);
    return {
      role: leaf.role,
      path: leaf.path,
      host: leaf.role === 'server' ? host.value : undefined,
      accepted: refused.length === 0,
      verdicts: verdicts(leaf.role, refused),
      reasons: reasons(refused, mendFor),
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

function reasons(refused: readonly Refused[], mend: (rule: Refused['rule']) => string): RefusalReason[] {
  const found = new Set(refused.map(({ rule }) => rule));
  return [...found].map((rule) => ({
    id: rule.id,
    what: rule.what,
    clients: refused.filter((one) => one.rule === rule).map(({ client }) => client),
    mend: mend(rule),
    source: rule.source,
  }));
}

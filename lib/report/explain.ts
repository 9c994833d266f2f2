import { clientIds, clients, ofClient, type ClientId } from '../judge/clients.js';
import { refusals, rulesFor, type Refused } from '../judge/rules.js';
import { unmeasured, unmeasuredPair } from '../judge/unmeasured.js';
import { parseName } from '../set/layout.js';
import type { LeafRole } from '../x509/role.js';
import { parseAltName } from '../x509/alt-names.js';
import { readSetToJudge, type LeafToJudge } from './set-to-judge.js';
import { readSet } from '../set/certificate-set.js';
import { hostOf, recreateCall, serverNames } from './recreate.js';
import { renewalsOf } from '../renew/renewals.js';
import { refuseUnknown, type OptionNames } from '../known-options.js';
import { InputError } from '../errors.js';
import { libraryText, option, words, wordsOf, type Text, type Words } from '../words.js';

export interface ExplainOptions {
  /** The certificate directory, of any recipe, or the files of it that a host or a client has. Default: `docker-tls`. */
  readonly directory?: string | undefined;
  /** Explains the server and client in `servers/NAME` and `clients/NAME`. Default: the default pair. */
  readonly name?: string | undefined;
  /** The name or address that clients use. Default: the first in the server's certificate, else its common name. */
  readonly host?: string | undefined;
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
}

const optionNames: OptionNames<ExplainOptions> = {
  directory: true,
  name: true,
  host: true,
  now: true,
};

/** The verdict of each client on the certificates of a set. */
export interface Explanation {
  readonly directory: string;
  /** True if every client accepts all of them. */
  readonly accepted: boolean;
  readonly certificates: readonly ExplainedCertificate[];
}

export interface ExplainedCertificate {
  readonly role: LeafRole;
  /** The file, relative to the directory. */
  readonly path: string;
  /** The name or address that clients use for the server; undefined for a client. */
  readonly host: string | undefined;
  readonly accepted: boolean;
  /** One for each program that judges it: the peers that see it, and the programs that load it with its key. */
  readonly verdicts: readonly ClientVerdict[];
  /** Why it is refused, each reason once; empty if it is accepted. */
  readonly reasons: readonly RefusalReason[];
}

export interface ClientVerdict {
  readonly client: ClientId;
  /** Its common name. */
  readonly name: string;
  /** False also where it is not known. */
  readonly accepted: boolean;
  /** Why its verdict is not known; undefined where it is. */
  readonly unknown: string | undefined;
  /** Its messages, one for each reason; a client may print any of them first. */
  readonly says: readonly ClientWords[];
}

export interface ClientWords {
  /** The id of the reason. */
  readonly reason: string;
  /** The client's message, or the part of it that all versions share. */
  readonly words: string;
  /** The versions that refuse it; undefined if all do. */
  readonly only: string | undefined;
}

export interface RefusalReason {
  readonly id: string;
  /** A sentence about what is wrong with the certificate. */
  readonly what: string;
  readonly clients: readonly ClientId[];
  /** The call that fixes it, in the library's words. */
  readonly mend: string;
  /** The parts of `mend`. */
  readonly remedy: Words;
  /** The RFC, manual or measurement behind it. */
  readonly source: string;
}

/**
 * Predicts for each client whether it accepts the certificates in a directory, and if not, what it prints and how to fix it.
 * It only reads, and runs no client: the answers come from one table of rules, measured with the real clients.
 * Errors: `ERR_INPUT` for an invalid host or name; `ERR_FILE` if there is no certificate, `ERR_CA_MISSING`,
 * `ERR_CA_UNUSABLE`, `ERR_LEAF_UNUSABLE` for a file that cannot be used.
 */
export async function explain(options: ExplainOptions = {}): Promise<Explanation> {
  refuseUnknown(options, optionNames);
  const { directory = 'docker-tls', now = new Date() } = options;
  const name = options.name === undefined ? undefined : parseName(options.name);
  const asked = options.host === undefined ? undefined : parseAltName(options.host, 'host');
  const set = await readSetToJudge(directory, name);
  if (asked !== undefined && !set.leaves.some(({ role }) => role === 'server'))
    throw new InputError('host', `there is no server certificate in ${directory} to call ${asked.value}`, {
      hint: words`leave out ${option('host')}, or name the directory of the server with ${option('directory')}`,
    });
  const judged = set.leaves.map((leaf) => {
    const host = asked ?? hostOf(leaf);
    const view = { ...leaf.view, host, now };
    const unknown = { peers: unmeasured(view), holders: unmeasuredPair(view) };
    return { leaf, host, refused: refusals(view), unknown };
  });
  const isRenewed = judged.some(({ refused }) => refused.some(({ rule }) => rule.renewalFixes));
  const renewals = isRenewed ? renewalsOf(await readSet(directory), directory, now) : undefined;
  const renewal = (rule: Refused['rule'], { path }: LeafToJudge): Text | undefined =>
    rule.renewalFixes ? (rule.flawOf === 'ca' ? renewals?.caOf(path) : renewals?.leaf(path)) : undefined;
  // A new CA means a new set, which fixes everything else too.
  const newCa = judged.some(({ leaf, refused }) =>
    refused.some(({ rule }) => rule.flawOf === 'ca' && !rule.fix && renewal(rule, leaf) === undefined),
  );
  const names = serverNames(set, asked);
  const certificates = judged.map(({ leaf, host, refused, unknown }): ExplainedCertificate => {
    const recreate = recreateCall(leaf, set, newCa, { directory, name, names });
    // A certificate that is recreated for another reason gets new dates too.
    const isMade = refused.some(
      ({ rule }) => rule.flawOf !== 'ca' && !rule.fix && renewal(rule, leaf) === undefined,
    );
    const fixFor = (rule: Refused['rule']): Text =>
      rule.fix ?? (isMade && rule.flawOf !== 'ca' ? recreate : (renewal(rule, leaf) ?? recreate));
    return {
      role: leaf.role,
      path: leaf.path,
      host: leaf.role === 'server' ? host.value : undefined,
      accepted: refused.length === 0 && unknown.peers === undefined,
      verdicts: verdicts(leaf.role, refused, unknown),
      reasons: reasons(refused, fixFor),
    };
  });
  return { directory, accepted: certificates.every(({ accepted }) => accepted), certificates };
}

function verdicts(
  role: LeafRole,
  refused: readonly Refused[],
  unknowns: Readonly<Record<'peers' | 'holders', string | undefined>>,
): ClientVerdict[] {
  const judges = new Set(rulesFor(role).map(({ client }) => client));
  return clientIds
    .filter((client) => judges.has(client))
    .map((client) => {
      const own = refused.filter((one) => one.client === client);
      const unknown = unknowns[(role === 'client') === (client === 'dockerd') ? 'peers' : 'holders'];
      return {
        client,
        name: clients[client],
        accepted: own.length === 0 && unknown === undefined,
        unknown: own.length === 0 ? unknown : undefined,
        says: own.map(({ rule, words }) => ({
          reason: rule.id,
          words,
          only: ofClient(rule.only ?? {}, client),
        })),
      };
    });
}

function reasons(refused: readonly Refused[], fixFor: (rule: Refused['rule']) => Text): RefusalReason[] {
  const found = new Set(refused.map(({ rule }) => rule));
  return [...found].map((rule) => ({
    id: rule.id,
    what: rule.what,
    clients: refused.filter((one) => one.rule === rule).map(({ client }) => client),
    mend: libraryText(fixFor(rule)),
    remedy: wordsOf(fixFor(rule)),
    source: rule.source,
  }));
}

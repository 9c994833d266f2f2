import type { X509Certificate } from 'node:crypto';
import { DifferenceError, DirectoryError } from '../errors.js';
import { hostCalled } from '../recipes/advice.js';
import type { ServerNames, Tutorial } from '../recipes/tutorial.js';
import { readPair, type Pair, type Unusable } from '../set/pairs.js';
import type { PairFiles, SetFiles } from '../set/layout.js';
import type { AltName } from '../x509/alt-names.js';
import { altNamesOf, commonNameOf } from '../x509/certificate.js';
import { checkKeptCa } from './authority.js';
import { differences } from './differences.js';
import { checkKept } from './kept-leaf.js';
import type { BareIssuePlan } from './issue-plan.js';
import type { IssueRequest } from './options.js';
import { listed, lostOptions } from './read-options.js';
import type { Values } from './request.js';
import { departuresFor, namesFor, notesFor } from './tutorial-request.js';
import { note } from '../plan/note.js';
import { option, words } from '../words.js';

const parts = ['ca', 'server', 'client'] as const;

/** Keeps an existing set: its certificates must be signed by the CA, not expired, and match the request. */
export async function keepTutorial(
  tutorial: Tutorial,
  kept: readonly string[],
  values: Values,
  request: IssueRequest,
): Promise<BareIssuePlan> {
  const { directory } = values;
  const { files } = tutorial;
  const remedy = words`recreate the whole set with ${option('force', ['ca'])}`;
  const unusable = { code: 'ERR_CA_UNUSABLE', remedy } as const;
  const [ca, server, client] = await Promise.all([
    readCertificate(directory, files.ca, unusable),
    readCertificate(directory, files.server, { code: 'ERR_LEAF_UNUSABLE', remedy }),
    readCertificate(directory, files.client, { code: 'ERR_LEAF_UNUSABLE', remedy }),
  ]);
  await checkKeptCa(ca, ca.certificate, values, unusable);
  const notes = [
    ...(await checkKept('server', server, ca.certificates, values, remedy)),
    ...(await checkKept('client', client, ca.certificates, values, remedy)),
  ];
  const { names } = altNamesOf(server.certificate);
  const called = commonNameOf(server.certificate) ?? 'HOST';
  const host = hostCalled(names) ?? (called.startsWith('*') ? 'HOST' : called);
  const warnings = notesFor(tutorial, { host, altNames: names });
  if (values.names) refuseOthers(tutorial, server, namesFor(tutorial, values, request.addSan ?? false, []));
  const lost = lostOptions(parts, parts, request);
  if (lost.length > 0)
    notes.push(
      note(
        'NOT_APPLIED',
        words`${listed(lost)}: not applied to the existing set (${option('force', ['ca'])})`,
      ),
    );
  if (request.addSan && !values.names && warnings.some(({ code }) => code === 'REFUSED_BY_CLIENTS'))
    refuse(server, files, 'has none of the names that would be added');
  notes.push(...warnings);
  return {
    directory,
    parent: undefined,
    files,
    clientCa: undefined,
    names,
    notes,
    server: files.server,
    advise: (port) => tutorial.advice(directory, { host, port }),
    kept,
    plan: {
      recipe: tutorial.name,
      steps: [],
      replaces: [],
      notes,
      departures: departuresOf(tutorial, names),
    },
  };
}

/** Names that are not in the text. */
function departuresOf({ takes }: Tutorial, names: readonly AltName[]): string[] {
  return departuresFor(
    names.filter(({ type }) => takes === 'nothing' || (takes === 'addresses' && type === 'DNS')),
  );
}

type Certified = Pair & { readonly certificate: X509Certificate };

async function readCertificate(directory: string, files: PairFiles, unusable: Unusable): Promise<Certified> {
  const pair = await readPair(directory, files, unusable);
  if (pair.certificate) return { ...pair, certificate: pair.certificate };
  throw new DirectoryError('ERR_FILE', pair.certificatePath, `${pair.certificatePath} no longer exists`);
}

/** Refuses a server with other names than the requested ones. */
function refuseOthers({ files }: Tutorial, server: Certified, { host, altNames }: ServerNames): void {
  const asked = { names: altNames, key: undefined, clientName: undefined };
  const called = commonNameOf(server.certificate);
  const texts = altNames.length > 0 ? differences('server', server.certificate, asked) : [];
  if (altNames.length === 0 && called !== host) texts.push(`is for '${called}', not for '${host}'`);
  const [text] = texts;
  if (text !== undefined) refuse(server, files, text);
}

function refuse(server: Certified, files: SetFiles, text: string): never {
  const message = `nothing was changed: ${files.server.certificate} ${text}`;
  throw new DifferenceError(server.certificatePath, message, ['ca']);
}

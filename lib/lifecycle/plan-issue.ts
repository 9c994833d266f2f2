import { join } from 'node:path';
import { DirectoryError, InputError, PassphraseError } from '../errors.js';
import type { Note, Plan } from '../plan/step.js';
import {
  recommended,
  recommendedTemplates,
  type ExistingCa,
  type WantedCa,
  type WantedLeaf,
} from '../recipes/recommended.js';
import { loadTemplates } from '../recipes/templates.js';
import { isEncrypted, namedLeaves, openKey, readCa, readLeaf, type Pair } from '../store/directory.js';
import { caFiles, leafFiles, type LeafRole } from '../store/layout.js';
import { parseAltName, uniqueNames, type AltName } from '../x509/alt-names.js';
import { altNamesOf, commonNameOf, notAfter, notBefore } from '../x509/certificate.js';
import { keyTypeName } from '../x509/key-type.js';
import { Passphrase, toPassphrase } from '../x509/passphrase.js';
import { rdn } from '../x509/subject.js';
import { DAY_MS, daysWithin } from '../x509/validity.js';
import { differences } from './differences.js';
import {
  parseRequest,
  type IssueRequest,
  type Part,
  type PassphraseQuestion,
  type Values,
} from './request.js';

/** What would be done. */
export interface IssuePlan {
  /** The certificate directory, absolute. */
  readonly directory: string;
  /** Without steps where everything is there. */
  readonly plan: Plan;
  /** The files of the parts asked for that are there already and stay. */
  readonly kept: readonly string[];
  /** The names of the server certificate among the parts, in the order given; empty without one. */
  readonly names: readonly AltName[];
  readonly notes: readonly Note[];
}

/** How a plan is made that is to be shown and not run: no passphrase is needed, none is tried. */
export interface PlanOptions {
  readonly show?: boolean;
}

/**
 * Looks at the directory and plans what is missing in it. Runs nothing, writes nothing.
 * Errors: as `all`, as far as they can be known beforehand.
 */
export async function planIssue(
  parts: readonly Part[],
  request: IssueRequest,
  options: PlanOptions = {},
): Promise<IssuePlan> {
  const values = parseRequest(parts, request);
  const { directory, force, name } = values;
  const ca = await readCa(directory);
  const leaves = await Promise.all(
    parts
      .filter((part) => part !== 'ca')
      .map(async (role) => ({ role, pair: await readLeaf(directory, role, name) })),
  );
  const renewCa = await decideCa(parts, ca, values);
  const kept = leaves.filter(({ role, pair }) => !renewCa && stays(role, pair, force));
  const toMake = leaves.filter((leaf) => !kept.includes(leaf));
  const sources = kept.flatMap(({ role, pair }) =>
    pair.certificate ? [{ role, certificate: pair.certificate }] : [],
  );
  refuseDifferences(sources, values, request);

  const notes: Note[] = [];
  const authority = renewCa ? undefined : ca.certificate;
  const signer =
    toMake.length > 0 || renewCa
      ? await prepareCa(authority, ca, request, values, { ...options, notes })
      : undefined;
  const caEnd = authority ? notAfter(authority) : new Date(values.now.getTime() + values.caDays * DAY_MS);
  const wanted = toMake.map(({ role, pair }) => wantLeaf(role, pair, caEnd, values, notes, signer));
  const { templates, changed } = await loadTemplates('recommended', recommendedTemplates, request.templates);

  const madeNow = renewCa
    ? ['ca' as const, ...toMake.map(({ role }) => role)]
    : toMake.map(({ role }) => role);
  if (madeNow.length > 0 && values.key.algorithm === 'ed25519') notes.push(ed25519Note);
  if (renewCa && ca.state !== 'absent') notes.push(...(await orphans(directory)));
  const plan = signer
    ? recommended({
        ca: signer,
        leaves: wanted,
        templates,
        ownTemplates: changed,
        replaces: madeNow.flatMap((part) => (force.includes(part) || renewCa ? filesOf(part, name) : [])),
        notes,
      })
    : { recipe: 'recommended', steps: [], replaces: [], notes };
  return {
    directory,
    plan,
    kept: parts.filter((part) => !madeNow.includes(part)).flatMap((part) => filesOf(part, name)),
    names: namesOf(wanted, sources),
    notes,
  };
}

const ed25519Note: Note = {
  code: 'ED25519_CLIENTS',
  text: 'Ed25519 keys: docker, curl, Node and Python take them; browsers, Java before 15 and NSS do not',
};

/** Whether a CA is to be made. Throws where the one that is there is in the way, or none is there and none was asked for. */
async function decideCa(parts: readonly Part[], ca: Pair, { directory, force }: Values): Promise<boolean> {
  const forced = force.includes('ca');
  if (!parts.includes('ca')) {
    if (ca.state === 'absent') {
      throw new DirectoryError('ERR_CA_MISSING', directory, `there is no CA in ${directory}`, {
        hint: 'make one with `docker-tls-openssl ca`, or everything with `docker-tls-openssl all`; or name its directory with --dir',
      });
    }
    return false;
  }
  if (forced && parts.length === 1) {
    const leaves = [
      ...(await Promise.all((['server', 'client'] as const).map((role) => readLeaf(directory, role)))).filter(
        (pair) => pair.state !== 'absent',
      ),
    ];
    if (leaves.length > 0) {
      throw new DirectoryError(
        'ERR_CA_UNUSABLE',
        directory,
        `a new CA alone would make the certificates in ${directory} void`,
        {
          hint: 'make all of them anew with `docker-tls-openssl all --force ca`',
        },
      );
    }
  }
  if (ca.state === 'key-only' && !forced) {
    throw new DirectoryError(
      'ERR_INCOMPLETE',
      ca.keyPath,
      `${ca.keyPath} is there, but its certificate ${caFiles.certificate} is not`,
      {
        hint: `bring ${caFiles.certificate} back from a backup, or from any host or client of this CA`,
      },
    );
  }
  return forced || ca.state === 'absent';
}

/** Whether a leaf stays as it is. Throws for half a pair. */
function stays(role: LeafRole, pair: Pair, force: readonly Part[]): boolean {
  if (pair.state === 'absent' || force.includes(role)) return false;
  if (pair.state === 'complete') return true;
  const [there, missing] =
    pair.state === 'key-only' ? [pair.keyPath, 'certificate'] : [pair.certificatePath, 'private key'];
  throw new DirectoryError('ERR_INCOMPLETE', there, `${there} is there, but its ${missing} is not`, {
    hint: `bring the ${missing} back, or make both anew with --force ${role}`,
  });
}

/** What was asked for outright, and is not what is there. */
function refuseDifferences(
  kept: readonly { role: LeafRole; certificate: X509Like }[],
  values: Values,
  request: IssueRequest,
): void {
  const found = differences(kept, {
    names: values.names && uniqueNames([...values.names, ...values.local]),
    key: request.key === undefined ? undefined : keyTypeName(values.key),
    clientName: values.clientName,
  });
  const [first] = found;
  if (!first) return;
  const file = leafFiles(first.role, values.name).certificate;
  const command = [
    'docker-tls-openssl',
    values.name === undefined ? 'all' : first.role,
    ...(values.name === undefined ? [] : ['--name', values.name]),
    ...[...new Set(found.map(({ role }) => role))].map((role) => `--force ${role}`),
    ...(request.directory === undefined ? [] : ['--dir', request.directory]),
    ...(values.names ?? []).map((each) =>
      each.type === 'IP' ? `--ip ${each.value}` : `--host ${each.value}`,
    ),
    ...(request.localhost === false ? ['--no-localhost'] : []),
    ...(request.key === undefined ? [] : ['--key', keyTypeName(values.key)]),
    ...(values.clientName === undefined ? [] : ['--client-name', JSON.stringify(values.clientName)]),
  ].join(' ');
  throw new DirectoryError(
    'ERR_DIFFERS',
    join(values.directory, file),
    `nothing was changed: ${found.map(({ role, text }) => `${leafFiles(role, values.name).certificate} ${text}`).join('; ')}`,
    { hint: `to make it anew: ${command}` },
  );
}

type X509Like = NonNullable<Pair['certificate']>;

/** The CA that signs: a new one, or the one that is there, once it is known that it can. */
async function prepareCa(
  existing: X509Like | undefined,
  ca: Pair,
  request: IssueRequest,
  values: Values,
  { show = false, notes }: PlanOptions & { notes: Note[] },
): Promise<WantedCa | ExistingCa> {
  if (!existing) {
    const passphrase =
      show && request.passphrase !== null
        ? Passphrase.unknown()
        : await askPassphrase(request, { purpose: 'create', path: ca.keyPath });
    if (!passphrase) {
      notes.push({
        code: 'CA_KEY_UNENCRYPTED',
        text: `${caFiles.key} is not encrypted: whoever reads that file can make clients, and a client is root on the host`,
      });
    }
    const serial = values.serial();
    // A name of its own for each CA, so that two of them in one bundle are told apart.
    const subject = [...values.prefix, rdn('CN', `Docker TLS CA ${serial.slice(-8).toLowerCase()}`)];
    return { subject, key: values.key, days: values.caDays, serial, passphrase };
  }
  if (ca.state === 'certificate-only') {
    throw new DirectoryError(
      'ERR_CA_MISSING',
      ca.keyPath,
      `${ca.certificatePath} is there, but the CA's private key ${ca.keyPath} is not`,
      {
        hint: `to sign, put ${caFiles.key} beside it; it can be taken away again afterwards`,
      },
    );
  }
  usable(existing, ca.certificatePath, values.now);
  const encrypted = await isEncrypted(ca.keyPath);
  const passphrase = !encrypted
    ? undefined
    : show
      ? Passphrase.unknown()
      : await askPassphrase(request, { purpose: 'open', path: ca.keyPath });
  if (!show) {
    const key = await openKey(ca.keyPath, passphrase ?? undefined);
    if (!existing.checkPrivateKey(key)) {
      throw new DirectoryError(
        'ERR_CA_UNUSABLE',
        ca.certificatePath,
        `${ca.certificatePath} and ${ca.keyPath} do not belong together`,
        {
          hint: 'bring the matching one back from a backup',
        },
      );
    }
  }
  return { algorithm: existing.publicKey.asymmetricKeyType ?? '', passphrase: passphrase ?? undefined };
}

/** Gives the passphrase; undefined for a new key that is to have none. */
async function askPassphrase(
  request: IssueRequest,
  question: PassphraseQuestion,
): Promise<Passphrase | undefined> {
  const { passphrase } = request;
  const given = typeof passphrase === 'function' ? await passphrase(question) : passphrase;
  if (given !== undefined && given !== null) return toPassphrase(given);
  if (given === null && question.purpose === 'create') return undefined;
  const create = question.purpose === 'create';
  throw new PassphraseError(
    'ERR_PASSPHRASE_NEEDED',
    question.path,
    create
      ? `the CA's new private key ${question.path} needs a passphrase`
      : `${question.path} is encrypted, and no passphrase was given`,
    {
      hint: `give it with --passphrase-file FILE or --passphrase-fd N, or run at a terminal${create ? '; or say --no-passphrase' : ''}`,
    },
  );
}

/** openssl signs with anything; a client later refuses it. */
function usable(certificate: X509Like, path: string, now: Date): void {
  const refuse = (why: string, hint: string): never => {
    throw new DirectoryError('ERR_CA_UNUSABLE', path, `the CA ${path} cannot sign: ${why}`, { hint });
  };
  if (!certificate.ca)
    refuse('it is not a CA certificate', 'is it a server or client certificate by mistake?');
  if (notAfter(certificate) <= now)
    refuse(
      `it expired on ${day(notAfter(certificate))}`,
      'a new CA is needed: `docker-tls-openssl all --force ca`',
    );
  if (notBefore(certificate) > now)
    refuse(`it is not valid before ${day(notBefore(certificate))}`, "check this machine's clock");
}

function wantLeaf(
  role: LeafRole,
  previous: Pair,
  caEnd: Date,
  values: Values,
  notes: Note[],
  signer: WantedCa | ExistingCa | undefined,
): WantedLeaf {
  const days = daysWithin(values.days, values.now, caEnd);
  if (days === 0) {
    throw new DirectoryError(
      'ERR_CA_UNUSABLE',
      join(values.directory, caFiles.certificate),
      `the CA ends on ${day(caEnd)}, within a day: too soon to sign`,
      {
        hint: 'a new CA is needed: `docker-tls-openssl all --force ca`',
      },
    );
  }
  if (days < values.days) {
    notes.push({
      code: 'LEAF_SHORTENED',
      text: `the ${role} certificate gets ${days} days instead of ${values.days}: the CA ends on ${day(caEnd)}`,
    });
  }
  const altNames = role === 'server' ? serverNames(previous, values, notes) : [];
  const commonName = role === 'server' ? serverCommonName(altNames) : clientCommonName(previous, values);
  if (signer && 'subject' in signer && signer.subject.at(-1)?.value === commonName) {
    throw new InputError('clientName', `a client cannot have the name of its CA: ${commonName}`);
  }
  return {
    role,
    name: values.name,
    subject: [...values.prefix, rdn('CN', commonName)],
    key: values.key,
    days,
    serial: values.serial(),
    altNames,
  };
}

function serverNames(previous: Pair, values: Values, notes: Note[]): AltName[] {
  if (values.names) return uniqueNames([...values.names, ...values.local]);
  const before = previous.certificate ? altNamesOf(previous.certificate).names : [];
  if (before.length > 0) return uniqueNames([...before, ...values.local]);
  if (values.name !== undefined) {
    throw new InputError('hosts', `no name or address was given for the server ${values.name}`, {
      hint: 'give it with --host or --ip',
    });
  }
  const own = parseAltName(values.hostname);
  notes.push({
    code: 'HOSTNAME_ASSUMED',
    text: `no --host was given: the certificate is for this machine, ${own.value}`,
  });
  return uniqueNames([own, ...values.local]);
}

/** The first name that fits; clients look at the subjectAltNames only. */
function serverCommonName(altNames: readonly AltName[]): string {
  return altNames.find(({ value }) => value.length <= 64)?.value ?? 'docker-server';
}

function clientCommonName(previous: Pair, { clientName, name }: Values): string {
  return clientName ?? (previous.certificate && commonNameOf(previous.certificate)) ?? name ?? 'client';
}

/** What a new CA leaves behind. */
async function orphans(directory: string): Promise<Note[]> {
  const left = await namedLeaves(directory);
  return left.length === 0
    ? []
    : [
        {
          code: 'LEAVES_VOID',
          text: `of the old CA, and void with the new one: ${left.join(', ')}; remove them and make them anew`,
        },
      ];
}

function filesOf(part: Part, name: string | undefined): string[] {
  if (part === 'ca') return [caFiles.key, caFiles.certificate];
  const { key, certificate, directory, ca } = leafFiles(part, name);
  return [key, certificate, ...(directory === undefined ? [] : [ca])];
}

function namesOf(
  wanted: readonly WantedLeaf[],
  kept: readonly { role: LeafRole; certificate: X509Like }[],
): AltName[] {
  const made = wanted.find(({ role }) => role === 'server');
  const there = kept.find(({ role }) => role === 'server');
  return made ? [...made.altNames] : there ? altNamesOf(there.certificate).names : [];
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

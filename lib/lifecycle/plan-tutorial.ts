import type { X509Certificate } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { DifferenceError, DirectoryError, fileError, InputError, systemCode } from '../errors.js';
import { hostInUrl } from '../docker/advice.js';
import { artifactsOf, type Artifact } from '../plan/schedule.js';
import type { CheckStep, Note, Step } from '../plan/step.js';
import { loadTemplates } from '../recipes/templates.js';
import type { Refusal, ServerNames, Tutorial, TutorialValues } from '../recipes/tutorial.js';
import { namedLeaves, readPair, type Pair } from '../store/directory.js';
import type { PairFiles } from '../store/layout.js';
import { localNames, uniqueNames, type AltName } from '../x509/alt-names.js';
import { altNamesOf, commonNameOf } from '../x509/certificate.js';
import { Passphrase } from '../x509/passphrase.js';
import { commonName, formatSubject, parseSubject, rdn, type Subject } from '../x509/subject.js';
import { askPassphrase, voided } from './authority.js';
import { differences } from './differences.js';
import { checkKept } from './kept-leaf.js';
import type { IssuePlan, PlanOptions } from './plan-issue.js';
import { hostnameAssumed, parseRequest, type IssueRequest, type Part, type Values } from './request.js';

/**
 * Plans a text exactly, as a whole: a set that is there stays, half of one is an error, and `force: ['ca']` makes it
 * anew. Errors: as `all`; `ERR_INPUT` for what the text fixes.
 */
export async function planTutorial(
  tutorial: Tutorial,
  parts: readonly Part[],
  request: IssueRequest,
  { show = false, fresh = false }: PlanOptions,
): Promise<IssuePlan> {
  refuseFixed(tutorial, parts, request);
  const { subject, ...rest } = request;
  const values = parseRequest(parts, rest);
  const { directory, force } = values;
  const { templates } = await loadTemplates(tutorial.name, tutorial.templates);
  const there = fresh ? [] : await existing(directory, artifactsOf({ steps: anySteps(tutorial, templates) }));
  const lasting = Object.values(tutorial.files).flatMap(({ key, certificate }) => [key, certificate]);
  const missing = lasting.filter((path) => !there.includes(path));
  if (missing.length === 0 && !force.includes('ca')) return keep(tutorial, lasting, values, request);
  const [first] = there;
  if (first !== undefined && !force.includes('ca')) {
    const path = join(directory, first);
    throw new DirectoryError('ERR_INCOMPLETE', path, `${path} is there, but not ${missing.join(', ')}`, {
      hint: `the recipe ${tutorial.name} makes a whole set: choose an empty directory with --dir, or make all of it anew with --force ca`,
    });
  }

  const notes: Note[] = [];
  const names = namesFor(tutorial, values, request.addSan ?? false, notes);
  const { host, altNames, added } = names;
  const departures =
    added.length > 0
      ? [`the server's certificate names ${added.map(({ value }) => value).join(', ')} too`]
      : [];
  notes.push(
    ...departures.map((text): Note => ({
      code: 'DEPARTS',
      text: `--add-san departs from the text: ${text}`,
    })),
    ...(request.addSan && added.length === 0 ? [nothingAdded(tutorial)] : []),
    ...notesFor(tutorial, names),
    ...(fresh ? [] : voided(await namedLeaves(directory))),
  );
  const caSubject = subjectFor(tutorial, subject, host);
  const ask = { purpose: 'create', path: join(directory, tutorial.files.ca.key) } as const;
  const passphrase =
    show || !tutorial.encryptsCaKey ? Passphrase.unknown() : await askPassphrase(request, ask);
  if (!passphrase) throw new InputError('passphrase', needsPassphrase(tutorial));
  const steps = [
    ...tutorial.steps({ host, altNames, passphrase, caSubject, templates }),
    ...checksFor(tutorial, altNames, passphrase),
  ];
  return {
    directory,
    files: tutorial.files,
    names: altNames,
    notes,
    next: tutorial.advice(directory, hostInUrl({ value: host })),
    kept: [],
    plan: { recipe: tutorial.name, steps, replaces: there, notes, departures },
  };
}

/** The text's commands with nobody's values: for the names of its files, those of --add-san among them. */
function anySteps(tutorial: Tutorial, templates: TutorialValues['templates']): readonly Step[] {
  const passphrase = Passphrase.unknown();
  return tutorial.steps({ host: 'host', altNames: localNames, passphrase, caSubject: [], templates });
}

/** What the text has in its commands cannot be asked for; the recipe would not be the text's. */
function refuseFixed(tutorial: Tutorial, parts: readonly Part[], request: IssueRequest): void {
  const fixed = (
    [
      ['key', request.key !== undefined],
      ['days', request.days !== undefined],
      ['caDays', request.caDays !== undefined],
      ['clientName', request.clientName !== undefined],
      ['templates', request.templates !== undefined],
      ['name', request.name !== undefined],
      ['subject', request.subject !== undefined && !tutorial.caSubject],
      ['localhost', request.localhost === false && (!request.addSan || tutorial.takes === 'all')],
    ] as const
  ).find(([, given]) => given);
  if (fixed) {
    const flag = fixed[0].replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const typed = fixed[0] === 'localhost' ? '--no-localhost' : `--${flag}`;
    throw new InputError(fixed[0], `${typed}: the recipe ${tutorial.name} has what its text has`, {
      hint: `leave it out, or use the recipe recommended`,
    });
  }
  if (request.passphrase === null && tutorial.encryptsCaKey)
    throw new InputError('passphrase', needsPassphrase(tutorial));
  if (parts.length < 3 || request.force?.some((part) => part !== 'ca')) {
    throw new InputError('force', `the recipe ${tutorial.name} makes CA, server and client as one`, {
      hint: `--force ca makes all of them anew; \`server --name\` and \`client --name\` add to them${tutorial.takes === 'addresses' ? ', with --dir DIR/server' : ''}`,
    });
  }
}

function needsPassphrase({ name }: Tutorial): string {
  return `the recipe ${name} encrypts the CA's key, as its text does: it needs a passphrase`;
}

/** Whom the server's certificate names, what of it --add-san adds, and what the text calls the host. */
function namesFor(
  tutorial: Tutorial,
  values: Values,
  addSan: boolean,
  notes: Note[],
): ServerNames & { readonly added: readonly AltName[] } {
  const { name, takes, ownNames } = tutorial;
  const given = values.names ?? [];
  const refuse = (option: string, why: string, hint: string): never => {
    throw new InputError(option, `the recipe ${name} ${why}`, { hint });
  };
  if (takes === 'addresses' && !given.some(({ type }) => type === 'IP'))
    refuse('ips', "names the daemon's address, as its text does: which is it?", 'give it with --ip');
  if (takes === 'addresses' && !addSan && given.some(({ type }) => type === 'DNS'))
    refuse('hosts', 'has no place for a host name, only for addresses', 'give --ip alone, or add --add-san');
  if (takes === 'nothing' && !addSan && given.length > 1)
    refuse('hosts', 'has a place for one name or address only', 'give one, or add --add-san');

  const [first = hostnameAssumed(values, notes)] = given;
  rdn('CN', first.value, 'hosts');
  const named = given.length > 0 ? given : [first];
  const places = { nothing: [], addresses: named.filter(({ type }) => type === 'IP'), all: named };
  const own = uniqueNames([...places[takes], ...ownNames]);
  const more = addSan && takes !== 'all' ? [...named, ...values.local] : [];
  const altNames = uniqueNames([...own, ...more]);
  return { host: first.value, altNames, added: altNames.slice(own.length) };
}

function subjectFor(tutorial: Tutorial, asked: IssueRequest['subject'], host: string): Subject {
  const given = typeof asked === 'string' ? parseSubject(asked) : asked;
  const subject = given ?? tutorial.caSubject ?? [];
  // Named as its own leaf, a CA would look like a self-signed certificate to it.
  if (subject.length === 1 && [host, 'client'].includes(commonName(subject) ?? ''))
    throw new InputError(
      'subject',
      `a CA cannot have the name of a certificate that it signs: ${formatSubject(subject)}`,
    );
  return subject;
}

/** What a person should know before and after. */
function notesFor(tutorial: Tutorial, names: ServerNames): Note[] {
  const { refusal, encryptsCaKey } = tutorial;
  const named = names.altNames.some(({ type }) => refusal?.when === 'always' || type === 'DNS');
  return [...(refusal && !named ? [refused(refusal, names)] : []), ...(encryptsCaKey ? [] : [caKeyCopied])];
}

function nothingAdded({ name }: Tutorial): Note {
  return { code: 'NOT_APPLIED', text: `--add-san: the recipe ${name} has these names already` };
}

const caKeyCopied: Note = {
  code: 'CA_KEY_COPIED',
  text: "client/ca-key.pem is the CA's private key, unencrypted, on the client's machine, as the text has it: whoever has it can make clients; remove it once the client has its certificate",
};

function refused({ when, who, byName }: Refusal, { host, altNames }: ServerNames): Note {
  const name = when === 'by name' ? 'HOST' : host;
  const text =
    when === 'always'
      ? `${who} will refuse this server: ${byName(name)}. To mend it: --add-san`
      : `${who} take this server by its address (${altNames[0]?.value ?? ''}), and refuse it by any name: ${byName(name)}. To mend it: --host NAME --add-san`;
  return { code: 'REFUSED_BY_CLIENTS', text };
}

/** What holds whatever the text: keys belong to their certificates, and the CA signed them. */
function checksFor(tutorial: Tutorial, altNames: readonly AltName[], passphrase: Passphrase): CheckStep[] {
  const { files, encryptsCaKey } = tutorial;
  return (['ca', 'server', 'client'] as const).map((role) => ({
    kind: 'check',
    ...files[role],
    ...(role === 'ca' && encryptsCaKey ? { passphrase } : {}),
    issuer: files.ca.certificate,
    role,
    altNames: role === 'server' ? altNames : [],
  }));
}

async function existing(directory: string, files: readonly Artifact[]): Promise<string[]> {
  const found = await Promise.all(
    files.map(async ({ path }) => {
      try {
        await lstat(join(directory, path));
        return [path];
      } catch (error) {
        if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
        throw fileError(join(directory, path), 'look for', error);
      }
    }),
  );
  return found.flat();
}

/** A set that stays has to work, and to be what was asked for. */
async function keep(
  tutorial: Tutorial,
  kept: readonly string[],
  values: Values,
  request: IssueRequest,
): Promise<IssuePlan> {
  const { directory, now } = values;
  const { files } = tutorial;
  const [ca, server, client] = await Promise.all([
    readCertificate(directory, files.ca),
    readCertificate(directory, files.server),
    readCertificate(directory, files.client),
  ]);
  const anew = 'make the whole set anew with --force ca';
  const notes = [
    ...(await checkKept('server', server, ca.certificate, now, anew)),
    ...(await checkKept('client', client, ca.certificate, now, anew)),
  ];
  const { names } = altNamesOf(server.certificate);
  const host =
    names.find(({ value }) => !value.startsWith('*'))?.value ?? commonNameOf(server.certificate) ?? 'HOST';
  if (values.names) refuseOthers(tutorial, server, namesFor(tutorial, values, request.addSan ?? false, []));
  if (request.subject !== undefined)
    notes.push({ code: 'NOT_APPLIED', text: '--subject: not applied to the CA that is there (--force ca)' });
  notes.push(...notesFor(tutorial, { host, altNames: names }));
  return {
    directory,
    files,
    names,
    notes,
    next: tutorial.advice(directory, hostInUrl({ value: host })),
    kept,
    plan: { recipe: tutorial.name, steps: [], replaces: [], notes, departures: [] },
  };
}

type Certified = Pair & { readonly certificate: X509Certificate };

async function readCertificate(directory: string, files: PairFiles): Promise<Certified> {
  const pair = await readPair(directory, files);
  if (pair.certificate) return { ...pair, certificate: pair.certificate };
  throw new DirectoryError('ERR_FILE', pair.certificatePath, `${pair.certificatePath} is gone`);
}

/** Other names than those that were asked for. */
function refuseOthers({ files }: Tutorial, server: Certified, { host, altNames }: ServerNames): void {
  const asked = { names: altNames, key: undefined, clientName: undefined };
  const called = commonNameOf(server.certificate);
  const texts = altNames.length > 0 ? differences('server', server.certificate, asked) : [];
  if (altNames.length === 0 && called !== host) texts.push(`is for '${called}', not for '${host}'`);
  const [text] = texts;
  if (text === undefined) return;
  const message = `nothing was changed: ${files.server.certificate} ${text}`;
  throw new DifferenceError(server.certificatePath, message, ['ca']);
}

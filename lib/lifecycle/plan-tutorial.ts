import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { DifferenceError, DirectoryError, InputError, systemCode } from '../errors.js';
import { hostInUrl } from '../docker/advice.js';
import { artifactsOf } from '../plan/schedule.js';
import type { CheckStep, Note, Plan } from '../plan/step.js';
import { loadTemplates } from '../recipes/templates.js';
import type { Refusal, ServerNames, Tutorial } from '../recipes/tutorial.js';
import { namedLeaves, readPair } from '../store/directory.js';
import { parseAltName, uniqueNames, type AltName } from '../x509/alt-names.js';
import { commonNameOf } from '../x509/certificate.js';
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
  const notes: Note[] = [];
  const { host, altNames } = namesFor(tutorial, values, request.addSan ?? false, notes);
  const departures =
    request.addSan && tutorial.takes !== 'all'
      ? [`the server's certificate names ${altNames.map(({ value }) => value).join(', ')}`]
      : [];
  notes.push(...notesFor(tutorial, { host, altNames }, departures, request.addSan ?? false));

  const caSubject = subjectFor(tutorial, subject, host);
  const { templates } = await loadTemplates(tutorial.name, tutorial.templates);
  const planWith = (passphrase: Passphrase): Plan => {
    const steps = tutorial.steps({ host, altNames, passphrase, caSubject, templates });
    const checks = checksFor(tutorial, altNames, passphrase);
    return { recipe: tutorial.name, steps: [...steps, ...checks], replaces: [], notes, departures };
  };

  const files = artifactsOf(planWith(Passphrase.unknown())).map(({ path }) => path);
  const there = fresh ? [] : await existing(directory, files);
  const done = {
    directory,
    files: tutorial.files,
    names: altNames,
    notes,
    next: tutorial.advice(directory, hostInUrl({ value: host })),
  };
  const lasting = Object.values(tutorial.files).flatMap(({ key, certificate }) => [key, certificate]);
  const complete = lasting.every((path) => there.includes(path));
  if (complete && !force.includes('ca')) {
    notes.push(...(await checkThere(tutorial, { host, altNames }, values, request)));
    const empty: Plan = { recipe: tutorial.name, steps: [], replaces: [], notes, departures };
    return { ...done, plan: empty, kept: lasting };
  }
  const [first] = there;
  if (first !== undefined && !force.includes('ca')) {
    const lacking = lasting.filter((path) => !there.includes(path));
    const path = join(directory, first);
    throw new DirectoryError('ERR_INCOMPLETE', path, `${path} is there, but not ${lacking.join(', ')}`, {
      hint: `the recipe ${tutorial.name} makes a whole set: choose an empty directory with --dir, or make all of it anew with --force ca`,
    });
  }
  const ask = { purpose: 'create', path: join(directory, tutorial.files.ca.key) } as const;
  const passphrase =
    show || !tutorial.encryptsCaKey ? Passphrase.unknown() : await askPassphrase(request, ask);
  if (!passphrase) throw new InputError('passphrase', needsPassphrase(tutorial));
  if (!fresh) notes.push(...voided(await namedLeaves(directory)));
  return { ...done, plan: { ...planWith(passphrase), replaces: there }, kept: [] };
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
      ['localhost', request.localhost === false && !request.addSan],
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
      hint: '--force ca makes all of them anew; `server --name` and `client --name` add to them',
    });
  }
}

function needsPassphrase({ name }: Tutorial): string {
  return `the recipe ${name} encrypts the CA's key, as its text does: it needs a passphrase`;
}

/** Whom the server's certificate names, and what the text calls the host. */
function namesFor(tutorial: Tutorial, values: Values, addSan: boolean, notes: Note[]): ServerNames {
  const { name, takes, ownNames } = tutorial;
  const given = values.names ?? [];
  const refuse = (option: string, why: string, hint: string): never => {
    throw new InputError(option, `the recipe ${name} ${why}`, { hint });
  };
  if (takes === 'addresses' && !given.some(({ type }) => type === 'IP'))
    refuse('ips', "names the daemon's address in the certificate: which is it?", 'give it with --ip');
  if (takes === 'addresses' && !addSan && given.some(({ type }) => type === 'DNS'))
    refuse('hosts', 'has no place for a host name, only for addresses', 'give --ip alone, or add --add-san');
  if (takes === 'nothing' && !addSan && given.length > 1)
    refuse('hosts', 'has a place for one name only', 'give one --host, or add --add-san');

  const [first = hostnameAssumed(values, notes)] = given;
  rdn('CN', first.value, 'hosts');
  const named = given.length > 0 ? given : [first];
  if (takes === 'all') return { host: first.value, altNames: uniqueNames([...named, ...ownNames]) };
  const addresses = named.filter(({ type }) => type === 'IP');
  const texts = takes === 'addresses' ? [...addresses, ...ownNames] : [];
  return {
    host: first.value,
    altNames: addSan ? uniqueNames([...texts, ...named, ...values.local]) : uniqueNames(texts),
  };
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
function notesFor(
  tutorial: Tutorial,
  names: ServerNames,
  departures: readonly string[],
  addSan: boolean,
): Note[] {
  const { refusal, takes, name } = tutorial;
  const departed = departures.length > 0;
  return [
    ...(departed
      ? [{ code: 'DEPARTS', text: `--add-san departs from the text: ${departures.join('; ')}` } as const]
      : []),
    ...(!departed && refusal ? [refused(refusal, names)] : []),
    ...(takes === 'addresses' ? [caKeyCopied] : []),
    ...(addSan && !departed
      ? [{ code: 'NOT_APPLIED', text: `--add-san: the recipe ${name} names the server already` } as const]
      : []),
  ];
}

const caKeyCopied: Note = {
  code: 'CA_KEY_COPIED',
  text: "client/ca-key.pem is the CA's private key, unencrypted, on the client's machine, as the text has it: whoever has it can make clients; remove it once the client has its certificate",
};

function refused(refusal: Refusal, { host, altNames }: ServerNames): Note {
  const address = parseAltName(host).type === 'IP';
  const called = address && refusal.when === 'by name' ? 'a host name' : host;
  const message =
    address && refusal.byAddress ? refusal.byAddress(host) : refusal.byName(address ? 'HOST' : host);
  const text =
    refusal.when === 'always'
      ? `${refusal.who} will refuse this server: ${message}. To mend it: --add-san`
      : `${refusal.who} take this server by its address (${altNames[0]?.value ?? ''}) and refuse it by ${called}: ${message}. To mend it: --host NAME --add-san`;
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

async function existing(directory: string, files: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    files.map(async (file) => {
      try {
        await lstat(join(directory, file));
        return [file];
      } catch (error) {
        if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
        throw error;
      }
    }),
  );
  return found.flat();
}

/** A set that stays has to work, and to be what was asked for. */
async function checkThere(
  { files }: Tutorial,
  { host, altNames }: ServerNames,
  { directory, now, names }: Values,
  { subject }: IssueRequest,
): Promise<Note[]> {
  const [ca, server, client] = await Promise.all(
    [files.ca, files.server, files.client].map((pair) => readPair(directory, pair)),
  );
  const authority = ca?.certificate;
  if (!authority || !server?.certificate || !client) return [];
  const anew = 'make the whole set anew with --force ca';
  const notes = [
    ...(await checkKept('server', server, authority, now, anew)),
    ...(await checkKept('client', client, authority, now, anew)),
  ];
  const asked = names && altNames.length > 0 ? altNames : undefined;
  const texts = differences('server', server.certificate, {
    names: asked,
    key: undefined,
    clientName: undefined,
  });
  const called = commonNameOf(server.certificate);
  if (names && altNames.length === 0 && called !== host) texts.push(`is for '${called}', not for '${host}'`);
  const [text] = texts;
  if (text !== undefined) {
    const path = join(directory, files.server.certificate);
    throw new DifferenceError(path, `nothing was changed: ${files.server.certificate} ${text}`, ['ca']);
  }
  if (subject !== undefined)
    notes.push({ code: 'NOT_APPLIED', text: `--subject: not applied to the CA that is there (--force ca)` });
  return notes;
}

import { InputError } from '../errors.js';
import type { Note } from '../plan/step.js';
import { refusalOf } from '../recipes/refusals.js';
import type { ServerNames, Tutorial } from '../recipes/tutorial.js';
import { Passphrase } from '../x509/passphrase.js';
import { caKeyUnencrypted } from './authority.js';
import { uniqueNames, type AltName } from '../x509/alt-names.js';
import { commonName, formatSubject, rdn, type Subject } from '../x509/subject.js';
import type { IssueRequest } from './options.js';
import type { Part } from '../x509/role.js';
import { requestedSubject, fixedOption, flagOf, readOptions } from './read-options.js';
import { hostnameAssumed, wantedNames, type Values } from './request.js';

/** What the text has in its commands cannot be asked for; the recipe would not be the text's. */
export function refuseFixed(tutorial: Tutorial, parts: readonly Part[], request: IssueRequest): void {
  const fixed = fixedOption(tutorial, request);
  if (fixed) {
    throw new InputError(fixed, `${flagOf(fixed)}: the recipe ${tutorial.name} has what its text has`, {
      hint: `leave it out, or use the recipe recommended`,
    });
  }
  if (request.passphrase === null && tutorial.encryptsCaKey)
    throw new InputError('passphrase', needsPassphrase(tutorial));
  if (parts.length < 3 || request.force?.some((part) => part !== 'ca')) {
    const option = parts.length < 3 ? 'recipe' : 'force';
    throw new InputError(option, `the recipe ${tutorial.name} makes CA, server and client as one`, {
      hint: `--force ca makes all of them anew; \`server --name\` and \`client --name\` add to them${tutorial.takes === 'addresses' ? ', with --dir DIR/server' : ''}`,
    });
  }
}

export function needsPassphrase({ name }: Tutorial): string {
  return `the recipe ${name} encrypts the CA's key, as its text does: it needs a passphrase`;
}

/** Whom the server's certificate names, what of it --add-san adds, and what the text calls the host. */
export function namesFor(
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
  const more = addSan && takes !== 'all' ? (wantedNames({ ...values, names: named }, []) ?? []) : [];
  const altNames = uniqueNames([...own, ...more]);
  return { host: first.value, altNames, added: altNames.slice(own.length) };
}

/** The CA's subject: the whole of it is what the text's reader types. */
export function subjectFor(tutorial: Tutorial, host: string, request: IssueRequest): Subject {
  const subject = requestedSubject(readOptions(request), tutorial.caSubject);
  // Named as its own leaf, a CA would look like a self-signed certificate to it.
  if (subject.length === 1 && [host, 'client'].includes(commonName(subject) ?? ''))
    throw new InputError(
      'subject',
      `a CA cannot have the name of a certificate that it signs: ${formatSubject(subject)}`,
      { hint: 'give it another common name' },
    );
  return subject;
}

/** What a person should know before and after. */
export function notesFor(tutorial: Tutorial, names: ServerNames): Note[] {
  return [...refusedNotes(names, '--add-san'), ...caKeyNotes(tutorial)];
}

/** By what the text does with the CA's key. */
function caKeyNotes(tutorial: Tutorial): Note[] {
  if (tutorial.encryptsCaKey) return [];
  const { key } = tutorial.files.ca;
  const values = {
    host: 'host',
    altNames: [],
    passphrase: Passphrase.unknown(),
    caSubject: [],
    templates: {},
  };
  const copies = tutorial
    .steps(values)
    .flatMap((step) => (step.kind === 'copy-file' && step.from === key ? [step.to] : []));
  if (copies.length === 0) return [caKeyUnencrypted(key)];
  return [
    {
      code: 'CA_KEY_COPIED',
      text: `${[key, ...copies].join(' and ')} are the CA's private key, unencrypted, on both machines, as the text has it: whoever has it can make clients; remove the client's once it has its certificate, and keep the other elsewhere`,
    },
  ];
}

/** How a plan departs from its text by names that the text does not have. */
export function departuresFor(added: readonly AltName[]): string[] {
  if (added.length === 0) return [];
  return [`the server's certificate names ${added.map(({ value }) => value).join(', ')} too`];
}

export function nothingAdded({ name }: Tutorial): Note {
  return { code: 'NOT_APPLIED', text: `--add-san: the recipe ${name} has these names already` };
}

/** Whether today's clients take a server with these names, told by its certificate; `remedy`: what mends it. */
export function refusedNotes({ host, altNames }: ServerNames, remedy: string): Note[] {
  const refusal = refusalOf(altNames);
  if (!refusal) return [];
  const { who, when, byName } = refusal;
  const text =
    when === 'always'
      ? `${who} will refuse this server: ${byName(host)}. To mend it: ${remedy}`
      : `${who} take this server by its address (${altNames[0]?.value ?? ''}), and refuse it by any name: ${byName('HOST')}. To mend it: --host NAME ${remedy}`;
  return [{ code: 'REFUSED_BY_CLIENTS', text }];
}

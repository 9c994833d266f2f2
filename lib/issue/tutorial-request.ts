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
import { requestedSubject, fixedOption, readOptions } from './read-options.js';
import { hostnameAssumed, wantedNames, type Values } from './request.js';
import { note } from '../plan/note.js';
import { call, option, words, type OptionPart, type Text } from '../words.js';

/** Refuses options for what the text fixes in its commands: the recipe would not follow the text. */
export function refuseFixed(tutorial: Tutorial, parts: readonly Part[], request: IssueRequest): void {
  const fixed = fixedOption(tutorial, request);
  if (fixed) {
    throw new InputError(fixed, `the recipe ${tutorial.name} takes it from its text`, {
      hint: 'leave it out, or use the recipe recommended',
    });
  }
  if (request.passphrase === null && tutorial.encryptsCaKey)
    throw new InputError('passphrase', needsPassphrase(tutorial));
  if (parts.length < 3 || request.force?.some((part) => part !== 'ca')) {
    const name = parts.length < 3 ? 'recipe' : 'force';
    const home = tutorial.takes === 'addresses' ? 'DIRECTORY/server' : undefined;
    throw new InputError(name, `the recipe ${tutorial.name} creates CA, server and client together`, {
      hint: words`${option('force', ['ca'])} recreates all of them; \`${call('server', { name: 'NAME', hosts: ['HOST'] }, home)}\` and \`${call('client', { name: 'NAME' }, home)}\` add to them`,
    });
  }
}

export function needsPassphrase({ name }: Tutorial): string {
  return `the recipe ${name} encrypts the CA's key, as its text does, and needs a passphrase`;
}

/** The names in the server's certificate, the ones that `addSan` adds, and the host in the text. */
export function namesFor(
  tutorial: Tutorial,
  values: Values,
  addSan: boolean,
  notes: Note[],
): ServerNames & { readonly added: readonly AltName[] } {
  const { name, takes, ownNames } = tutorial;
  const given = values.names ?? [];
  const refuse = (at: string, why: string, hint: Text): never => {
    throw new InputError(at, `the recipe ${name} ${why}`, { hint });
  };
  if (takes === 'addresses' && !given.some(({ type }) => type === 'IP'))
    refuse('ips', "needs the daemon's address, as its text does", words`give it with ${option('ips')}`);
  if (takes === 'addresses' && !addSan && given.some(({ type }) => type === 'DNS'))
    refuse(
      'hosts',
      'has no place for a host name, only for addresses',
      words`give only ${option('ips')}, or add ${option('addSan', true)}`,
    );
  if (takes === 'nothing' && !addSan && given.length > 1)
    refuse(
      'hosts',
      'has a place for only one name or address',
      words`give one, or add ${option('addSan', true)}`,
    );

  const [first = hostnameAssumed(values, notes)] = given;
  rdn('CN', first.value, 'hosts');
  const named = given.length > 0 ? given : [first];
  const places = { nothing: [], addresses: named.filter(({ type }) => type === 'IP'), all: named };
  const own = uniqueNames([...places[takes], ...ownNames]);
  const more = addSan && takes !== 'all' ? (wantedNames({ ...values, names: named }, []) ?? []) : [];
  const altNames = uniqueNames([...own, ...more]);
  return { host: first.value, altNames, added: altNames.slice(own.length) };
}

/** The CA's subject: readers of the text type all of it. */
export function subjectFor(tutorial: Tutorial, host: string, request: IssueRequest): Subject {
  const subject = requestedSubject(readOptions(request), tutorial.caSubject);
  // A leaf with the name of its CA would look self-signed.
  if (subject.length === 1 && [host, 'client'].includes(commonName(subject) ?? ''))
    throw new InputError(
      'subject',
      `a CA cannot have the name of a certificate that it signs: ${formatSubject(subject)}`,
      { hint: 'give it another common name' },
    );
  return subject;
}

/** The notes for the user, before and after. */
export function notesFor(tutorial: Tutorial, names: ServerNames): Note[] {
  return [...refusedNotes(names, option('addSan', true)), ...caKeyNotes(tutorial)];
}

/** Notes on how the text treats the CA's key. */
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
      text: `${[key, ...copies].join(' and ')} are the CA's private key, unencrypted, on both machines, as in the text: anyone who has it can create clients; remove the client's copy once it has its certificate, and keep the other one elsewhere`,
    },
  ];
}

/** The departures from a text by names that are not in it. */
export function departuresFor(added: readonly AltName[]): string[] {
  if (added.length === 0) return [];
  return [`the server's certificate also names ${added.map(({ value }) => value).join(', ')}`];
}

export function nothingAdded({ name }: Tutorial): Note {
  return note('NOT_APPLIED', words`${option('addSan')}: the recipe ${name} already has these names`);
}

/** Notes on today's clients that refuse a server with these names. `remedy`: the option that fixes it. */
export function refusedNotes({ host, altNames }: ServerNames, remedy: OptionPart): Note[] {
  const refusal = refusalOf(altNames);
  if (!refusal) return [];
  const { who, when, byName } = refusal;
  const text =
    when === 'always'
      ? words`${who} will refuse this server: ${byName(host)}. To fix it: ${remedy}`
      : words`${who} accept this server by its address (${altNames[0]?.value ?? ''}), but not by any name: ${byName('HOST')}. To fix it: ${option('hosts', ['NAME'])} ${remedy}`;
  return [note('REFUSED_BY_CLIENTS', text)];
}

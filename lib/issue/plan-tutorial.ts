import { dirname, join } from 'node:path';
import { hostCalled } from '../recipes/advice.js';
import { DirectoryError, InputError } from '../errors.js';
import { artifactsOf } from '../plan/schedule.js';
import type { CheckStep, Note, Step } from '../plan/step.js';
import { loadTemplates } from '../recipes/templates.js';
import type { Tutorial, TutorialValues } from '../recipes/tutorial.js';
import { namedLeaves } from '../set/pairs.js';
import { refuseUnsafeDirectory } from '../store/safety.js';
import { localNames, type AltName } from '../x509/alt-names.js';
import { Passphrase } from '../x509/passphrase.js';
import { refuseClock, strayLeaves, voided } from './authority.js';
import { keepTutorial } from './kept-tutorial.js';
import type { BareIssuePlan, Planning } from './issue-plan.js';
import type { IssueRequest } from './options.js';
import type { Part } from '../x509/role.js';
import { parseRequest } from './request.js';
import { existing, namesBefore, refuseFolders, refuseWhatIsThere, stateOf } from './tutorial-directory.js';
import {
  departuresFor,
  namesFor,
  needsPassphrase,
  notesFor,
  nothingAdded,
  refuseFixed,
  subjectFor,
} from './tutorial-request.js';
import { nameNotes } from './name-notes.js';
import { note } from '../plan/note.js';
import { option, words } from '../words.js';

/**
 * Plans a text exactly, as a whole: an existing set stays, half a set is an error, and `force: ['ca']` recreates it.
 * Errors: as `all`; `ERR_INPUT` for an option that the text fixes.
 */
export async function planTutorial(
  tutorial: Tutorial,
  parts: readonly Part[],
  request: IssueRequest,
  { keyring, fresh }: Planning,
): Promise<BareIssuePlan> {
  // The CA's subject in a text has a common name.
  const values = parseRequest(parts, { ...request, subject: undefined }, keyring);
  refuseFixed(tutorial, parts, request);
  const { directory, force } = values;
  if (!fresh) await refuseUnsafeDirectory(directory);
  const { templates } = await loadTemplates(tutorial.name, tutorial.templates);
  const files = artifactsOf({ steps: anySteps(tutorial, templates) }).map(({ path }) => path);
  const there = fresh ? [] : await existing(directory, files);
  const forced = force.includes('ca');
  const state = stateOf(tutorial, there);
  if (state.missing.length === 0 && !forced) return keepTutorial(tutorial, state.kept, values, request);
  if (there.length > 0) refuseWhatIsThere(tutorial, directory, there, state, forced);
  const home = dirname(tutorial.files.ca.key);
  const named = fresh ? [] : await namedLeaves(join(directory, home));
  if (named[0] !== undefined && !forced) {
    throw new DirectoryError('ERR_CA_MISSING', directory, `${named[0]} exists, but its CA does not`, {
      hint: words`restore ${tutorial.files.ca.certificate} and ${tutorial.files.ca.key} from a backup, or choose an empty directory with ${option('directory')}`,
    });
  }
  if (!fresh) await refuseFolders(tutorial, directory, state.kept.length > 0);

  refuseClock(values.now);
  const notes: Note[] = [];
  const before = !values.names && state.ca ? await namesBefore(tutorial, directory) : undefined;
  const names = before
    ? namesFor(tutorial, { ...values, names: before.names, localhost: false }, before.more, notes)
    : namesFor(tutorial, values, request.addSan ?? false, notes);
  const { host, altNames, added } = names;
  const departures = departuresFor(added);
  notes.push(
    ...departures.map((text) => note('DEPARTS', words`${option('addSan')} departs from the text: ${text}`)),
    ...(request.addSan && added.length === 0 ? [nothingAdded(tutorial)] : []),
    ...notesFor(tutorial, names),
    ...nameNotes(altNames),
    ...voided(named.map((path) => join(home, path))),
    ...(fresh ? [] : voided(await strayLeaves(directory, tutorial.files))),
  );
  const caSubject = subjectFor(tutorial, host, request);
  const passphrase = tutorial.encryptsCaKey
    ? await values.keyring.create(join(directory, tutorial.files.ca.key), false)
    : Passphrase.unknown();
  if (!passphrase) throw new InputError('passphrase', needsPassphrase(tutorial));
  const called = host.startsWith('*') ? (hostCalled(altNames) ?? 'HOST') : host;
  const steps = [
    ...tutorial.steps({ host, altNames, passphrase, caSubject, templates }),
    ...checksFor(tutorial, altNames, passphrase),
  ];
  return {
    directory,
    parent: undefined,
    files: tutorial.files,
    clientCa: undefined,
    names: altNames,
    notes,
    server: tutorial.files.server,
    advise: (port) => tutorial.advice(directory, { host: called, port }),
    kept: [],
    plan: { recipe: tutorial.name, steps, replaces: there, notes, departures },
  };
}

/** The text's commands with placeholder values, for the names of its files, including those of `addSan`. */
function anySteps(tutorial: Tutorial, templates: TutorialValues['templates']): readonly Step[] {
  const passphrase = Passphrase.unknown();
  return tutorial.steps({ host: 'host', altNames: localNames, passphrase, caSubject: [], templates });
}

/** The checks for every text: keys match their certificates, and the CA signed them. */
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

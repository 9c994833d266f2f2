import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { hostCalled } from '../docker/advice.js';
import { DirectoryError, fileError, InputError, systemCode } from '../errors.js';
import { artifactsOf, type Artifact } from '../plan/schedule.js';
import type { CheckStep, Note, Step } from '../plan/step.js';
import { loadTemplates } from '../recipes/templates.js';
import type { Tutorial, TutorialValues } from '../recipes/tutorial.js';
import { namedLeaves } from '../store/directory.js';
import { localNames, type AltName } from '../x509/alt-names.js';
import { Passphrase } from '../x509/passphrase.js';
import { askPassphrase, voided } from './authority.js';
import { keepTutorial } from './kept-tutorial.js';
import type { IssuePlan, PlanOptions } from './plan-issue.js';
import { parseRequest, type IssueRequest, type Part } from './request.js';
import {
  namesFor,
  needsPassphrase,
  notesFor,
  nothingAdded,
  refuseFixed,
  subjectFor,
} from './tutorial-request.js';

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
  if (missing.length === 0 && !force.includes('ca')) {
    return keepTutorial(tutorial, lasting, values, request);
  }
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
  const caSubject = subjectFor(tutorial, host, subject);
  const ask = { purpose: 'create', path: join(directory, tutorial.files.ca.key) } as const;
  const passphrase =
    show || !tutorial.encryptsCaKey ? Passphrase.unknown() : await askPassphrase(request, ask, false);
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
    next: tutorial.advice(directory, host.startsWith('*') ? (hostCalled(altNames) ?? host) : host),
    kept: [],
    plan: { recipe: tutorial.name, steps, replaces: there, notes, departures },
  };
}

/** The text's commands with nobody's values: for the names of its files, those of --add-san among them. */
function anySteps(tutorial: Tutorial, templates: TutorialValues['templates']): readonly Step[] {
  const passphrase = Passphrase.unknown();
  return tutorial.steps({ host: 'host', altNames: localNames, passphrase, caSubject: [], templates });
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

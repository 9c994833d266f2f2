import {
  InputError,
  previewIssue,
  planLines,
  type Issued,
  type Part,
  type RecipeName,
  type StepEvent,
} from '../../lib/index.js';
import {
  issue,
  readCertificates,
  tutorials,
  type IssueRequest,
  type Note,
  issueOptions,
  optionNames,
} from '../../lib/internal.js';
import { confirmNewCa } from '../confirm.js';
import type { RunFlags } from '../flags.js';
import { asRunHere } from '../as-run-here.js';
import type { Environment } from '../environment.js';
import { sayNotes } from '../notes.js';
import {
  parentPassphraseSource,
  passphraseSource,
  type ParentPassphraseFlags,
  type PassphraseFlags,
} from '../passphrase.js';
import { describeIssued, issuedAsJson } from '../present.js';
import { running } from '../running.js';
import { print, printExactly, printJson, resultStyle } from '../streams.js';

/** The flags that the commands themselves look at. */
interface IssueFlags extends PassphraseFlags, ParentPassphraseFlags, RunFlags {
  readonly recipe?: RecipeName | undefined;
  readonly force?: readonly Part[] | undefined;
  readonly yes?: boolean | undefined;
}

/** What the four commands share: flags become options, one call into the library, and its result is shown. */
export async function runIssue(
  command: string,
  parts: readonly Part[],
  flags: IssueFlags,
  environment: Environment,
): Promise<void> {
  const { signal } = environment;
  const request = requestOf(flags, signal);
  const loud = !flags.quiet && !flags.json;
  if (flags.dryRun) {
    const { plan: asked, ...planned } = await previewIssue(parts, request);
    const plan = await asRunHere(asked, flags.openssl);
    const { recipe, departures } = plan;
    const certificates = plan.steps.length === 0 ? await readCertificates(planned, parts) : {};
    const shown: Issued = {
      ...planned,
      recipe,
      departures,
      made: [],
      commands: [],
      openssl: undefined,
      certificates,
      pem: {},
    };
    if (flags.json) printJson(issuedAsJson(command, shown, plan));
    else {
      if (loud) sayNotes(planned.notes);
      printExactly(...planLines(plan));
      if (loud && plan.steps.length === 0) print(...describeIssued(shown, parts, resultStyle()));
    }
    return;
  }

  if (flags.force?.includes('ca')) await confirmNewCa(parts, request, flags.yes ?? false, signal);
  const issued = await running(flags, environment, ({ observer, ...control }) =>
    issue(parts, { ...request, ...control, observer: observer && warned(observer) }),
  );
  if (flags.json) printJson(issuedAsJson(command, issued));
  else if (loud) {
    sayNotes(issued.notes);
    print(...describeIssued(issued, parts, resultStyle()));
  }
}

const warnings: readonly Note['code'][] = [
  'REFUSED_BY_CLIENTS',
  'NAME_REFUSED',
  'DEPARTS',
  'CA_KEY_COPIED',
  'LEAVES_VOID',
];

/** What a person should hear before anything runs, and not only when it is done. */
function warned(observer: (event: StepEvent) => void): (event: StepEvent) => void {
  return (event) => {
    const early = event.type === 'plan' ? event.plan.notes : [];
    sayNotes(early.filter(({ code }) => warnings.includes(code)));
    observer(event);
  };
}

/** Flags as options of the library, as its table has them. */
export function requestOf(
  flags: PassphraseFlags & ParentPassphraseFlags & Pick<IssueFlags, 'recipe'>,
  signal: AbortSignal,
): IssueRequest {
  if (flags.recipe !== undefined) refuseUnusedPassphrase(flags.recipe, flags);
  const parentPassphrase = parentPassphraseSource(flags, signal);
  return {
    ...optionsOf(flags),
    passphrase: passphraseSource(flags, signal),
    ...(parentPassphrase !== undefined && { parentPassphrase }),
  };
}

/** The flags that are in the library's table, as its options. */
export function optionsOf(flags: object): Omit<IssueRequest, 'passphrase'> {
  const values = flags as Readonly<Record<string, unknown>>;
  const given = optionNames.flatMap((name): [string, unknown][] => {
    const { flag } = issueOptions[name];
    const value = flag === undefined ? undefined : values[flag];
    if (value === undefined) return [];
    return [[name, flag?.startsWith('no-') ? value !== true : value]];
  });
  return Object.fromEntries(given);
}

/** A flag that would not be looked at. */
function refuseUnusedPassphrase(recipe: RecipeName, { passphraseFile, passphraseFd }: PassphraseFlags): void {
  const unused = recipe !== 'recommended' && !tutorials[recipe].encryptsCaKey;
  if (unused && (passphraseFile !== undefined || passphraseFd !== undefined))
    throw new InputError('passphrase', `the recipe ${recipe} encrypts no key: it takes no passphrase`);
}

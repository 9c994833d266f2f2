import { ciphers, digests, type OpensslStep } from '../../../lib/internal.js';
import { commandLine, Passphrase, type StepOptions, type StepResult } from '../../../lib/index.js';
import { asRunHere } from '../../as-run-here.js';
import { executionFlags, openModesFlag, type RunFlags } from '../../flags.js';
import type { Environment } from '../../environment.js';
import { passphraseArgument } from '../../passphrase.js';
import { describeStep, spelledNotes } from '../../present.js';
import { sayNotes } from '../../notes.js';
import { observeProgress } from '../../progress.js';
import { print, printExactly, printJson } from '../../streams.js';

/** Flags that several steps share, and what each step does with its own. */

export const group = 'Options of openssl:';
export const text = (describe: string) => ({ type: 'string', requiresArg: true, describe, group }) as const;
export const needed = (describe: string) => ({ ...text(describe), demandOption: true }) as const;
export const flag = (describe: string) => ({ type: 'boolean', describe, group }) as const;

export const out = { out: needed('Output file') } as const;
export const passin = { passin: text('Passphrase of the private key: file:PATH, fd:N or stdin') } as const;
export const passout = {
  passout: text('Passphrase to encrypt the private key with: file:PATH, fd:N or stdin'),
} as const;
export const cipher = Object.fromEntries(
  ciphers.map((name) => [name, flag(`Encrypt with ${name}`)]),
) as Record<(typeof ciphers)[number], ReturnType<typeof flag>>;
export const digest = Object.fromEntries(digests.map((name) => [name, flag(`Sign with ${name}`)])) as Record<
  (typeof digests)[number],
  ReturnType<typeof flag>
>;
export const days = { days: text('Lifetime in days') } as const;
export const serial = { set_serial: text('Serial number, in hexadecimal') } as const;
export const extensions = { extensions: text('Section with the extensions') } as const;
export const request = {
  key: needed('Private key file'),
  ...passin,
  subj: text('Subject, such as /C=DE/CN=client'),
  config: text('Configuration file with the subject and the extensions'),
  ...digest,
} as const;
export const common = {
  ...executionFlags,
  overwrite: { ...flag('Replace the output file if it exists'), group: 'Running:' },
} as const;
/** For what writes a private key. */
export const ofKey = { ...common, ...openModesFlag } as const;

/** The one flag of several that was given. */
export function chosen<Name extends string>(
  names: readonly Name[],
  flags: Readonly<Partial<Record<Name, unknown>>>,
): Name | undefined {
  return names.find((name) => flags[name] === true);
}

interface SecretFlags {
  readonly passin?: string | undefined;
  readonly passout?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

/** Passphrases are read only when something runs: a dry run needs none of them. */
export async function secrets({ passin, passout, dryRun }: SecretFlags, { signal }: Environment) {
  const read = async (text: string | undefined, flag: string): Promise<Passphrase | undefined> =>
    text === undefined ? undefined : dryRun ? Passphrase.unknown() : passphraseArgument(text, flag, signal);
  return { passin: await read(passin, 'passin'), passout: await read(passout, 'passout') };
}

type CommonFlags = Omit<RunFlags, 'dir' | 'lockTimeout'> & { readonly overwrite?: boolean | undefined };

/** Shows the step, or runs it and shows what came of it. */
export async function show<Options extends object>(
  command: string,
  options: Options,
  plan: (options: Options) => OpensslStep,
  run: (options: Options & StepOptions) => Promise<StepResult>,
  flags: CommonFlags,
  { signal }: Environment,
): Promise<void> {
  const asked = plan(options);
  const nothing = { recipe: 'step', replaces: [], notes: [], departures: [] };
  const shown = flags.dryRun ? await asRunHere({ ...nothing, steps: [asked] }, flags.openssl) : undefined;
  const step = shown?.steps.find((one): one is OpensslStep => one.kind === 'openssl') ?? asked;
  const loud = !flags.quiet && !flags.json;
  if (flags.dryRun) {
    const json = { ok: true, command, dryRun: true, path: null, commands: [commandLine(step)], notes: [] };
    if (flags.json) printJson(json);
    else printExactly(commandLine(step));
    return;
  }
  const observer = loud && flags.verbose ? observeProgress(true).observer : undefined;
  const { path, commands, notes } = await run({
    ...options,
    openssl: flags.openssl,
    timeoutMs: flags.timeout * 1000,
    overwrite: flags.overwrite,
    allowOpenModes: flags.allowOpenModes,
    signal,
    observer,
  });
  if (flags.json)
    printJson({
      ok: true,
      command,
      dryRun: false,
      path: path || null,
      commands,
      notes: spelledNotes(notes),
    });
  else if (loud) {
    sayNotes(notes);
    print(path ? describeStep(path) : `${step.title}: OK`);
  }
}

import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  encryptedCaKeys,
  findTimer,
  formatWithin,
  installCommand,
  installTarget,
  keyTypeName,
  parseWithin,
  timerFiles,
  whyChangeable,
  type RenewRequest,
  type Text,
  type CrlRequest,
  type TimerKind,
  type TimerTask,
} from '../lib/internal.js';
import {
  DirectoryError,
  DockerError,
  InputError,
  installTimer,
  ownProgram,
  previewCrl,
  previewRenewal,
  removeTimer,
  type DockerTlsError,
} from '../lib/index.js';
import type { Environment } from './environment.js';
import { renewWords } from './present-renewal.js';
import { describeRemovedTimer, describeTimer } from './present-timer.js';
import { errorStyle, print, printExactly, printJson, resultStyle, say } from './streams.js';

export interface TimerFlags {
  readonly names: readonly string[];
  readonly printTimer?: TimerKind | undefined;
  readonly apply?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly passphraseFile?: string | undefined;
  readonly exec?: string | undefined;
  readonly install?: boolean | undefined;
  readonly to?: string | undefined;
  readonly root?: string | undefined;
  readonly quiet?: boolean | undefined;
  readonly openssl?: string | undefined;
}

/** Prints what would run `renew` once a day, or sets it up. */
export async function runTimer(
  request: RenewRequest,
  flags: TimerFlags,
  { signal }: Environment,
): Promise<void> {
  await setUpTimer('renew', await timerCommandLine(request, flags), flags, signal);
}

/** Prints what would sign the list of revoked certificates again, or sets it up. */
export async function runCrlTimer(
  request: CrlRequest,
  flags: CrlTimerFlags,
  { signal }: Environment,
): Promise<void> {
  await setUpTimer('crl', await crlCommandLine(request, flags), flags, signal);
}

type TimerKindFlags = Pick<TimerFlags, 'printTimer' | 'apply' | 'dryRun' | 'json' | 'quiet'>;
type CrlTimerFlags = TimerKindFlags & Pick<TimerFlags, 'passphraseFile' | 'openssl'>;

async function setUpTimer(
  task: TimerTask,
  { argv, notes }: TimerCommand,
  flags: TimerKindFlags,
  signal: AbortSignal,
): Promise<void> {
  const kind = flags.printTimer ?? 'systemd';
  const files = timerFiles(kind, argv, task);
  const placed = flags.apply && !flags.dryRun ? await install(task, argv, signal) : undefined;
  const { replaced = false } = placed ?? {};
  if (flags.json) {
    printJson({ ok: true, command: task, kind, installed: placed !== undefined, replaced, files, notes });
    return;
  }
  if (!flags.quiet) say(...notes.map((note) => `${errorStyle().yellow('note:')} ${note}`));
  const kept = (placed?.files ?? []).flatMap(({ aside }) => aside ?? []);
  if (!flags.quiet || placed === undefined)
    printExactly(
      ...describeTimer(files, {
        kind,
        asked: flags.printTimer !== undefined,
        installed: placed !== undefined,
        replaced,
        kept,
      }),
    );
}

/** Where it cannot be installed, the hint says what prints one to install by hand. */
async function install(
  task: TimerTask,
  argv: readonly string[],
  signal: AbortSignal,
): ReturnType<typeof installTimer> {
  const details = (error: DockerTlsError, kind: TimerKind): { cause: unknown; hint: Text } => ({
    cause: error,
    hint: [...(error.remedy ?? []), renewWords.timerPrinted(kind)],
  });
  try {
    return await installTimer(argv, { signal, task });
  } catch (error) {
    if (error instanceof DockerError && error.code === 'ERR_DOCKER_NOT_FOUND')
      throw new DockerError(error.code, error.message, details(error, 'cron'));
    if (error instanceof DirectoryError && error.code === 'ERR_EXISTS')
      throw new DirectoryError(error.code, error.path, error.message, details(error, 'systemd'));
    throw error;
  }
}

/** Stops and removes the timer; says so where there is none. */
export async function runRemoveTimer(
  { apply, dryRun, json, quiet }: TimerKindFlags,
  { signal }: Environment,
  task: TimerTask = 'renew',
): Promise<void> {
  const applied = apply === true && !dryRun;
  const found = applied ? await removeTimer({ signal, task }) : await findTimer('/', task);
  if (json) printJson({ ok: true, command: task, removed: applied, ...found, cron: found.cron ?? null });
  else if (!quiet) print(...describeRemovedTimer(found, applied, resultStyle()));
}

interface TimerCommand {
  readonly argv: readonly string[];
  readonly notes: readonly string[];
}

/** What a timer runs: this program by its full path, with what was asked for; nobody can be asked for a passphrase there. */
async function timerCommandLine(request: RenewRequest, flags: TimerFlags): Promise<TimerCommand> {
  const { directory } = await previewRenewal({ ...request, due: true }); // what it would refuse each night is told now
  await refuseToAsk(directory, flags);
  const { node, program } = await programThere();
  const { install, notes } = await installWords(directory, flags);
  const argv = [
    node,
    program,
    ...['renew', '--due', ...flags.names, '--dir', directory, '--quiet'],
    ...(request.newKey ? ['--new-key'] : []),
    ...flag('--key', typeof request.key === 'object' ? keyTypeName(request.key) : request.key),
    ...flag('--days', request.days === undefined ? undefined : String(request.days)),
    ...flag('--within', request.within === undefined ? undefined : formatWithin(parseWithin(request.within))),
    ...flag('--passphrase-file', flags.passphraseFile && resolve(flags.passphraseFile)),
    ...opensslFlag(flags),
    ...install,
    ...flag('--exec', flags.exec),
  ];
  return { argv, notes: [...notes, ...(await notesOn({ node, program }, flags))] };
}

async function crlCommandLine(request: CrlRequest, flags: CrlTimerFlags): Promise<TimerCommand> {
  const { directory } = await previewCrl(request);
  await refuseToAsk(directory, flags);
  const { node, program } = await programThere();
  const argv = [
    node,
    program,
    ...['crl', '--due', '--dir', directory, '--quiet'],
    ...flag('--days', request.days === undefined ? undefined : String(request.days)),
    ...flag('--passphrase-file', flags.passphraseFile && resolve(flags.passphraseFile)),
    ...opensslFlag(flags),
  ];
  return { argv, notes: await notesOn({ node, program }, flags) };
}

function flag(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [name, value];
}

/** The environment of a timer has no OPENSSL_BIN. */
function opensslFlag({ openssl: given }: Pick<TimerFlags, 'openssl'>): string[] {
  const openssl = given ?? (process.env['OPENSSL_BIN'] === '' ? undefined : process.env['OPENSSL_BIN']);
  return flag('--openssl', openssl?.includes('/') ? resolve(openssl) : openssl);
}

/** Refuses a timer that would have to ask for a passphrase. Errors: `ERR_INPUT`. */
async function refuseToAsk(
  directory: string,
  { passphraseFile }: Pick<TimerFlags, 'passphraseFile'>,
): Promise<void> {
  const [key] = passphraseFile === undefined ? await encryptedCaKeys(directory) : [];
  if (key !== undefined)
    throw new InputError('timer', renewWords.timerAsksNobody(key), {
      hint: renewWords.timerAsksNobodyHint,
    });
}

async function notesOn(
  { node, program }: { readonly node: string; readonly program: string },
  { passphraseFile }: Pick<TimerFlags, 'passphraseFile'>,
): Promise<string[]> {
  const used = [node, program, passphraseFile].filter((path) => path !== undefined);
  return [...npxNotes(program), ...(await notesOfOthers(used))];
}

function npxNotes(program: string): string[] {
  return /[/]_npx[/]/.test(program) ? [renewWords.timerOfNpx(program)] : [];
}

/** A timer of root's that runs what another user can change makes that user root. */
async function notesOfOthers(paths: readonly string[]): Promise<string[]> {
  const reasons = await Promise.all(paths.map((path) => whyChangeable(path)));
  return reasons.flatMap((why) => (why === undefined ? [] : [renewWords.timerOfOthers(why)]));
}

/** By paths that hold when nobody is logged in. */
async function programThere(): Promise<{ node: string; program: string }> {
  const { node, program } = ownProgram();
  const gone = [node, program].find((path) => !existsSync(path));
  if (gone !== undefined) throw new InputError('timer', renewWords.timerGone(gone));
  return { node, program: await realpath(program) };
}

/** A daemon that `install daemon` has set up is brought its files, unless a command of the user's own does it. */
async function installWords(
  directory: string,
  { install, to, root, exec }: TimerFlags,
): Promise<{ install: string[]; notes: string[] }> {
  if (install) {
    await installTarget(directory, { to, root });
    const where = [
      ...(to === undefined ? [] : ['--to', to]),
      ...(root === undefined ? [] : ['--root', resolve(root)]),
    ];
    return { install: ['--install', ...where], notes: [] };
  }
  const isOurs = await installTarget(directory, true).then(
    () => true,
    () => false,
  );
  if (!isOurs) return { install: [], notes: [] };
  if (exec === undefined) return { install: ['--install'], notes: [renewWords.timerInstalls] };
  const command = await installCommand(directory);
  return { install: [], notes: command === undefined ? [] : [renewWords.timerWithout] };
}

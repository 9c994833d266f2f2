import { join } from 'node:path';
import { aborted, DirectoryError, DockerError, InputError } from '../../errors.js';
import { shellWord } from '../../shell/sh.js';
import type { OpenModes } from '../../store/place-file.js';
import type { Note } from '../../plan/step.js';
import { openModesNotes } from '../../store/open-modes.js';
import type { Folder } from '../../store/folder.js';
import { makeSafely } from '../../store/enter-safely.js';
import { refuseUnsafeFolders } from '../../store/safety.js';
import { openWorkspace } from '../../store/open-workspace.js';
import { calledNames, endpointCalled, type CalledOptions } from '../daemon/called.js';
import {
  configurationDirectory,
  contextPaths,
  copiedFiles,
  currentContext,
  endpointValue,
  readStoredContext,
  type StoredContext,
} from './context-store.js';
import { readCredentialFiles, type CredentialFile } from './credential-files.js';
import { credentialsNames, readCredentials, type CredentialsOptions } from './credentials.js';
import { endpointUrl } from '../../x509/endpoint.js';
import { dockerSucceeds } from '../run.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';

export interface ContextOptions extends CredentialsOptions, CalledOptions, OpenModes {
  /** Makes it the context that docker uses. Default: false. */
  readonly use?: boolean | undefined;
  /** Runs docker to create or update the context. Default: false, a preview only. */
  readonly apply?: boolean | undefined;
  /** Docker's own directory. Default: `DOCKER_CONFIG`, or else `~/.docker`. */
  readonly configDirectory?: string | undefined;
  /** The docker to run. Default: the one on PATH. */
  readonly docker?: string | undefined;
  /** Looked at before docker is started. */
  readonly signal?: AbortSignal | undefined;
}

const optionNames: OptionNames<ContextOptions> = {
  ...credentialsNames,
  ...calledNames,
  allowOpenModes: true,
  use: true,
  apply: true,
  configDirectory: true,
  docker: true,
  signal: true,
};

/** What has to be done for a context to be what it should. */
export interface ContextPlan {
  readonly context: string;
  /** `tcp://HOST:PORT`. */
  readonly host: string;
  /** `current`: it has this host and these files already. */
  readonly state: 'absent' | 'differs' | 'current';
  /** In which it differs: `host`, `ca.pem`, `cert.pem`, `key.pem`, `skip-tls-verify`. */
  readonly differences: readonly string[];
  /** Whether docker uses it by itself. */
  readonly used: boolean;
  /** The commands of docker that do it, each as its words; none where nothing is to be done. */
  readonly commands: readonly (readonly string[])[];
  /** False for a preview. */
  readonly applied: boolean;
  /** `OPEN_MODES`. */
  readonly notes: readonly Note[];
}

/**
 * Creates or updates a docker context with a client's three files. A context contains copies of them: after a renewal they
 * differ. An update without the files would drop them, so each update names all three, and the result is read back. Without
 * `host` a context that exists keeps its own. Without `apply` it changes nothing, and starts no docker.
 *
 * @throws `ERR_INPUT`: an option is unknown, docker does not accept the name, or nothing tells the daemon's host.
 * @throws `ERR_INCOMPLETE`, `ERR_LEAF_UNUSABLE`, `ERR_CA_UNUSABLE`: the client's files are missing, or cannot work.
 * @throws `ERR_FILE`: a file of docker's cannot be read.
 * @throws `ERR_UNSAFE`, `ERR_OPEN_MODES`: docker's own directory cannot be used safely.
 * @throws `ERR_DOCKER_NOT_FOUND`, `ERR_DOCKER_FAILED`, `ERR_TIMEOUT`: docker cannot do it.
 * @throws `ERR_ABORTED`: `signal` aborted.
 */
export async function syncContext(context: string, options: ContextOptions = {}): Promise<ContextPlan> {
  refuseUnknown(options, optionNames);
  const { apply = false, docker = 'docker', signal } = options;
  const { plan, configuration } = await compare(context, options);
  if (!apply) return { ...plan, applied: false };
  if (signal?.aborted) throw aborted(signal, 'stopped before docker was started');
  if (plan.commands.length === 0) return { ...plan, applied: true };
  const notes = await runIn(configuration, docker, plan, options);
  const after = await compare(context, options);
  if (after.plan.commands.length > 0) {
    throw new DockerError(
      'ERR_DOCKER_FAILED',
      `${docker} reported success, but the context ${context} is not what it should be: ${after.plan.differences.join(', ') || after.plan.state}`,
    );
  }
  return { ...plan, applied: true, notes };
}

interface Comparison {
  readonly plan: Omit<ContextPlan, 'applied'>;
  /** Docker's own directory. */
  readonly configuration: string;
}

async function compare(context: string, options: ContextOptions): Promise<Comparison> {
  refuseName(context);
  const { directory, name, host: asked } = options;
  const credentials = await readCredentials('client', { directory, name });
  const files = await readCredentialFiles(credentials);
  const configuration = configurationDirectory(options.configDirectory);
  const there = orThrow(await readStoredContext(configuration, context));
  const host =
    asked === undefined && there?.host?.startsWith('tcp://')
      ? there.host
      : endpointUrl(await endpointCalled({ directory, host: asked }));
  const differences = there ? differencesOf(there, host, files) : [];
  const state = !there ? 'absent' : differences.length > 0 ? 'differs' : 'current';
  const used = (await currentContext(configuration)) === context;
  const { ca, certificate: cert, key } = credentials;
  const commands = [
    ...(state === 'current'
      ? []
      : [
          [
            'context',
            state === 'absent' ? 'create' : 'update',
            context,
            '--docker',
            endpointValue(host, { ca, cert, key }),
          ],
        ]),
    ...(options.use && !used ? [['context', 'use', context]] : []),
  ];
  return { plan: { context, host, state, differences, used, commands, notes: [] }, configuration };
}

/**
 * Runs docker on its own directory, which is held open: docker copies the client's key there, and what comes in the place of
 * the directory meanwhile gets none. Refuses where no key may be written.
 */
async function runIn(
  configuration: string,
  docker: string,
  { context, commands }: Comparison['plan'],
  { allowOpenModes }: OpenModes,
): Promise<Note[]> {
  const made = await makeSafely(configuration, 0o700);
  const env = { DOCKER_CONFIG: made.folder.path };
  try {
    await refuseOthersFolders(configuration, context);
    // With a workspace in it, which shows whether the file system keeps modes.
    const workspace = await openWorkspace(configuration, { locked: false, secret: true, allowOpenModes });
    await workspace.remove();
    // To its end whatever the signal says: docker writes the files of a context one by one.
    for (const argv of commands) await dockerSucceeds({ file: docker, argv, env });
    return openModesNotes(workspace);
  } catch (error) {
    await made.takeBack();
    throw error instanceof DockerError ? namingFolder(error, made.folder) : error;
  } finally {
    await made.close();
  }
}

/** What is in the way otherwise, docker tells in its own words. Errors: `ERR_UNSAFE`. */
async function refuseOthersFolders(configuration: string, context: string): Promise<void> {
  const { description, copies } = contextPaths(context);
  for (const file of [description, join(copies, 'key.pem')])
    await refuseUnsafeFolders(configuration, file).catch((error: unknown) => {
      if (!(error instanceof DirectoryError) || error.code === 'ERR_UNSAFE') throw error;
    });
}

/** Docker names the directory as it was given to it. */
function namingFolder(error: DockerError, { path, shown }: Folder): DockerError {
  const named = (text: string): string => text.replaceAll(path, shown);
  const { command, stderr, hint, cause } = error;
  const details = { stderr: named(stderr), hint, cause, ...(command === undefined ? {} : { command }) };
  const code = error.code === 'ERR_DOCKER_NOT_FOUND' ? error.code : 'ERR_DOCKER_FAILED';
  return new DockerError(code, named(error.message), details);
}

/** A command of docker for a shell. */
export function dockerCommandLine(words: readonly string[]): string {
  return ['docker', ...words].map(shellWord).join(' ');
}

/** Docker's own rule, in its words. */
function refuseName(context: string): void {
  if (context === 'default')
    throw new InputError('context', "'default' is docker's own context", { hint: 'choose another name' });
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$/.test(context)) {
    throw new InputError('context', `docker takes no context named ${JSON.stringify(context)}`, {
      hint: 'two or more letters, digits, dots, hyphens, underscores and plus signs, beginning with a letter or a digit',
    });
  }
}

/** Errors: `ERR_FILE` for a copy that cannot be read. */
function differencesOf(there: StoredContext, host: string, files: readonly CredentialFile[]): string[] {
  const copies = new Map<string, Buffer | undefined>();
  for (const name of copiedFiles) copies.set(name, orThrow(there.files[name]));
  return [
    ...(there.host === host ? [] : ['host']),
    ...files.filter(({ name, content }) => !copies.get(name)?.equals(content)).map(({ name }) => name),
    ...(there.skipsVerification ? ['skip-tls-verify'] : []),
  ];
}

function orThrow<Value>(value: Value | DirectoryError): Value {
  if (value instanceof DirectoryError) throw value;
  return value;
}

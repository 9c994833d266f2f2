import { stat, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ConfigurationError, DockerTlsError, fileError, InputError } from '../errors.js';
import { commit } from '../store/commit.js';
import { repair } from '../store/leftovers.js';
import { withLock, type Lock } from '../store/lock.js';
import { makeSafely } from '../store/safety.js';
import { prepareFile, type FileToBe, type PreparedFile } from '../store/replace-file.js';
import { openWorkspace } from '../store/workspace.js';
import { altNamesOf } from '../x509/certificate.js';
import { hostCalled } from './advice.js';
import { readCredentialFiles } from './credential-files.js';
import { readCredentials, type Credentials, type CredentialsOptions } from './credentials.js';
import { readDaemonJson, withSettings, type DaemonJson } from './daemon-json.js';
import { digestOf, readRecord, recordName, type DaemonRecord } from './daemon-record.js';
import { daemonFiles, isOpen, isTcp, settingsFor } from './daemon-settings.js';
import { endpointUrl, parseEndpoint, TLS_PORT } from './endpoint.js';
import {
  daemonJsonPath,
  directoriesMissing,
  hostOf,
  lookAt,
  removeEmpty,
  type Found,
  type Host,
  type HostChange,
  type HostChanges,
  type HostOptions,
} from './host.js';
import { refuseUnstartable } from './refusals.js';
import { refuseRestart, restartDaemon, restartLines } from './restart.js';
import { runDocker } from './run.js';
import { dropInFolder, dropInPath, readService, type Service } from './service.js';

export interface InstallDaemonOptions extends HostOptions, CredentialsOptions {
  /** Where the daemon listens: ADDRESS or ADDRESS:PORT. Default: `0.0.0.0:2376`, all addresses of IPv4. */
  readonly listen?: string | undefined;
  /** The dockerd that checks the configuration, by path or by a name on PATH. Default: `dockerd`. */
  readonly dockerd?: string | undefined;
}

export interface DaemonInstallation extends HostChanges {
  /** How the daemon is called: the first name of its certificate. */
  readonly host: string;
  /** The socket that was asked for, as daemon.json has it. */
  readonly listen: string;
  /** What daemon.json says then. */
  readonly daemonJson: string;
  /** Whether `dockerd --validate` took it; undefined where nothing was written, or there is no dockerd that can (23.0 and later). */
  readonly validated: boolean | undefined;
}

/**
 * Lets the daemon of a host take TCP connections of clients that authenticate, and no others: puts its three files in their
 * place, takes `-H` and the flags for TLS out of the unit by a drop-in where they stand there, and merges daemon.json, a copy of
 * which is kept. The CA's private key stays where it is. After any error daemon.json is what it was; killed at any moment, each
 * file is whole, dockerd can start with them, and the next run goes on. A second run changes nothing.
 * Errors: those of `readCredentials`; `ERR_INPUT`; `ERR_CONFIGURATION` for a daemon.json or a unit that cannot be changed
 * safely, or that dockerd refuses; `ERR_UNSAFE`, `ERR_FILE`, `ERR_LOCKED`; `ERR_DOCKER_FAILED` for a restart that fails.
 */
export async function installDaemon(options: InstallDaemonOptions = {}): Promise<DaemonInstallation> {
  const host = await hostOf(options);
  const credentials = await readCredentials('server', options);
  if (dirname(credentials.certificate) === host.at(host.to)) {
    throw new InputError('to', `${host.at(host.to)} is the certificate directory itself`, {
      hint: 'name another directory with --to: what is installed can be taken away again',
    });
  }
  const listen = endpointUrl(parseEndpoint(options.listen ?? `0.0.0.0:${TLS_PORT}`, 'listen'));
  const wanted: Wanted = { listen, placed: await placedFrom(credentials), source: credentials.certificate };
  const called = hostCalled(altNamesOf(credentials.parsed.certificate).names) ?? 'HOST';
  if (!options.apply) {
    const { changes, text, service, notes } = await plan(host, wanted);
    const restart = changes.length > 0 ? restartLines(service) : [];
    return {
      ...{ changes, notes, restart, listen, host: called, daemonJson: text, manager: service.manager },
      ...{ applied: false, restarted: false, validated: undefined },
    };
  }
  const { changes, text, service, notes, validated } = await withLock(
    host.at(host.to),
    options,
    async (lock) => {
      await repair(host.at(host.to));
      const planned = await plan(host, wanted);
      refuseRestart(planned.service, options);
      const { length } = planned.changes;
      return {
        ...planned,
        validated: length > 0 ? await apply(host, planned, lock, credentials, options) : undefined,
      };
    },
  );
  const restarted = changes.length > 0 && options.restart === true;
  if (restarted) await restartDaemon(service, options);
  const restart = changes.length > 0 && !restarted ? restartLines(service) : [];
  return {
    ...{ changes, notes, restart, listen, host: called, daemonJson: text, manager: service.manager },
    ...{ applied: true, restarted, validated },
  };
}

/** A file in the daemon's own directory. */
interface Placed {
  readonly name: string;
  readonly content: Buffer;
  readonly mode: number;
  readonly what: string;
}

interface Wanted {
  readonly listen: string;
  readonly placed: readonly Placed[];
  readonly source: string;
}

/** What is to be done, for one look at the host. */
interface Planned {
  readonly changes: readonly HostChange[];
  readonly notes: readonly string[];
  readonly service: Service;
  /** What daemon.json is to say. */
  readonly text: string;
  /** In the daemon's own directory: they appear together. */
  readonly placed: readonly Placed[];
  readonly replaces: readonly string[];
  /** Copies of what is there, which are made first. */
  readonly copies: readonly FileToBe[];
  /** Elsewhere, in this order. */
  readonly files: readonly FileToBe[];
  /** A drop-in that is not needed any more. */
  readonly removed: readonly string[];
  readonly record: DaemonRecord;
}

async function placedFrom(credentials: Credentials): Promise<Placed[]> {
  const what: Record<string, string> = {
    [daemonFiles.ca]: 'the CA that signs its clients',
    [daemonFiles.certificate]: "the daemon's certificate",
    [daemonFiles.key]: "the daemon's private key",
  };
  return (await readCredentialFiles(credentials)).map(({ name, content }) => ({
    ...{ name, content, mode: name === daemonFiles.key ? 0o400 : 0o444 },
    what: what[name] ?? '',
  }));
}

async function plan(host: Host, { listen, placed, source }: Wanted): Promise<Planned> {
  const jsonPath = host.at(daemonJsonPath);
  const [service, existing, before] = await Promise.all([
    readService(host.root),
    readDaemonJson(jsonPath),
    readRecord(host.at(host.to)),
  ]);
  if (service.flagsTls && isOpen(existing, jsonPath)) {
    // Between the two changes the daemon would listen without TLS.
    throw new ConfigurationError(
      jsonPath,
      `${jsonPath} has TCP sockets, and the unit's command line TLS for them`,
      {
        hint: 'nothing was changed; take "hosts" out of daemon.json, or the --tls… flags into it, and run the same command again',
      },
    );
  }
  const settings = settingsFor({ to: host.to, flagged: service.hosts, listen }, existing, jsonPath);
  refuseUnstartable(service, settings['hosts']);
  const isSet = Object.entries(settings).every(
    ([key, value]) => JSON.stringify(existing?.value[key]) === JSON.stringify(value),
  );
  const text = existing && isSet ? existing.text : withSettings(existing?.text, settings);
  const there = await Promise.all(placed.map(({ name }) => lookAt(host.at(join(host.to, name)))));
  const differing = placed.filter(({ content, mode }, at) => !isSame(there[at], content, mode));
  const json = await lookAt(jsonPath);
  const dropIn = await lookAt(host.at(dropInPath));

  const changes: HostChange[] = [];
  const change = (path: string, exists: boolean, what: string): void => {
    changes.push({ path, action: exists ? 'replace' : 'create', what });
  };
  const files: FileToBe[] = [];
  for (const { name, what } of differing)
    change(join(host.to, name), there[placed.findIndex((each) => each.name === name)] !== undefined, what);
  const wantsDropIn = service.dropIn && !isSame(dropIn, Buffer.from(service.dropIn.content), 0o644);
  if (service.dropIn && wantsDropIn) {
    files.push({ path: host.at(dropInPath), content: service.dropIn.content, mode: 0o644 });
    const removed = service.dropIn.removed.join(' ');
    change(dropInPath, dropIn !== undefined, `the unit's command line without ${removed}`);
  }
  const removed = !service.dropIn && dropIn ? [host.at(dropInPath)] : [];
  if (removed.length > 0)
    changes.push({ path: dropInPath, action: 'remove', what: 'the unit has no such flags any more' });
  const { backup, written } = await daemonJsonRecord(host, before, existing, isSet, text);
  const copies: FileToBe[] = [];
  if (!isSet) {
    if (!before && json && backup !== null) {
      copies.push({ path: host.at(backup), content: json.content, mode: json.mode });
      change(backup, false, 'a copy of daemon.json as it is now');
    }
    files.push({ path: jsonPath, content: text, mode: json?.mode ?? 0o644, owner: json });
    change(daemonJsonPath, json !== undefined, Object.keys(settings).join(', '));
  }

  // What was there by these names, and is not ours, comes back when ours goes.
  const foreign = placed.flatMap(({ name }, at) => {
    const old = there[at];
    if (!old || !differing.some((each) => each.name === name)) return [];
    return digestOf(old.content) === before?.placed[name] ? [] : [{ of: name, old }];
  });
  const kept = await Promise.all(
    foreign.map(async ({ of, old }) => {
      const path = await freeName(host, join(host.to, `${of}.before-tls`));
      return { name: basename(path), of, content: old.content, mode: old.mode };
    }),
  );
  for (const { name, of } of kept) change(join(host.to, name), false, `a copy of ${of} as it is now`);
  const folders = [dirname(host.to), dirname(daemonJsonPath), ...(service.dropIn ? [dropInFolder] : [])];
  const record: DaemonRecord = {
    version: 1,
    placed: Object.fromEntries(placed.map(({ name, content }) => [name, digestOf(content)])),
    // What was there first is what comes back.
    kept: { ...Object.fromEntries(kept.map(({ name, of }) => [of, name])), ...before?.kept },
    daemonJson: {
      backup,
      written,
      settings,
      previous: before?.daemonJson.previous ?? pick(existing?.value ?? {}, Object.keys(settings)),
    },
    dropIn: service.dropIn ? digestOf(service.dropIn.content) : null,
    made: [...new Set([...(before?.made ?? []), ...(await directoriesMissing(host, [...folders, host.to]))])],
    source,
  };
  const recordFile: Placed = {
    ...{ name: recordName, mode: 0o600, what: '' },
    content: Buffer.from(`${JSON.stringify(record, null, 2)}\n`),
  };
  const recorded = await lookAt(host.at(join(host.to, recordName)));
  const toPlace = [
    ...differing,
    ...kept.map((each): Placed => ({ ...each, what: '' })),
    ...(isSame(recorded, recordFile.content, recordFile.mode) ? [] : [recordFile]),
  ];
  const notes = (settings['hosts'] as string[])
    .filter((each) => isTcp(each) && each !== listen)
    .map(
      (each) => `the daemon listens on ${each} already: clients have to authenticate there, too, from now on`,
    );
  return {
    ...{ changes, notes, service, text, copies, files, removed, record },
    placed: toPlace,
    replaces: toPlace.map(({ name }) => name),
  };
}

/** The copy that brings daemon.json back, and the digest of the text that it may be brought back from as a whole. */
async function daemonJsonRecord(
  host: Host,
  before: DaemonRecord | undefined,
  existing: DaemonJson | undefined,
  isSet: boolean,
  text: string,
): Promise<Pick<DaemonRecord['daemonJson'], 'backup' | 'written'>> {
  if (before) {
    const { backup, written } = before.daemonJson;
    const copy = backup === null ? undefined : await lookAt(host.at(backup));
    const asBefore = existing !== undefined && copy?.content.equals(Buffer.from(existing.text)) === true;
    const isOurs = asBefore || (existing !== undefined && digestOf(existing.text) === written);
    return { backup, written: isSet ? written : isOurs || !existing ? digestOf(text) : '' };
  }
  if (isSet) return { backup: null, written: '' };
  const backup = existing ? await freeName(host, `${daemonJsonPath}.before-tls`) : null;
  return { backup, written: digestOf(text) };
}

/** Gives whether dockerd has checked what daemon.json is to say. */
async function apply(
  host: Host,
  { placed, replaces, copies, files, removed, record }: Planned,
  lock: Lock,
  sources: Credentials,
  { dockerd = 'dockerd', signal }: InstallDaemonOptions,
): Promise<boolean | undefined> {
  for (const folder of record.made)
    if (folder !== host.to) await (await makeSafely(host.at(folder), 0o755)).close();
  const prepared: PreparedFile[] = [];
  const undo: (() => Promise<unknown>)[] = [];
  let validated: boolean | undefined;
  try {
    for (const file of files) {
      if (file.path === host.at(daemonJsonPath)) validated = await validate(dockerd, file, sources, signal);
      prepared.push(await prepareFile(file));
    }
    for (const copy of copies) await (await prepareFile(copy)).appear();
    await place(host.at(host.to), placed, replaces, lock);
    // daemon.json is the last: with all before it dockerd starts as ever, but for sockets that only its flags named.
    for (const [at, file] of prepared.entries()) {
      const { path } = files[at] ?? { path: '' };
      const old = await lookAt(path);
      await file.appear();
      undo.push(() => (old ? putBack(path, old) : unlink(path)));
    }
    for (const path of removed) await orTold(path, 'remove', unlink(path));
  } catch (error) {
    for (const step of undo.reverse()) await step().catch(() => undefined); // daemon.json, the last, is the old one
    for (const file of prepared) await file.discard();
    await removeEmpty(host, record.made);
    throw error;
  }
  return validated;
}

async function putBack(path: string, { content, mode, uid, gid }: Found): Promise<void> {
  await (await prepareFile({ path, content, mode, owner: { uid, gid } })).appear();
}

/** All of them appear in the directory, or none; it is made where it is not there. */
async function place(
  directory: string,
  placed: readonly Placed[],
  replaces: readonly string[],
  lock: Lock,
): Promise<void> {
  if (placed.length === 0) return;
  const workspace = await openWorkspace(directory, { locked: lock.locked, secret: true });
  try {
    for (const { name, content } of placed) {
      const path = join(workspace.path, name);
      await orTold(path, 'write', writeFile(path, content, { flag: 'wx', mode: 0o600 }));
    }
    const artifacts = placed.map(({ name, mode }) => ({ path: name, mode, product: 'file' as const }));
    await commit(workspace, artifacts, replaces, lock.held);
  } finally {
    await workspace.remove();
  }
}

/**
 * Lets dockerd check what daemon.json is to say, with the files where they lie now: it loads them. Undefined where this dockerd
 * cannot. Errors: `ERR_CONFIGURATION` with dockerd's words.
 */
async function validate(
  dockerd: string,
  file: FileToBe,
  { ca, certificate, key }: Credentials,
  signal: AbortSignal | undefined,
): Promise<boolean | undefined> {
  const here = { tlscacert: ca, tlscert: certificate, tlskey: key };
  const candidate = await prepareFile({ ...file, content: withSettings(String(file.content), here) });
  try {
    const argv = ['--validate', '--config-file', candidate.temporary];
    const { exitCode, stderr } = await runDocker({ file: dockerd, argv, signal });
    if (exitCode === 0) return true;
    if (stderr.includes('unknown flag: --validate')) return undefined;
    const words = stderr.trim().split('\n').at(-1)?.replaceAll(candidate.temporary, file.path) ?? '';
    throw new ConfigurationError(file.path, `dockerd would refuse ${file.path}: ${words}`, {
      hint: 'nothing was changed; mend daemon.json, and run the same command again',
    });
  } catch (error) {
    if (error instanceof DockerTlsError && error.code === 'ERR_DOCKER_NOT_FOUND') return undefined;
    throw error;
  } finally {
    await candidate.discard();
  }
}

function isSame(found: Found | undefined, content: Buffer, mode: number): boolean {
  return found?.mode === mode && found.content.equals(content);
}

/** The name, or the first of its numbered ones that nothing has. */
async function freeName(host: Host, path: string): Promise<string> {
  for (let number = 0; ; number++) {
    const name = number === 0 ? path : `${path}.${number}`;
    const taken = await stat(host.at(name)).then(
      () => true,
      () => false,
    );
    if (!taken) return name;
  }
}

function pick(value: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.filter((key) => key in value).map((key) => [key, value[key]]));
}

async function orTold<Result>(path: string, tried: string, work: Promise<Result>): Promise<Result> {
  return work.catch((error: unknown) => {
    throw error instanceof DockerTlsError ? error : fileError(path, tried, error);
  });
}

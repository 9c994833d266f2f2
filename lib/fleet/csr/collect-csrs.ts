import { running, type Run } from '../../execute/run.js';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { aborted, DirectoryError, InputError } from '../../errors.js';
import { fileError } from '../../file-error.js';
import { givenPath, givenText, givenTexts } from '../../given.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';
import { forEach } from '../../store/for-each.js';
import { placeFile } from '../../store/place-file.js';
import { refuseUnsafeDirectory } from '../../store/safety.js';
import type { Words } from '../../words.js';
import { formatAltName } from '../../x509/alt-names.js';
import type { SigningRequest } from '../../x509/signing-request.js';
import { formatSubject } from '../../x509/subject.js';
import { FleetCounter, memberEvent, type FleetObserver, type FleetEvent } from '../apply/fleet-events.js';
import { refuseUnknownMembers } from '../apply/refuse-unknown-members.js';
import type { FleetFile } from '../file/fleet-file.js';
import { readFleet } from '../file/read-fleet.js';
import type { Fleet } from '../fleet.js';
import { csrFault, roleFault } from '../plan/csr-faults.js';
import { checkedCsr, CSR_ENDING, readInbox, readWaiting, type Inbox } from '../plan/inbox.js';
import type { Member } from '../plan/member.js';
import { membersOfFleet } from '../plan/members-of.js';
import { hostCsrScript, usualDaemonDirectory } from './host-csr-script.js';
import { runOverSsh, sshLine, type HostAnswer, type SshOptions } from './over-ssh.js';

/** Which CSRs to collect, and how. */
export interface CollectCsrsOptions {
  /** The hosts to ask. Default: every host whose key is its own. */
  readonly hosts?: readonly string[] | undefined;
  /** Takes the files `NAME.csr` of this directory instead of asking hosts: those of clients, too. */
  readonly from?: string | undefined;
  /** How many hosts are asked at the same time, from 1 to 100. Default: 8: an sshd lets in ten that have not logged in yet. */
  readonly parallel?: number | undefined;
  /** The ssh to run. Default: the one on PATH. */
  readonly ssh?: string | undefined;
  /** A configuration of ssh, such as one with jump hosts, instead of the user's own. */
  readonly sshConfig?: string | undefined;
  /** Where the daemon's files lie on the hosts. Default: `/etc/docker/tls`. */
  readonly to?: string | undefined;
  /** Timeout per host, in milliseconds. Default: 120,000, two minutes. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Gets an event for each host, and for how far it has come. Default: none. */
  readonly observer?: FleetObserver | undefined;
}

const optionNames: OptionNames<CollectCsrsOptions> = {
  hosts: true,
  from: true,
  parallel: true,
  ssh: true,
  sshConfig: true,
  to: true,
  timeoutMs: true,
  signal: true,
  observer: true,
};

/** A CSR that has come. */
export interface CollectedCsr {
  readonly kind: 'host' | 'client';
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  /** `unchanged`: the CSR that waits has the same key and asks for the same. */
  readonly state: 'new' | 'replaced' | 'unchanged';
  /** The type of its key: `ec:p256`. */
  readonly keyType: string;
}

/** A host or a client whose CSR has not come. */
export interface UncollectedCsr {
  readonly kind: 'host' | 'client';
  readonly name: string;
  /** In the library's words. */
  readonly why: string;
  /** The parts of `why`. */
  readonly words: Words;
}

export interface CollectedCsrs {
  /** The fleet file, absolute; undefined for a value. */
  readonly file: string | undefined;
  /** Where CSRs wait to be signed, absolute. */
  readonly csrs: string;
  readonly collected: readonly CollectedCsr[];
  /** The others went on. */
  readonly failed: readonly UncollectedCsr[];
}

const MOST_PARALLEL = 100;

/**
 * Collects the CSRs of the hosts of a fleet over ssh: each host makes its key, where it has none, and a CSR for it with its own openssl,
 * and prints that. It needs neither Node nor this program. What comes back waits to be signed, if it is a CSR for that host and no other.
 *
 * @throws `ERR_INPUT`: an option is unknown, its value cannot be used, or the fleet file has no such host.
 * @throws `ERR_CONFIGURATION`: the fleet file has errors.
 * @throws `ERR_UNSAFE`: others could change the directory in which CSRs wait, or the one that they are taken from.
 * @throws `ERR_FILE`: a directory or a file cannot be read or written.
 * @throws `ERR_ABORTED`: `signal` aborted; what came before stays.
 */
export function collectCsrs(
  fleet: string | FleetFile,
  options: CollectCsrsOptions = {},
): Run<CollectedCsrs, FleetEvent> {
  return running(options, (observed) => collectNow(fleet, observed));
}

async function collectNow(fleet: string | FleetFile, options: CollectCsrsOptions): Promise<CollectedCsrs> {
  refuseUnknown(options, optionNames);
  const read = await readFleet(fleet);
  const inbox = await readInbox(read.csrs);
  const { from, signal } = options;
  const asked = from === undefined ? askedOverSsh(read, options) : await askedOfFiles(read, options, from);
  const collected: CollectedCsr[] = [];
  const failed: UncollectedCsr[] = [];
  const counter = new FleetCounter(asked.length, options.observer);
  await forEach(
    asked,
    async ({ member, answer }) => {
      if (signal?.aborted) return;
      const { kind, of } = member;
      const result = await received(member, await answer(), inbox);
      if (signal?.aborted) return;
      const event = memberEvent(
        { kind, name: of.name, action: 'collect' },
        'why' in result ? result.why : undefined,
      );
      if ('why' in result) failed.push({ kind, name: of.name, why: result.why, words: event.words ?? [] });
      else collected.push({ kind, name: of.name, ...result });
      counter.add([event]);
    },
    parallelOf(options),
  );
  if (signal?.aborted)
    throw aborted(signal, `stopped: ${collected.length} of ${asked.length} CSRs have come, and stay`);
  const order = new Map(asked.map(({ member }, at) => [`${member.kind}/${member.of.name}`, at]));
  const inOrder = <One extends { readonly kind: string; readonly name: string }>(list: One[]): One[] =>
    list.sort(
      (one, other) =>
        (order.get(`${one.kind}/${one.name}`) ?? 0) - (order.get(`${other.kind}/${other.name}`) ?? 0),
    );
  return { file: read.file, csrs: read.csrs, collected: inOrder(collected), failed: inOrder(failed) };
}

/** The lines that `collectCsrs` runs, for a person. Errors: as `collectCsrs`, as far as they can be known beforehand. */
export async function previewCollectCsrs(
  fleet: string | FleetFile,
  options: Omit<CollectCsrsOptions, 'from'> = {},
): Promise<{
  readonly hosts: readonly { readonly name: string; readonly command: string; readonly script: string }[];
}> {
  refuseUnknown(options, optionNames);
  const members = hostsToAsk(await readFleet(fleet), options);
  parallelOf(options);
  const hosts = [];
  for (const member of members)
    hosts.push({
      name: member.of.name,
      command: sshLine(targetOf(member), sshOf(options)),
      script: await scriptOf(member, options),
    });
  return { hosts };
}

interface AskedMember {
  readonly member: Member;
  readonly answer: () => Promise<HostAnswer>;
}

function hostsToAsk(fleet: Fleet, { hosts = [] }: CollectCsrsOptions): Member[] {
  const names = givenTexts(hosts, 'hosts');
  refuseUnknownMembers(names, fleet);
  const members = membersOfFleet(fleet).filter(({ kind, of }) => kind === 'host' && of.keys === 'on-host');
  const chosen = members.filter(({ of }) => names.length === 0 || names.includes(of.name));
  const other = names.find((name) => !chosen.some(({ of }) => of.name === name));
  if (other !== undefined)
    throw new InputError('hosts', `${JSON.stringify(other)} is no host whose key is its own`, {
      hint: 'the CSR of a client is taken from a file, and where the key is on the controller none is needed',
    });
  return chosen;
}

function askedOverSsh(fleet: Fleet, options: CollectCsrsOptions): AskedMember[] {
  const ssh = sshOf(options);
  return hostsToAsk(fleet, options).map((member) => ({
    member,
    answer: async () => runOverSsh(targetOf(member), await scriptOf(member, options), ssh),
  }));
}

function sshOf({ ssh, sshConfig, timeoutMs = 120_000, signal }: CollectCsrsOptions): SshOptions {
  return {
    ssh: ssh === undefined ? undefined : givenPath(ssh, 'ssh'),
    sshConfig: sshConfig === undefined ? undefined : givenPath(sshConfig, 'sshConfig'),
    timeoutMs,
    signal,
  };
}

function targetOf({ of }: Member): string {
  return ('ssh' in of ? of.ssh : undefined) ?? of.name;
}

function scriptOf(
  { of, altNames }: Member,
  { to = usualDaemonDirectory }: CollectCsrsOptions,
): Promise<string> {
  const directory = givenText(to, 'to');
  if (!/^\/[^\0\n]*[^/\0\n]$/.test(directory))
    throw new InputError('to', `${JSON.stringify(directory)} is not an absolute path`);
  return hostCsrScript({ names: altNames, key: of.key, to: directory });
}

function parallelOf({ parallel = 8 }: CollectCsrsOptions): number {
  if (Number.isInteger(parallel) && parallel >= 1 && parallel <= MOST_PARALLEL) return parallel;
  throw new InputError('parallel', `'${String(parallel)}' is no number from 1 to ${MOST_PARALLEL}`);
}

/** The files of a directory that are named for hosts and clients. Errors: `ERR_UNSAFE`, `ERR_FILE`. */
async function askedOfFiles(
  fleet: Fleet,
  { hosts = [] }: CollectCsrsOptions,
  from: string,
): Promise<AskedMember[]> {
  const directory = givenPath(from, 'from');
  const names = givenTexts(hosts, 'hosts');
  refuseUnknownMembers(names, fleet);
  await refuseUnsafeDirectory(directory, 'from');
  const entries = await readdir(directory).catch((error: unknown) => {
    throw fileError(directory, 'read', error);
  });
  const files = new Set(
    entries.filter((entry) => entry.endsWith(CSR_ENDING)).map((entry) => basename(entry, CSR_ENDING)),
  );
  const members = membersOfFleet(fleet).filter(
    ({ of }) =>
      of.keys === 'on-host' && files.has(of.name) && (names.length === 0 || names.includes(of.name)),
  );
  if (members.length === 0)
    throw new DirectoryError(
      'ERR_FILE',
      directory,
      `there is no CSR of a host or client of the fleet in ${directory}`,
      {
        hint: `each is a file NAME${CSR_ENDING}, of those whose keys are their own`,
      },
    );
  // A host and a client can have one name: the CSR says whose it is.
  const hostNames = new Set(members.filter(({ role }) => role === 'server').map(({ of }) => of.name));
  const twice = new Set(
    members.filter(({ role, of }) => role === 'client' && hostNames.has(of.name)).map(({ of }) => of.name),
  );
  return members.flatMap((member): AskedMember[] => {
    const { text, check } = readWaiting(join(directory, `${member.of.name}${CSR_ENDING}`));
    const request = check();
    const isOthers =
      twice.has(member.of.name) && 'role' in request && roleFault(request, member) !== undefined;
    const answer = text === undefined ? { why: 'fault' in request ? request.fault : '' } : { stdout: text };
    return isOthers ? [] : [{ member, answer: () => Promise.resolve(answer) }];
  });
}

/** Stores what came, if it is a CSR for that host or client. */
async function received(
  member: Member,
  answer: HostAnswer,
  inbox: Inbox,
): Promise<Omit<CollectedCsr, 'kind' | 'name'> | { readonly why: string }> {
  if ('why' in answer) return answer;
  const request = checkedCsr(answer.stdout);
  if ('fault' in request) return { why: `what came is not a CSR that can be signed: ${request.fault}` };
  const why = csrFault(request, member);
  if (why !== undefined) return { why: `its CSR is for others: ${why}` };
  const { role, of } = member;
  const file = inbox.placeOf(role, of.name);
  const before = inbox.of(role, of.name);
  const state = before === undefined ? 'new' : isAlike(before.check(), request) ? 'unchanged' : 'replaced';
  if (state !== 'unchanged')
    await placeFile(file, request.pem, 0o644, { overwrite: true, makeDirectory: true });
  return { file, state, keyType: request.keyType };
}

function isAlike(before: SigningRequest | { readonly fault: string }, now: SigningRequest): boolean {
  if ('fault' in before) return false;
  const names = (of: SigningRequest): string => of.names.map(formatAltName).sort().join();
  const subject = (of: SigningRequest): string => formatSubject(of.subject);
  return before.spki === now.spki && names(before) === names(now) && subject(before) === subject(now);
}

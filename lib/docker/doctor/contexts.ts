import { dirname, join } from 'node:path';
import { DirectoryError } from '../../errors.js';
import { shellWord } from '../../shell/sh.js';
import { readSet } from '../../set/certificate-set.js';
import { keyOf, leavesOf } from '../../set/found.js';
import { caFiles } from '../../set/layout.js';
import { readRegular } from '../../store/read-regular.js';
import { notAfter } from '../../x509/certificate.js';
import { certificateOf } from '../../x509/pem.js';
import { day } from '../../x509/validity.js';
import {
  copiedFiles,
  endpointValue,
  readStoredContexts,
  unreadable,
  type StoredContext,
} from '../client/context-store.js';
import { parseEndpoint } from '../../x509/endpoint.js';
import { isForHost, serverCertificates } from '../connect/served.js';
import type { Found } from './finding.js';

/** The files of a client, read. */
type ClientTexts = Readonly<Record<'ca' | 'cert' | 'key', string>>;

interface ClientFiles extends ClientTexts {
  readonly paths: ClientTexts;
}

/** A context has copies of a client's files, which a renewal does not update. */
export async function contextFindings(config: string, directory: string, now: Date): Promise<Found[]> {
  const servers = await serverCertificates(directory);
  const clients = await clientsIn(directory);
  const stored = await readStoredContexts(config);
  return stored.flatMap((each) => {
    const context = each instanceof DirectoryError ? each : overTcp(each);
    if (context === undefined) return [];
    if (context instanceof DirectoryError) return [unread(context)];
    const { host, files } = context;
    const isOurs =
      servers.some(({ certificate }) => isForHost(certificate, host)) ||
      clients.some(({ ca }) => ca === files?.ca);
    if (isOurs && clients.length > 0) return [judge(context, clients, now)];
    if (context.skipsVerify) return [unverified(context)];
    return isOurs ? [uncompared(context, directory)] : [];
  });
}

/** A context for a daemon of others, which nobody checks. */
function unverified({ name, url }: TcpContext): Found {
  return {
    ...{ id: 'context', title: `Context ${name}`, state: 'problem' },
    detail: skipped(url),
    fix: "create it again with that daemon's CA, and without skip-tls-verify",
  };
}

/** One for a server of the directory, without a client there to compare it with. */
function uncompared({ name, url }: TcpContext, directory: string): Found {
  const detail = `${url}, not compared: there is no client in ${directory}`;
  return { id: 'context', title: `Context ${name}`, state: 'unknown', detail };
}

function skipped(url: string): string {
  return `${url} with skip-tls-verify: anyone on the way can pass for the daemon`;
}

/** An unreadable context may be one for this daemon. */
function unread({ path, message }: DirectoryError): Found {
  return { id: 'context', title: `Context in ${path}`, state: 'warning', detail: message, fix: unreadable };
}

interface TcpContext {
  readonly name: string;
  readonly url: string;
  readonly host: string;
  readonly files: ClientTexts | undefined;
  readonly skipsVerify: boolean;
  /** Of its three files. */
  readonly missing: readonly string[];
}

function judge(
  { name, url, files, skipsVerify, missing }: TcpContext,
  clients: readonly ClientFiles[],
  now: Date,
): Found {
  const finding = { id: 'context', title: `Context ${name}` } as const;
  const theirs = files && certificateOf(files.cert);
  // The client that it was created from, or its renewed certificate.
  const source =
    clients.find(({ cert }) => cert === files?.cert) ??
    clients.find(({ cert }) => theirs && certificateOf(cert)?.subject === theirs.subject) ??
    clients[0];
  if (!source) return { ...finding, state: 'ok', detail: url };
  const { ca, cert } = source.paths;
  const fix = `docker context update ${shellWord(name)} --docker ${shellWord(endpointValue(url, source.paths))}`;
  if (skipsVerify) return { ...finding, state: 'problem', detail: skipped(url), fix };
  if (!files || !theirs)
    return {
      ...finding,
      state: 'problem',
      detail: `${url} without ${missing.join(', ') || 'a client certificate'}`,
      fix,
    };
  if (notAfter(theirs) <= now)
    return { ...finding, state: 'problem', detail: `its copy expired on ${day(notAfter(theirs))}`, fix };
  if (files.ca !== source.ca)
    return { ...finding, state: 'problem', detail: `its copy is from a CA other than ${ca}`, fix };
  if (files.cert !== source.cert || files.key !== source.key)
    return { ...finding, state: 'warning', detail: `its copy differs from ${cert}`, fix };
  return { ...finding, state: 'ok', detail: `${url}, matches ${cert}` };
}

/** The clients of a directory with their keys and CAs; incomplete clients are left to `verify`. */
async function clientsIn(directory: string): Promise<ClientFiles[]> {
  const set = await readSet(directory).catch(() => undefined);
  if (!set) return [];
  const found = await Promise.all(
    leavesOf(set)
      .filter(({ role }) => role === 'client')
      .map(async (leaf) => {
        const key = keyOf(leaf, set)?.path;
        const paths = key && { ca: join(dirname(leaf.path), caFiles.certificate), cert: leaf.path, key };
        return paths ? readClient(directory, paths).catch(() => undefined) : undefined;
      }),
  );
  return found.filter((client) => client !== undefined);
}

/** Undefined if one of them is empty. Errors: those of the system, and `ERR_FILE`. */
async function readClient(folder: string, files: ClientFiles['paths']): Promise<ClientFiles | undefined> {
  const paths = { ca: join(folder, files.ca), cert: join(folder, files.cert), key: join(folder, files.key) };
  const read = await Promise.all([paths.ca, paths.cert, paths.key].map((path) => readRegular(path)));
  const texts = textsOf(...read.map(({ bytes }) => bytes));
  return texts && { paths, ...texts };
}

/** Undefined where it is of no daemon that is reached over TCP; an error where one of its files cannot be read. */
function overTcp(stored: StoredContext): TcpContext | DirectoryError | undefined {
  const { name, host: url, files } = stored;
  const host = url === undefined ? undefined : tcpHost(url);
  if (name === undefined || url === undefined || host === undefined) return undefined;
  const [ca, cert, key] = copiedFiles.map((file) => files[file]);
  for (const copy of [ca, cert, key]) if (copy instanceof DirectoryError) return copy;
  const missing = copiedFiles.filter((file) => files[file] === undefined);
  const { skipsVerification: skipsVerify } = stored;
  return { name, url, host, files: textsOf(ca, cert, key), skipsVerify, missing };
}

function textsOf(...files: readonly (Buffer | DirectoryError | undefined)[]): ClientTexts | undefined {
  const [ca, cert, key] = files.map((file) =>
    Buffer.isBuffer(file) ? file.toString('utf8').trim() : undefined,
  );
  return ca === undefined || cert === undefined || key === undefined ? undefined : { ca, cert, key };
}

/** Undefined for what is not reached over TCP. */
function tcpHost(url: string): string | undefined {
  try {
    return parseEndpoint(url).host;
  } catch {
    return undefined;
  }
}

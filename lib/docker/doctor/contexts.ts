import { X509Certificate } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DirectoryError, fileError, systemCode } from '../../errors.js';
import { shellWord } from '../../plan/command-line.js';
import { readSet } from '../../set/certificate-set.js';
import { keyOf, leavesOf } from '../../set/found.js';
import { caFiles } from '../../set/layout.js';
import { readRegular } from '../../store/read-regular.js';
import { notAfter } from '../../x509/certificate.js';
import { day } from '../../x509/validity.js';
import { unreadable } from '../client/context.js';
import { parseEndpoint } from '../../x509/endpoint.js';
import { isFor, serverCertificates } from '../connect/served.js';
import type { Finding } from './finding.js';

/** The files of a client, read. */
interface ClientFiles {
  readonly paths: Readonly<Record<'ca' | 'cert' | 'key', string>>;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** A context has copies of a client's files: what is made anew does not reach it. */
export async function contextFindings(config: string, directory: string, now: Date): Promise<Finding[]> {
  const servers = await serverCertificates(directory);
  const clients = await clientsIn(directory);
  if (clients.length === 0) return [];
  const contexts = await contextsIn(join(config, 'contexts'));
  return contexts.flatMap((context) => {
    if (context instanceof DirectoryError) return [unread(context)];
    const { host, files } = context;
    const isOurs =
      servers.some(({ certificate }) => isFor(certificate, host)) ||
      clients.some(({ ca }) => ca === files?.ca);
    return isOurs ? [judge(context, clients, now)] : [];
  });
}

/** It can be a context for this daemon, and nobody knows. */
function unread({ path, message }: DirectoryError): Finding {
  return { id: 'context', title: `Context in ${path}`, state: 'warning', detail: message, fix: unreadable };
}

interface Context {
  readonly name: string;
  readonly url: string;
  readonly host: string;
  readonly files: ClientFiles | undefined;
}

function judge({ name, url, files }: Context, clients: readonly ClientFiles[], now: Date): Finding {
  const finding = { id: 'context', title: `Context ${name}` } as const;
  const theirs = files && parse(files.cert);
  // The one that it was made from, or what became of it.
  const source =
    clients.find(({ cert }) => cert === files?.cert) ??
    clients.find(({ cert }) => theirs && parse(cert)?.subject === theirs.subject) ??
    clients[0];
  if (!source) return { ...finding, state: 'ok', detail: url };
  const { ca, cert, key } = source.paths;
  const fix = `docker context update ${shellWord(name)} --docker ${shellWord(`host=${url},ca=${ca},cert=${cert},key=${key}`)}`;
  if (!files || !theirs)
    return { ...finding, state: 'problem', detail: `${url} without a client's certificate`, fix };
  if (notAfter(theirs) <= now)
    return { ...finding, state: 'problem', detail: `its copy expired on ${day(notAfter(theirs))}`, fix };
  if (files.ca !== source.ca)
    return { ...finding, state: 'problem', detail: `its copy is of another CA than ${ca}`, fix };
  if (files.cert !== source.cert || files.key !== source.key)
    return { ...finding, state: 'warning', detail: `its copy is another one than ${cert}`, fix };
  return { ...finding, state: 'ok', detail: `${url}, as ${cert}` };
}

/** The clients of a directory with their keys and CAs; a client that is not complete is a matter for `verify`. */
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

/** Undefined where one of them is not there. Errors: `ERR_FILE`. */
async function readClient(folder: string, files: ClientFiles['paths']): Promise<ClientFiles | undefined> {
  const paths = { ca: join(folder, files.ca), cert: join(folder, files.cert), key: join(folder, files.key) };
  const [ca, cert, key] = await Promise.all([paths.ca, paths.cert, paths.key].map(read));
  return ca === undefined || cert === undefined || key === undefined ? undefined : { paths, ca, cert, key };
}

/** Docker keeps a context's description and its files below the SHA-256 of its name. */
async function contextsIn(folder: string): Promise<(Context | DirectoryError)[]> {
  const ids = await readdir(join(folder, 'meta')).catch(() => []);
  const contexts = await Promise.all(
    ids.sort().map((id) =>
      readContext(folder, id).catch((error: unknown) => {
        if (error instanceof DirectoryError) return error;
        throw error;
      }),
    ),
  );
  return contexts.filter((context) => context !== undefined);
}

/** Undefined where it is of no daemon that is reached over TCP. Errors: `ERR_FILE`. */
async function readContext(folder: string, id: string): Promise<Context | undefined> {
  const { name, url } = describedBy((await read(join(folder, 'meta', id, 'meta.json'))) ?? '') ?? {};
  const host = url === undefined ? undefined : hostOf(url);
  if (name === undefined || url === undefined || host === undefined) return undefined;
  const paths = { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' };
  return { name, url, host, files: await readClient(join(folder, 'tls', id, 'docker'), paths) };
}

/** Undefined where nothing is. Errors: `ERR_FILE`. */
async function read(path: string): Promise<string | undefined> {
  try {
    return (await readRegular(path)).bytes.toString('utf8').trim();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error instanceof DirectoryError ? error : fileError(path, 'read', error);
  }
}

function describedBy(text: string): { name: string; url: string } | undefined {
  try {
    const { Name: name, Endpoints } = JSON.parse(text) as {
      Name?: unknown;
      Endpoints?: { docker?: { Host?: unknown } };
    };
    const url = Endpoints?.docker?.Host;
    return typeof name === 'string' && typeof url === 'string' ? { name, url } : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined for what is not reached over TCP. */
function hostOf(url: string): string | undefined {
  try {
    return parseEndpoint(url).host;
  } catch {
    return undefined;
  }
}

function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

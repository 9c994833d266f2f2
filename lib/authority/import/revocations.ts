import { basename, join } from 'node:path';
import type { X509Certificate } from 'node:crypto';
import type { OtherFile } from '../../set/found.js';
import { entryFor, evenHex } from '../../set/issued/entry.js';
import { readRegular } from '../../store/read-regular.js';
import { IndexFault, parseIndex, type IndexEntry } from '../../x509/ca-index.js';
import { isCrlOf, readCrl, type Crl } from '../../x509/crl.js';
import { DerError } from '../../x509/der.js';
import { crlBlocks } from '../../x509/pem.js';
import { notAfter } from '../../x509/certificate.js';
import type { Adopted } from './authority.js';
import type { LeftOut } from './left-out.js';

/** What the CA's own files say of what it has issued. */
export interface KeptRecords {
  /** Of `openssl ca` and easy-rsa, with the revocations of the CRL. */
  readonly lines: readonly IndexEntry[];
  /** The serial numbers that were revoked. */
  readonly revoked: ReadonlySet<string>;
  /** The file of the newest CRL of this CA. */
  readonly crl: string | undefined;
  /** The files that were read. */
  readonly used: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

/** An index of a million certificates. */
const MOST_BYTES = 100_000_000;

/** Reads the indexes and the CRLs of a CA in a directory: `index.txt`, `*.crl`, `crl.pem`. `issued`: what it has signed there. */
export async function keptRecords(
  from: string,
  others: readonly OtherFile[],
  { ca: { certificate: ca }, isOnly }: Adopted,
  issued: readonly X509Certificate[],
): Promise<KeptRecords> {
  const leftOut: LeftOut[] = [];
  const lines = new Map<string, IndexEntry>();
  const used: string[] = [];
  let newest: { readonly path: string; readonly crl: Crl } | undefined;
  const serials = new Set(issued.map(({ serialNumber }) => evenHex(serialNumber)));
  for (const { path } of others.filter(({ kind }) => kind === 'other')) {
    const text = isRecord(path) ? await textOf(join(from, path)) : undefined;
    if (text === undefined) continue;
    if (basename(path) === 'index.txt') {
      const read = linesIn(text);
      if (typeof read === 'string') leftOut.push({ path, kind: 'damaged', why: read });
      else if (isOnly || read.some(({ serial }) => serials.has(serial))) {
        for (const line of read) lines.set(line.serial, line);
        used.push(path);
      }
      continue;
    }
    const crl = crlIn(text, ca);
    if (!crl) continue;
    if (newest && newest.crl.thisUpdate >= crl.thisUpdate) continue;
    newest = { path, crl };
  }
  for (const { serial, date, reason } of newest?.crl.revoked ?? []) {
    const key = evenHex(serial);
    const known = lines.get(key) ?? lineOf(key, issued, ca);
    lines.set(key, { ...known, status: 'R', revocation: known.revocation ?? { at: date, reason } });
  }
  const revoked = [...lines.values()].filter(({ status }) => status === 'R').map(({ serial }) => serial);
  return {
    lines: [...lines.values()],
    revoked: new Set(revoked),
    crl: newest?.path,
    used: [...used, ...(newest ? [newest.path] : [])],
    leftOut,
  };
}

function isRecord(path: string): boolean {
  return basename(path) === 'index.txt' || /\.(?:crl|pem)$/i.test(path);
}

async function textOf(path: string): Promise<string | undefined> {
  const read = await readRegular(path, { mostBytes: MOST_BYTES, followLinks: false }).catch(() => undefined);
  return read?.bytes.toString('latin1');
}

/** Why it is none, where it is none. */
function linesIn(text: string): IndexEntry[] | string {
  try {
    return parseIndex(text);
  } catch (error) {
    if (!(error instanceof IndexFault)) throw error;
    return `line ${error.line}: ${error.message}`;
  }
}

function crlIn(text: string, ca: X509Certificate): Crl | undefined {
  const [der] = crlBlocks(text);
  try {
    return der && isCrlOf(ca, der) ? readCrl(der) : undefined;
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return undefined;
  }
}

/** A certificate that only the CRL knows is listed until the CA ends: when it ends itself is not known. */
function lineOf(serial: string, issued: readonly X509Certificate[], ca: X509Certificate): IndexEntry {
  const found = issued.find(({ serialNumber }) => evenHex(serialNumber) === serial);
  if (found) return entryFor(found, '').line;
  return {
    status: 'V',
    notAfter: notAfter(ca),
    revocation: undefined,
    serial,
    file: 'unknown',
    subject: '/CN=unknown',
  };
}

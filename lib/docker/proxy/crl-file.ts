import type { X509Certificate } from 'node:crypto';
import { DirectoryError } from '../../errors.js';
import { fileError, systemCode } from '../../file-error.js';
import { readRegular } from '../../store/read-regular.js';
import { certificateDetails } from '../../x509/certificate-details.js';
import { isCrlOf, readCrl, type Crl } from '../../x509/crl.js';
import { DerError } from '../../x509/der.js';
import { crlBlocks } from '../../x509/pem.js';

/** A CA with ten thousand revoked certificates has a CRL of half a megabyte. */
const MOST_BYTES = 50_000_000;

/** A file of CRLs in PEM, one per CA. */
export class CrlFile {
  readonly #path: string;
  readonly #crls: readonly { readonly der: Buffer; readonly crl: Crl }[];

  constructor(path: string, ders: readonly Buffer[]) {
    this.#path = path;
    this.#crls = ders.map((der) => ({ der, crl: readCrl(der) }));
  }

  /** The first date on which one of the CRLs expires; undefined if none says. */
  get nextUpdate(): Date | undefined {
    const [first] = this.#crls
      .flatMap(({ crl }) => crl.nextUpdate ?? [])
      .sort((one, other) => one.getTime() - other.getTime());
    return first;
  }

  /** Tells whether a CRL of that CA is in the file. */
  isOf(ca: X509Certificate): boolean {
    return this.#crls.some(({ der }) => isCrlOf(ca, der));
  }

  /** Tells whether a CA has revoked a certificate. Errors: `ERR_FILE` if no CRL here can say so. */
  revokes(certificate: X509Certificate, issuer: X509Certificate): boolean {
    const own = this.#crls.filter(({ der }) => isCrlOf(issuer, der));
    const name = certificateDetails(issuer).subject;
    if (own.length === 0) {
      const known = this.#crls.some(({ crl }) => crl.issuer.equals(name));
      return this.#refuse(known ? 'the CA did not sign its CRL' : 'it has no CRL of the CA');
    }
    const [unhandled] = own.flatMap(({ crl }) => crl.unhandled);
    if (unhandled !== undefined) return this.#refuse(`its critical extension ${unhandled} is not supported`);
    return own.some(({ crl }) => crl.revoked.some(({ serial }) => serial === certificate.serialNumber));
  }

  #refuse(why: string): never {
    throw new DirectoryError('ERR_FILE', this.#path, `${this.#path} cannot be used: ${why}`, {
      hint: 'create the CRL again with the CA that signed the clients',
    });
  }
}

/** Reads a file of CRLs; undefined if it does not exist. Errors: `ERR_FILE`. */
export async function readCrlFile(path: string): Promise<CrlFile | undefined> {
  const refuse = (why: string, cause?: unknown): never => {
    throw new DirectoryError('ERR_FILE', path, `${path} cannot be used: ${why}`, { cause });
  };
  let text: string;
  try {
    text = (await readRegular(path, { mostBytes: MOST_BYTES })).bytes.toString('latin1');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error instanceof DirectoryError ? error : fileError(path, 'read', error);
  }
  const ders = crlBlocks(text);
  if (ders.length === 0) refuse('it has no CRL in PEM');
  try {
    return new CrlFile(
      path,
      ders.map((der) => der ?? refuse('it is damaged')),
    );
  } catch (error) {
    if (error instanceof DerError) return refuse(`it is damaged: ${error.message}`, error);
    throw error;
  }
}

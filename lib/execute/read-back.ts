import type { X509Certificate } from 'node:crypto';
import { DirectoryError } from '../errors.js';
import { systemCode } from '../file-error.js';
import type { OpensslVersion } from '../openssl/capabilities.js';
import { csrIn, readMade } from './read-back/files.js';
import { askedOf } from './read-back/asked-of.js';
import type { Asked, Known } from './read-back/asked.js';
import { checkCertificateOf } from './read-back/certificate.js';
import { checkCertificate, checkKey, parseCertificate } from './read-back/check.js';
import { checkSigned } from './read-back/check-signed.js';
import { checkCrl } from './read-back/crl.js';
import { checkCsr } from './read-back/csr.js';
import { PlanKeys } from './read-back/keys.js';
import { askedKey, checkPrivateKey } from './read-back/private-key.js';
import { checkEncrypted, checkPkcs12, pkcs12Action } from './read-back/pkcs12.js';
import { unexpected } from './read-back/refusal.js';
import { checkSerial } from './read-back/serial.js';
import { outputsOf } from '../plan/schedule.js';
import { breathe } from '../store/breathe.js';
import type {
  CheckCrlStep,
  CheckKeyStep,
  CheckSignedStep,
  CheckStep,
  FileToPut,
  OpensslStep,
  Plan,
  Product,
  Step,
} from '../plan/step.js';
import { entryFor, entryOf, type IssuedEntry } from '../set/issued/entry.js';
import { certificateFields, type CertificateFields } from '../x509/certificate-fields.js';
import { oneObject } from '../x509/one-object.js';
import { confValue } from '../x509/openssl-conf.js';
import { extensionIds } from '../x509/certificate-details.js';

/**
 * Re-reads all that openssl makes for a plan, and compares it with what its commands asked for: with their words, with the
 * configuration that our own steps wrote, and with the inputs as they were before openssl ran. On a full disk openssl exits 0
 * and leaves an empty file, so its exit code proves nothing. Errors: `ERR_READ_BACK`, `ERR_FILE`.
 */
export class ReadBack {
  /** What our steps wrote and what was read back, by path. */
  readonly #known = new Map<string, Known>();
  /** The certificate that a check has parsed last. */
  #last: { readonly text: string; readonly certificate: X509Certificate } | undefined;
  readonly #keys: PlanKeys;
  readonly #locate: (path: string) => string;
  readonly #version: OpensslVersion | undefined;
  /** Whether certificates are recorded, a few at a time. */
  readonly #records: boolean;
  /** The CSRs that `openssl ca` signs. */
  readonly #signed: ReadonlySet<string>;

  constructor(
    plan: Pick<Plan, 'steps' | 'replaces'>,
    locate: (path: string) => string,
    home: (path: string) => string,
    version: OpensslVersion | undefined,
  ) {
    this.#locate = locate;
    this.#version = version;
    this.#records = plan.steps.some(({ kind }) => kind === 'record');
    this.#signed = new Set(
      plan.steps.flatMap((step) => (step.kind === 'openssl' ? (step.signs ?? []) : []).map(({ csr }) => csr)),
    );
    this.#keys = new PlanKeys(plan, home);
  }

  /** Before a command runs: what it asks for. */
  async asks(step: OpensslStep): Promise<Asked> {
    await this.#keys.look();
    return askedOf(step, this.#version, (path) => this.#known.get(path), this.#locate);
  }

  /** After it: compares what it wrote, and what it printed of a PKCS #12 file. Gives the certificates in PEM, by path. */
  async compare(asked: Asked, printed: string): Promise<ReadonlyMap<string, string>> {
    const { step } = asked;
    if (pkcs12Action(step) === 'open') checkPkcs12(printed, step, asked.packed);
    const certificates = new Map<string, string>();
    const serials: string[] = [];
    // A key that is made with its certificate comes first.
    const outputs = outputsOf({ ...step, signs: [] }).flatMap(({ writes, product }) =>
      product ? [{ writes, product }] : [],
    );
    const order: readonly Product[] = ['private-key', 'csr', 'certificate', 'crl', 'pkcs12'];
    outputs.sort((one, other) => order.indexOf(one.product) - order.indexOf(other.product));
    let now = asked;
    for (const { writes, product } of outputs) {
      const text = this.#read(writes);
      const found = this.#compareOne(text, writes, product, now);
      this.#known.set(writes, found);
      if (found.certificate) {
        certificates.set(writes, text);
        serials.push(found.certificate.serialNumber);
      }
      if (found.publicKey) now = { ...now, key: { ...found, publicKey: found.publicKey } };
    }
    for (const [at, { csr, serial, writes, takesNames = false }] of (step.signs ?? []).entries()) {
      await breathe(at);
      const shown = `certificate of ${csr}`;
      const known = this.#known.get(csr);
      const of = { shown: csr, csr: known?.csr ?? csrIn(Buffer.from(known?.text ?? '', 'latin1')) };
      const copied = takesNames ? [extensionIds.subjectAltName] : [];
      const text = this.#read(writes, shown);
      const serialNumber = BigInt(`0x${serial}`);
      const fields = checkCertificateOf(text, shown, { ...asked, of, copied, serial: serialNumber });
      // Of thousands the text is kept. What was parsed is kept until it is recorded, with the next of these.
      this.#known.set(writes, { shown: writes, text, ...(this.#records && { fields }) });
      certificates.set(writes, text);
    }
    for (const path of step.updates ?? []) {
      const text = this.#read(path);
      checkSerial(text, path, serials);
      this.#known.set(path, { shown: path, text });
    }
    return certificates;
  }

  #compareOne(text: string, shown: string, product: Product, asked: Asked): Known {
    const { step, conf, key, packed } = asked;
    if (product === 'crl') return { shown, text }; // a check of ours compares it
    if (product === 'pkcs12') {
      checkEncrypted(text, shown);
      return { shown, text, packed }; // only openssl can open it: the next step of the plan does
    }
    if (product === 'csr')
      return { shown, text, csr: checkCsr(text, shown, asked, !this.#signed.has(shown)) };
    if (product === 'certificate') {
      checkCertificateOf(text, shown, asked);
      return { shown, text, certificate: parseCertificate(text, shown) };
    }
    const bits = step.command === 'req' ? confValue(conf, 'req', 'default_bits') : undefined;
    const publicKey = checkPrivateKey(text, shown, askedKey(step, this.#version, bits));
    if (step.command === 'rsa' || step.command === 'pkey') {
      if (key && key.publicKey.text !== publicKey.text)
        throw unexpected(shown, 'it is another key than before');
    } else this.#keys.add(publicKey, shown);
    return { shown, text, publicKey };
  }

  /** After a step that is not openssl's: what is known of files changes with it. */
  did(step: Exclude<Step, OpensslStep>): void {
    switch (step.kind) {
      case 'write-file':
        this.#known.set(step.path, { shown: step.path, text: latin1(step.content) });
        return;
      case 'echo': {
        const before = step.append ? (this.#known.get(step.path)?.text ?? '') : '';
        this.#known.set(step.path, { shown: step.path, text: `${before}${latin1(step.text)}\n` });
        return;
      }
      case 'copy-file': {
        const from = this.#known.get(step.from);
        if (from) this.#known.set(step.to, { ...from, shown: step.to });
        return;
      }
      case 'put-files':
        for (const file of step.files) this.#put(file);
        return;
      case 'concatenate': {
        const parts = [...(step.append ? [step.to] : []), ...step.from].map((path) => this.#known.get(path));
        const texts = parts.flatMap((part) => part?.text ?? []);
        if (texts.length < parts.length) this.#known.delete(step.to);
        else this.#known.set(step.to, { ...parts[0], shown: step.to, text: texts.join('') });
        return;
      }
      case 'remove':
        for (const path of step.paths) this.#known.delete(path);
        return;
      case 'record':
        for (const path of step.certificates) this.#forget(path);
    }
  }

  /** Nothing but the text is needed any more. */
  #forget(path: string): void {
    const known = this.#known.get(path);
    if (known)
      this.#known.set(path, { shown: known.shown, ...(known.text !== undefined && { text: known.text }) });
  }

  #put(file: FileToPut): void {
    const { path: shown } = file;
    if ('content' in file) {
      this.#known.set(shown, { shown, text: latin1(file.content) });
      return;
    }
    const from = this.#known.get('moved' in file ? file.moved : file.copyOf);
    if (from) this.#known.set(shown, { ...from, shown });
    if ('moved' in file) this.#known.delete(file.moved);
  }

  /** A check that the plan itself asks for. */
  async check(step: CheckStep | CheckSignedStep | CheckKeyStep | CheckCrlStep): Promise<void> {
    if (step.kind === 'check') checkCertificate(step, this.#locate, this.certificateAt);
    else if (step.kind === 'check-signed') {
      await checkSigned(step, this.certificateAt(step.issuer), this.#fieldsAt, this.#publicKeyAt);
    } else if (step.kind === 'check-key') checkKey(step, this.#locate, this.#version);
    else checkCrl(step, this.#locate);
  }

  /** Reads a certificate from its file; what was read back, or belongs to the CA of them all, is not parsed twice. */
  readonly certificateAt = (path: string): X509Certificate => {
    const text = readMade(this.#locate(path), path);
    const known = this.#known.get(path);
    if (known?.certificate && known.text === text) return known.certificate;
    if (this.#last?.text === text) return this.#last.certificate;
    this.#last = { text, certificate: parseCertificate(text, path) };
    return this.#last.certificate;
  };

  /** One of many certificates, as it was read back; that it is still in the file is confirmed at the end. */
  readonly #fieldsAt = (path: string): CertificateFields => {
    const { fields, text } = this.#known.get(path) ?? {};
    if (fields) return fields;
    const found = text === undefined ? undefined : oneObject(text);
    if (found && 'der' in found && found.der) return certificateFields(found.der);
    throw changed(path);
  };

  /** The public half (SPKI in DER, in base64) of a private key that was read back. */
  readonly #publicKeyAt = (path: string): string => {
    const publicKey = this.#known.get(path)?.publicKey;
    if (publicKey) return publicKey.text;
    throw changed(path);
  };

  /** The entry of a certificate that is recorded: as it was read back, which is confirmed at the end. */
  readonly entryAt = (path: string): IssuedEntry => {
    const { certificate, fields } = this.#known.get(path) ?? {};
    return fields ? entryOf(fields, path) : entryFor(certificate ?? this.certificateAt(path), path);
  };

  /** At the end: every file is still what was read back, and what our own steps wrote. */
  async confirm(): Promise<void> {
    for (const [at, [path, { text }]] of [...this.#known].entries()) {
      await breathe(at);
      if (text === undefined || readMade(this.#locate(path), path) === text) continue;
      throw changed(path);
    }
  }

  #read(path: string, shown = path): string {
    const text = this.#written(path, shown);
    if (text.trim() !== '') return text;
    throw unexpected(
      shown,
      'openssl reported success and left it empty',
      'is the disk full? Nothing was changed',
    );
  }

  #written(path: string, shown: string): string {
    try {
      return readMade(this.#locate(path), path);
    } catch (error) {
      if (error instanceof DirectoryError && systemCode(error.cause) === 'ENOENT')
        throw unexpected(shown, 'openssl reported success and did not write it', undefined, error);
      throw error;
    }
  }
}

function changed(path: string): DirectoryError {
  return unexpected(path, 'it was changed after it had been read back');
}

function latin1(text: string): string {
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  return Buffer.from(text).toString('latin1');
}

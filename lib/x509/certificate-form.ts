import type { X509Certificate } from 'node:crypto';
import { certificateOf } from './pem.js';

/** How a file can hold its certificate otherwise than Docker reads it; some programs read it so too. */
export type OtherForm = 'BOM' | 'DER' | 'X509' | 'TRUSTED' | 'TRUSTED with settings';

export interface InOtherForm {
  readonly form: OtherForm;
  readonly certificate: X509Certificate;
}

const block = /^-----BEGIN ([A-Z0-9 ]+)-----\r?\n([A-Za-z0-9+/=\s]+?)\r?\n-----END \1-----\s*$/;
const mark = '\u00ef\u00bb\u00bf';

/** The one certificate of a file in another form; undefined where it holds none, or several, or is in the usual one. */
export function inOtherForm(bytes: Buffer): InOtherForm | undefined {
  const text = bytes.toString('latin1');
  const isMarked = text.startsWith(mark);
  const [, label, body = ''] = block.exec(isMarked ? text.slice(mark.length) : text) ?? [];
  const inDer = label === undefined;
  const certificate = certificateOf(isMarked ? bytes.subarray(mark.length) : bytes);
  if (!certificate) return undefined;
  if (inDer) return bytes[0] === 0x30 ? { form: 'DER', certificate } : undefined;
  if (isMarked) return label === 'CERTIFICATE' ? { form: 'BOM', certificate } : undefined;
  if (label === 'X509 CERTIFICATE') return { form: 'X509', certificate };
  if (label !== 'TRUSTED CERTIFICATE') return undefined;
  // What it is trusted for stands behind the certificate (X509_CERT_AUX).
  const isAlone = Buffer.from(body, 'base64').length === certificate.raw.length;
  return { form: isAlone ? 'TRUSTED' : 'TRUSTED with settings', certificate };
}

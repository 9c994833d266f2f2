import { InputError } from '../errors.js';
import { givenPath, givenText } from '../given.js';

/** A private key: in a file, or in a token that a PKCS #11 URI names (RFC 7512). */
export type KeyRef =
  { readonly kind: 'file'; readonly path: string } | { readonly kind: 'pkcs11'; readonly uri: string };

/** A key in a token, as openssl is told of it. */
export interface TokenKey {
  /** Without the module, which openssl does not take from here. */
  readonly uri: string;
  /** The PKCS #11 module, absolute; undefined for the one that the machine uses by default. */
  readonly module: string | undefined;
}

/**
 * Reads a reference to a key: what begins with `pkcs11:` is a URI, everything else the path of a file, as `./pkcs11:key` is.
 * A URI names a key by `object` or `id`, and contains no PIN. Throws `ERR_INPUT`.
 */
export function parseKeyRef(given: KeyRef | string, option: string): KeyRef {
  const ref = typeof given === 'object' ? given : refOf(givenPath(given, option));
  if (ref.kind === 'file') return ref;
  const text = givenText(ref.uri, option);
  const uri = text.replace(/^pkcs11:/i, 'pkcs11:');
  refuseUri(uri, option);
  return { kind: 'pkcs11', uri };
}

function refOf(text: string): KeyRef {
  return /^pkcs11:/i.test(text) ? { kind: 'pkcs11', uri: text } : { kind: 'file', path: text };
}

/** The file of a key, for what cannot use a key in a token. Throws `ERR_INPUT`. */
export function keyFile(given: KeyRef | string, option: string): string {
  const ref = parseKeyRef(given, option);
  if (ref.kind === 'file') return ref.path;
  throw new InputError(option, 'a key in a token (pkcs11:) cannot be used here: only files can', {
    hint: 'give the file of a private key; a file of that name is ./pkcs11:…',
  });
}

/** The file or the key in a token that a reference names: the one place where the two part. */
export function whereKeyIs(ref: KeyRef): { readonly file: string } | { readonly token: TokenKey } {
  if (ref.kind === 'file') return { file: ref.path };
  const [uri = '', query] = ref.uri.split('?', 2);
  return { token: { uri, module: query === undefined ? undefined : modulePath(query) } };
}

/** How a message calls a key: by its path, or by its URI. */
export function keyName(ref: KeyRef): string {
  return ref.kind === 'file' ? ref.path : ref.uri;
}

function refuseUri(uri: string, option: string): void {
  // Nothing of the URI is repeated: it may contain a PIN.
  const refuse = (why: string, hint: string): never => {
    throw new InputError(option, `the PKCS #11 URI ${why}`, { hint });
  };
  const body = uri.slice('pkcs11:'.length);
  const attributes = body.split(/[;?&]/);
  const names = attributes.map((attribute) => attribute.replace(/=.*$/s, '').toLowerCase());
  if (names.some((name) => /^pin-(?:value|source)$/.test(name)))
    refuse('contains a PIN or says where it is', 'leave out pin-value and pin-source: the PIN is asked for');
  if (!/^[\x21-\x7e]+$/.test(body) || /["\\`<>^{|}]/.test(body) || /%(?![0-9a-f]{2})/i.test(body))
    refuse(
      'contains characters that it may not contain',
      'write a space as %20, and others by their number, too',
    );
  if (attributes.some((attribute) => !/^[\w-]+=./.test(attribute)))
    refuse('has an attribute without a value', keyExample);
  if (!names.includes('object') && !names.includes('id')) refuse('does not name a key', keyExample);
  const query = body.split('?').slice(1);
  if (query.length > 1 || query.some((text) => modulePath(text) === undefined))
    refuse(
      'has something other than an absolute module-path after its question mark',
      'only ?module-path=/PATH can be there',
    );
}

const keyExample = 'name the key as in pkcs11:token=my-token;object=docker-ca';

function modulePath(query: string): string | undefined {
  const [, value] = /^module-path=(\/[^&]*)$/.exec(query) ?? [];
  try {
    const path = value === undefined ? undefined : decodeURIComponent(value);
    return path?.includes('\0') ? undefined : path;
  } catch {
    return undefined; // not UTF-8
  }
}

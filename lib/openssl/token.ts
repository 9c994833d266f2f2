import type { TokenAccess } from './capabilities.js';
import { noTrust, ownConfig, providerConfig } from './config.js';

/** How a command uses a key in a token. */
export interface TokenUse {
  readonly access: TokenAccess;
  /** The PKCS #11 module; undefined for that of PKCS11_MODULE_PATH, or the machine's own. */
  readonly module: string | undefined;
  /**
   * The file in which pkcs11-provider writes down what it does, as it appears in the command's directory: its errors do not
   * say why a key cannot be used. No PIN is in it.
   */
  readonly trace: string;
}

/** Variables that would change what openssl does, or what it prints. */
const notForOpenssl =
  /^(?:OPENSSL_|RANDFILE$|SSLKEYLOGFILE$|SSL_CERT_|PKCS11_PROVIDER_DEBUG$|P11_KIT_DEBUG$)/;

/**
 * What openssl sees when it uses a token. A PKCS #11 module is a library of its maker's, which finds its configuration by
 * variables of its own (SOFTHSM2_CONF, YUBIHSM_PKCS11_CONF, HOME): they stay.
 */
export function tokenEnvironment(
  own: NodeJS.ProcessEnv,
  { access, module: given, trace }: TokenUse,
): NodeJS.ProcessEnv {
  const kept = Object.fromEntries(Object.entries(own).filter(([name]) => !notForOpenssl.test(name)));
  const named = given ?? (own['PKCS11_MODULE_PATH'] === '' ? undefined : own['PKCS11_MODULE_PATH']);
  const base = { ...kept, ...noTrust };
  if (access === 'engine')
    return { ...base, OPENSSL_CONF: ownConfig(), ...(named !== undefined && { PKCS11_MODULE_PATH: named }) };
  return {
    ...base,
    OPENSSL_CONF: providerConfig(),
    PKCS11_PROVIDER_DEBUG: `file:${trace},level:1`,
    ...(named !== undefined && { PKCS11_PROVIDER_MODULE: named }),
  };
}

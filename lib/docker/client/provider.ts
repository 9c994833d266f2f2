import { endpointUrl } from '../../x509/endpoint.js';
import { unshown } from '../../x509/unshown.js';
import { dockerOptions, type DockerSource } from './docker-options.js';

/** The arguments of `new docker.Provider` of @pulumi/docker. */
export interface PulumiProvider {
  /** `tcp://HOST:PORT`. */
  readonly host: string;
  readonly caMaterial: string;
  readonly certMaterial: string;
  readonly keyMaterial: string;
}

/** The arguments of `provider "docker"` of kreuzwerker/docker, as in a file of Terraform's in JSON (`*.tf.json`, `*.tfvars.json`). */
export interface TerraformProvider {
  /** `tcp://HOST:PORT`. */
  readonly host: string;
  readonly ca_material: string;
  readonly cert_material: string;
  readonly key_material: string;
}

/**
 * Reads a client's files as the arguments of Pulumi's provider for docker. Pulumi keeps a provider's arguments in its state: pass
 * `keyMaterial` through `pulumi.secret`. `console.log` leaves the key out.
 *
 * @throws The errors of {@link dockerOptions}.
 * @example
 * ```ts
 * import { pulumiProvider } from 'docker-tls-openssl';
 *
 * const { host, caMaterial, certMaterial, keyMaterial } = await pulumiProvider({ directory: 'docker-tls' });
 * // new docker.Provider('remote', { host, caMaterial, certMaterial, keyMaterial: pulumi.secret(keyMaterial) })
 * console.log(host, caMaterial.length > 0, certMaterial.length > 0, keyMaterial.length > 0);
 * ```
 */
export async function pulumiProvider(source: DockerSource = {}): Promise<PulumiProvider> {
  const { ca, cert, key, ...endpoint } = await dockerOptions(source);
  const { host, port } = endpoint;
  const provider = {
    host: endpointUrl({ host, port }),
    ...{ caMaterial: ca, certMaterial: cert, keyMaterial: key },
  };
  return unshown(provider, ['keyMaterial']);
}

/**
 * Reads a client's files as the arguments of Terraform's provider for docker. Terraform writes what it gets into no state, but a file with
 * them holds the key: keep it as you keep the key. `console.log` leaves the key out.
 *
 * @throws The errors of {@link dockerOptions}.
 * @example
 * ```ts
 * import { terraformProvider } from 'docker-tls-openssl';
 *
 * const provider = await terraformProvider({ directory: 'docker-tls' });
 * const file = JSON.stringify({ provider: { docker: provider } });
 * console.log(provider.host, Object.keys(provider), file.includes('ca_material'));
 * ```
 */
export async function terraformProvider(source: DockerSource = {}): Promise<TerraformProvider> {
  const { host, caMaterial, certMaterial, keyMaterial } = await pulumiProvider(source);
  const provider = { host, ca_material: caMaterial, cert_material: certMaterial, key_material: keyMaterial };
  return unshown(provider, ['key_material']);
}

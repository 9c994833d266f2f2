import { setTimeout as sleep } from 'node:timers/promises';
import { isDockerTlsError } from '../../errors.js';
import { dockerOptions, type DockerOptions, type DockerSource } from './docker-options.js';

/** A renewal replaces certificate and key one after the other: a pair that does not match is read again after this time. */
const AGAIN_MS = 100;

/**
 * Reads the options of a client again for each connection. Where the files cannot be read, or do not belong together, the last good
 * ones are used: what a connection needs is not lost because someone is at work on the files.
 */
export class CurrentOptions {
  #last: DockerOptions;

  private constructor(
    private readonly source: DockerSource,
    first: DockerOptions,
  ) {
    this.#last = first;
  }

  /** Errors: those of `dockerOptions`. */
  static async open(source: DockerSource): Promise<CurrentOptions> {
    return new CurrentOptions(source, await dockerOptions(source));
  }

  async read(): Promise<DockerOptions> {
    try {
      this.#last = await dockerOptions(this.source).catch(async (error: unknown) => {
        if (!isDockerTlsError(error) || error.code !== 'ERR_LEAF_UNUSABLE') throw error;
        await sleep(AGAIN_MS);
        return dockerOptions(this.source);
      });
    } catch (error) {
      if (!isDockerTlsError(error)) throw error;
    }
    return this.#last;
  }

  /** Those of the last connection. */
  get last(): DockerOptions {
    return this.#last;
  }
}

import { constants, createReadStream, fstat, open } from 'node:fs';
import { Socket } from 'node:net';
import { addAbortSignal, type Readable } from 'node:stream';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';

/** More than this is no passphrase: what is longer is not read to its end. */
const MOST_BYTES = 4096;

/** A terminal shows what is typed. */
export class EchoError extends Error {}

/**
 * Reads a file or a pipe to its end; not a terminal, which would show what is typed. A pipe in which nothing comes is waited for, and the signal ends that:
 * reading it as a file would hold the program up, deaf to Ctrl-C.
 */
export async function readSecret(source: string | number, signal: AbortSignal): Promise<Buffer> {
  const descriptor =
    typeof source === 'number'
      ? source
      : await promisify(open)(source, constants.O_RDONLY | constants.O_NONBLOCK);
  let stream: Readable | undefined;
  try {
    const stats = await promisify(fstat)(descriptor);
    if (isatty(descriptor)) throw new EchoError();
    if (stats.isFIFO() || stats.isSocket()) stream = new Socket({ fd: descriptor, readable: true });
    else
      stream = createReadStream('', {
        fd: descriptor,
        autoClose: typeof source === 'string',
        end: MOST_BYTES,
      });
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of addAbortSignal(signal, stream) as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MOST_BYTES) break;
    }
    return Buffer.concat(chunks);
  } finally {
    stream?.destroy();
  }
}

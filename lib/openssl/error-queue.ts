import type { OpensslQueueEntry } from '../errors.js';

/**
 * The lines of stderr that ERR_print_errors(3) wrote: `PID:error:CODE:library:function:reason:file:line:data`. From
 * OpenSSL 3.0 on the first field is a thread id in hexadecimal and the function can be empty; LibreSSL writes
 * `error:CODE:library:CRYPTO_internal:reason:…`. All else on stderr is passed over.
 */
export function parseErrorQueue(stderr: string): OpensslQueueEntry[] {
  return stderr.split('\n').flatMap((line) => {
    const fields = /^(?:[0-9A-F]+:)?error:[0-9A-F]+:([^:]*):([^:]*):(.*)$/i.exec(line.trim());
    if (!fields) return [];
    const [, library = '', fn = '', rest = ''] = fields;
    // The reason ends where the source file and its line begin.
    const [, text = rest, data = ''] = /^(.*?):(?:[^:]*\.[ch]|[^:]*):\d+:(.*)$/.exec(rest) ?? [];
    return [{ library, function: fn, text, data: data.replace(/:$/, '') }];
  });
}
